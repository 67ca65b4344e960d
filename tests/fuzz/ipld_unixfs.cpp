// UnixFS data and whole nodes from a stranger: what is canonical encodes to the same bytes, what is not comes to rest
// after one round; a node's size is the sum that its parts say.
#include "ipld/unixfs/fs_node.hpp"
#include "need.hpp"

using namespace openmcp;
using namespace openmcp::ipld;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView bytes(data, size);
  if (auto decoded = unixfs::decode_data(bytes)) {
    auto again = unixfs::encode_data(*decoded);
    need(decoded->canonical == base::equal(again, bytes));
    auto canonical = unixfs::decode_data(again);
    need(canonical && canonical->canonical && base::equal(unixfs::encode_data(*canonical), again));
    need(canonical->type == decoded->type && canonical->filesize == decoded->filesize &&
         canonical->blocksizes == decoded->blocksizes && canonical->mtime == decoded->mtime);
  }
  auto cid = Cid::v1(Codec::dag_pb, Multihash(HashCode::identity, {}));
  if (auto node = unixfs::decode_fs_node(cid, bytes); node && unixfs::is_file(node->data.type)) {
    need(node->data.blocksizes.size() == node->links.size());
    std::uint64_t sum = node->inline_bytes().size();
    for (auto part : node->data.blocksizes) sum += part;
    need(node->size == sum && node->data.filesize.value_or(sum) == sum);
  }
  return 0;
}
