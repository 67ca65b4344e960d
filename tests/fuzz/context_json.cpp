// Metadata from a stranger: its canonical form is a fixed point, and goes through a manifest unchanged.
#include "context/json_node.hpp"
#include "context/manifest.hpp"
#include "ipld/dag_cbor.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto canonical = context::canonical_json(text);
  if (!canonical) return 0;
  need(context::canonical_json(*canonical) == *canonical);
  auto node = context::node_from_json(*canonical);
  need(node.has_value());
  auto bytes = ipld::encode_dag_cbor(*node);
  need(bytes.has_value());
  auto again = ipld::decode_dag_cbor(*bytes);
  need(again && context::json_from_node(*again) == *canonical);
  return 0;
}
