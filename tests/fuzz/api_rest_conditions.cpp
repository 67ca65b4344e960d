// Header fields of a stranger: tags hold no quotes, media types fit into a header.
#include "api/rest/conditions.hpp"
#include "need.hpp"

using namespace openmcp::api::rest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto tags = parse_entity_tags(text);
  need(tags.tags.size() <= 64);
  for (const auto& tag : tags.tags) need(tag.text.find('"') == std::string::npos && matches_weakly(tags, tag.text));
  for (char c : safe_media_type(text)) need(c >= 0x20 && c < 0x7f);
  return 0;
}
