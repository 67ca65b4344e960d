// The index blocks of a CAR from a stranger: pages that decode are sorted and encode to the same bytes.
#include "context/car_index.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView block(data, size);
  auto root = context::decode_car_root(block);
  if (root && *root) need((*root)->pages.size() <= context::kMaxCarPages);
  auto page = context::decode_car_page(block);
  if (!page) return 0;
  need(!root || !*root);
  auto blocks = context::encode_car_index(*page);
  need(blocks && blocks->size() == 2 && base::equal(blocks->at(1).data, block));
  return 0;
}
