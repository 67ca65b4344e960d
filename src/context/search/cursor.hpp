// Cursors of search results: the query they belong to and how many hits came before.
#pragma once

#include <cstdint>
#include <string>

#include "context/search/query.hpp"

namespace openmcp::context::search {

std::string write_cursor(const Query& query, std::uint32_t offset);
/// 0 without a cursor. Throws Error invalid_argument for one that is malformed or of another query.
std::uint32_t read_cursor(const Query& query);

}  // namespace openmcp::context::search
