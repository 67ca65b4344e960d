#include "ipld/unixfs/file_writer.hpp"

#include "crypto/hash.hpp"
#include "ipld/dag_pb.hpp"
#include "ipld/unixfs/data.hpp"

namespace openmcp::ipld::unixfs {
namespace {

base::Bytes encode_node(std::span<const PbLink> links, const Data& data) {
  auto body = encode_data(data);
  return base::unwrap(encode_dag_pb(links, base::BytesView(body)));
}

}  // namespace

Leaf make_leaf(const Profile& profile, base::SharedBytes chunk) {
  std::uint64_t size = chunk.size();
  if (profile.leaves == LeafKind::raw) {
    Block block = make_block(Codec::raw, std::move(chunk));
    block.crc32c = crypto::crc32c(block.data);
    FilePart part{block.cid, size, size};
    return {std::move(block), std::move(part)};
  }
  Data data{.type = NodeType::file, .filesize = size};
  if (size > 0) data.data = chunk.view();
  Block block = make_dag_pb_block(profile, encode_node({}, data));
  FilePart part{block.cid, size, block.data.size()};
  return {std::move(block), std::move(part)};
}

void FileWriter::push(const FilePart& leaf, std::vector<Block>& out) { push_at(0, leaf, out); }

void FileWriter::push_at(std::size_t level, const FilePart& part, std::vector<Block>& out) {
  if (level == levels_.size()) levels_.emplace_back();
  // A full level is closed only when one more comes: until then it may turn out to be the root's own.
  if (levels_[level].size() == profile_.width) {
    auto node = flush(level, out);
    push_at(level + 1, node, out);
  }
  levels_[level].push_back(part);
}

FilePart FileWriter::flush(std::size_t level, std::vector<Block>& out) {
  auto& parts = levels_[level];
  Data data{.type = NodeType::file, .filesize = 0};
  std::vector<PbLink> links;
  links.reserve(parts.size());
  FilePart node;
  for (auto& part : parts) {
    node.size += part.size;
    node.dag_size += part.dag_size;
    data.blocksizes.push_back(part.size);
    links.push_back({.hash = part.cid, .name = std::string(), .tsize = part.dag_size});
  }
  data.filesize = node.size;
  parts.clear();
  Block block = make_dag_pb_block(profile_, encode_node(links, data));
  node.cid = block.cid;
  node.dag_size += block.data.size();
  out.push_back(std::move(block));
  ++nodes_;
  return node;
}

FilePart FileWriter::finish(std::vector<Block>& out) {
  if (levels_.empty()) {
    auto leaf = make_leaf(profile_, {});
    out.push_back(std::move(leaf.block));
    return leaf.part;
  }
  for (std::size_t level = 0;; ++level) {
    if (level + 1 == levels_.size() && levels_[level].size() == 1) return levels_[level].front();
    auto node = flush(level, out);
    push_at(level + 1, node, out);
  }
}

}  // namespace openmcp::ipld::unixfs
