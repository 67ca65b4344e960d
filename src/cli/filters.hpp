// Options that list and search share.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/json_writer.hpp"
#include "cli/invocation.hpp"

namespace openmcp::cli {

using api::JsonWriter;

/// Microseconds: since <= time < until.
struct Period {
  std::optional<std::int64_t> since, until;
};
/// --since and --until. Throws Error invalid_argument.
Period period_from(Invocation& call);

/// "next": the cursor, or null at the end.
void write_next(JsonWriter& json, std::string_view cursor);

}  // namespace openmcp::cli
