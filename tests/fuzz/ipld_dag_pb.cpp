// A dag-pb block from a stranger: what decodes encodes to the same bytes unless its links are unsorted or its data
// comes first; the three readers agree; and the data model's form leads back to the node.
#include <algorithm>

#include "ipld/dag_pb.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView block(data, size);
  auto strict = ipld::decode_dag_pb(block);
  auto loose = ipld::decode_dag_pb(block, ipld::PbForm::data_first);
  auto view = ipld::view_dag_pb(block, ipld::PbForm::data_first);
  auto links = ipld::dag_pb_links(block);
  need(loose.has_value() == view.has_value() && loose.has_value() == links.has_value());
  if (strict) need(loose && *loose == *strict);
  if (!loose) return 0;

  need(links->size() == loose->links.size() && view->links.size() == loose->links.size());
  for (std::size_t i = 0; i < links->size(); ++i)
    need((*links)[i] == loose->links[i].hash && view->links[i].hash == loose->links[i].hash);

  auto again = ipld::encode_dag_pb(*loose);
  if (again && strict) need(base::equal(*again, block));
  if (again && !strict) {
    auto canonical = ipld::decode_dag_pb(*again);
    need(canonical && *canonical == *loose);
  }
  auto sorted = *loose;
  ipld::sort_links(sorted.links);
  need(again.has_value() == (sorted == *loose));
  if (auto node = ipld::dag_pb_to_node(*view); node && again) {
    auto back = ipld::dag_pb_from_node(*node);
    need(back && *back == *loose);
  }
  return 0;
}
