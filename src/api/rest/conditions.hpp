// Entity tags of a request, and media types (RFC 9110 sections 8.3.1, 8.8.3, 13.1). Pure.
#pragma once

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

/// A media type that is fit for a header field; others become application/octet-stream.
std::string safe_media_type(std::string_view text);

}  // namespace openmcp::api::rest
