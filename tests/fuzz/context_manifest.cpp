// A manifest from a stranger: what decodes is within its bounds and encodes to the same bytes.
#include "context/manifest.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView block(data, size);
  auto manifest = context::decode_manifest(block);
  if (!manifest) return 0;
  auto again = context::encode(*manifest);
  need(again && base::equal(again->data, block));
  auto copy = *manifest;
  need(context::normalise(copy).has_value());
  need(copy == *manifest);
  need(manifest->tombstone != manifest->content.has_value());
  return 0;
}
