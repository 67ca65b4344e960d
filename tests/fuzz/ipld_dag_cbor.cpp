// A dag-cbor block from a stranger: what decodes encodes to the same bytes, the fast reader of links agrees with the
// reader of Nodes, and what dag-json can hold comes back from it.
#include "ipld/dag_cbor.hpp"
#include "ipld/dag_json.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView block(data, size);
  auto node = ipld::decode_dag_cbor(block);
  auto links = ipld::dag_cbor_links(block);
  need(node.has_value() == links.has_value());
  if (!node) {
    need(node.error().message() == links.error().message());
    return 0;
  }
  auto again = ipld::encode_dag_cbor(*node);
  need(again && base::equal(*again, block));
  std::vector<ipld::Cid> collected;
  ipld::collect_links(*node, collected);
  need(collected == *links);
  if (auto text = ipld::encode_dag_json(*node)) {
    auto from_text = ipld::decode_dag_json(*text);
    need(from_text && *from_text == *node);
  }
  return 0;
}
