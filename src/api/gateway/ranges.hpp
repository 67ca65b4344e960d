// The Range header (RFC 9110, section 14): one range of bytes is answered, of several the first that can be.
#pragma once

#include <cstdint>
#include <string_view>

namespace openmcp::api::gateway {

struct RangeChoice {
  enum class Kind : unsigned char { whole, part, unsatisfiable } kind = Kind::whole;
  std::uint64_t first = 0, length = 0;  ///< of a part
};
/// `header`: "bytes=0-99", "bytes=-5", "bytes=7-"; anything else is answered with the whole, as the RFC wants.
RangeChoice choose_range(std::string_view header, std::uint64_t size);

}  // namespace openmcp::api::gateway
