// A part of a content as text, whatever its size: what answers have room for.
#pragma once

#include <cstdint>
#include <string>

#include "api/mcp/turn.hpp"
#include "context/view.hpp"

namespace openmcp::api::mcp {

struct ContentPart {
  std::string text;
  std::uint64_t offset = 0;  ///< in bytes, at the beginning of a character
  std::uint64_t next = 0;    ///< where it goes on; 0: this was the end
  std::string omitted;       ///< why there is no text; "" there is
};

/// About `length` bytes from `offset`, cut between characters. Memory is bounded by `length`.
base::Task<ContentPart> content_part(Turn& turn, context::Version version, std::uint64_t offset, std::uint64_t length);

}  // namespace openmcp::api::mcp
