// dag-json text from a stranger: canonical text encodes to itself; relaxed text, once encoded, is canonical and means
// the same; and what one form reads as canonical the other reads alike.
#include "ipld/dag_json.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = base::as_text({data, size});
  auto strict = ipld::decode_dag_json(text);
  auto relaxed = ipld::decode_dag_json(text, ipld::JsonForm::relaxed);
  if (strict) {
    need(relaxed && *relaxed == *strict);
    auto again = ipld::encode_dag_json(*strict);
    need(again && *again == text);
  }
  if (relaxed) {
    need(ipld::depth_of(*relaxed) <= ipld::kMaxDepth);
    // A map that only the order of its text kept out of the reserved namespace cannot be written.
    auto canonical = ipld::encode_dag_json(*relaxed);
    if (!canonical) return 0;
    auto from_canonical = ipld::decode_dag_json(*canonical);
    need(from_canonical && *from_canonical == *relaxed);
  }
  return 0;
}
