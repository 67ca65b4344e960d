#include "api/rest/conditions.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace openmcp::api::rest {

namespace {

constexpr std::size_t kMaxTags = 64;  ///< of one field; the rest is not looked at

}  // namespace

EntityTags parse_entity_tags(std::string_view field) {
  EntityTags out;
  for (field = http::trimmed(field); !field.empty() && out.tags.size() < kMaxTags; field = http::trimmed(field)) {
    if (field.front() == ',') {
      field.remove_prefix(1);
      continue;
    }
    if (field.front() == '*') {
      out.any = true;
      field.remove_prefix(1);
      continue;
    }
    EntityTag tag;
    if (field.starts_with("W/")) {
      tag.weak = true;
      field.remove_prefix(2);
    }
    if (!field.starts_with('"')) {
      field.remove_prefix(std::min(field.size(), field.find(',')));
      continue;
    }
    const auto end = field.find('"', 1);
    if (end == std::string_view::npos) break;
    tag.text = field.substr(1, end - 1);
    field.remove_prefix(end + 1);
    out.tags.push_back(std::move(tag));
  }
  return out;
}

std::string quoted_tag(std::string_view text) { return '"' + std::string(text) + '"'; }

bool matches_weakly(const EntityTags& tags, std::string_view text) {
  return tags.any || std::ranges::any_of(tags.tags, [text](const EntityTag& tag) { return tag.text == text; });
}

std::string safe_media_type(std::string_view text) {
  const auto essence = http::trimmed(text.substr(0, text.find(';')));
  const auto slash = essence.find('/');
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!printable || slash == std::string_view::npos || !http::is_token(essence.substr(0, slash)) ||
      !http::is_token(essence.substr(slash + 1)))
    return "application/octet-stream";
  return std::string(text);
}

}  // namespace openmcp::api::rest
