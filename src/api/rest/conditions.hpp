// Entity tags and ranges of a request (RFC 9110 sections 8.8.3, 13.1, 14). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openmcp::api::rest {

struct EntityTag {
  std::string text;  ///< without quotes
  bool weak = false;
};
/// The value of If-Match or If-None-Match. What is not one is left out.
struct EntityTags {
  bool any = false;  ///< "*"
  std::vector<EntityTag> tags;
};
EntityTags parse_entity_tags(std::string_view field);

std::string quoted_tag(std::string_view text);

/// Weak comparison, for If-None-Match.
bool matches_weakly(const EntityTags& tags, std::string_view text);

struct ByteSpan {
  std::uint64_t offset = 0, length = 0;
};
enum class RangeKind : unsigned char { whole, part, unsatisfiable };
struct RangeAnswer {
  RangeKind kind = RangeKind::whole;
  ByteSpan span;
};
/// "bytes=0-99" of a body of `size` bytes. Several ranges, other units and bad syntax mean the whole.
RangeAnswer parse_range(std::string_view field, std::uint64_t size);

/// A media type that is fit for a header field; others become application/octet-stream.
std::string safe_media_type(std::string_view text);

}  // namespace openmcp::api::rest
