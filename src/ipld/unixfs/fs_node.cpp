#include "ipld/unixfs/fs_node.hpp"

#include <fmt/format.h>

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::fail;

/// The sum of the parts, checked against what the node says of itself.
base::Result<std::uint64_t> file_size(const Cid& cid, const FsNode& node) {
  if (node.data.blocksizes.size() != node.links.size()) {
    return fail(Errc::corrupt, fmt::format("file node {} has {} links but {} block sizes", cid.text(),
                                           node.links.size(), node.data.blocksizes.size()));
  }
  std::uint64_t sum = node.inline_bytes().size();
  for (auto size : node.data.blocksizes) {
    if (__builtin_add_overflow(sum, size, &sum)) {
      return fail(Errc::corrupt, fmt::format("file node {}: the sizes of its parts overflow", cid.text()));
    }
  }
  if (node.data.filesize && *node.data.filesize != sum) {
    return fail(Errc::corrupt,
                fmt::format("file node {} says {} bytes but its parts have {}", cid.text(), *node.data.filesize, sum));
  }
  return sum;
}

}  // namespace

base::Result<FsNode> decode_fs_node(const Cid& cid, base::BytesView block) {
  FsNode node;
  if (cid.codec() == Codec::raw) {
    node.data.type = NodeType::raw;
    node.data.data = block;
    node.size = block.size();
    return node;
  }
  if (cid.codec() != Codec::dag_pb) {
    return fail(Errc::invalid_argument, fmt::format("{} is {}, not UnixFS", cid.text(), codec_name(cid.codec())));
  }
  auto view = view_dag_pb(block, PbForm::data_first);
  if (!view) return std::unexpected(std::move(view.error().within(cid.text())));
  if (!view->data) return fail(Errc::invalid_argument, fmt::format("{} is dag-pb without UnixFS data", cid.text()));
  auto data = decode_data(*view->data);
  if (!data) return std::unexpected(std::move(data.error().within(cid.text())));
  node.data = *std::move(data);
  node.links = std::move(view->links);
  if (is_file(node.data.type)) {
    auto size = file_size(cid, node);
    if (!size) return std::unexpected(std::move(size).error());
    node.size = *size;
  }
  return node;
}

}  // namespace openmcp::ipld::unixfs
