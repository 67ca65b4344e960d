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

Leaf raw_leaf(base::SharedBytes chunk, const crypto::Digest32& digest) {
  Block block{Cid::v1(Codec::raw, Multihash(HashCode::sha2_256, digest)), std::move(chunk), {}};
  block.crc32c = crypto::crc32c(block.data);
  FilePart part{block.cid, block.data.size(), block.data.size()};
  return {std::move(block), std::move(part)};
}

}  // namespace

std::vector<Leaf> make_leaves(const Profile& profile, std::vector<base::SharedBytes> chunks) {
  std::vector<Leaf> leaves;
  leaves.reserve(chunks.size());
  if (profile.leaves == LeafKind::raw) {
    const std::vector<base::BytesView> views(chunks.begin(), chunks.end());
    std::vector<crypto::Digest32> digests(chunks.size());
    crypto::sha256_many(views, digests);
    for (std::size_t i = 0; i < chunks.size(); ++i) leaves.push_back(raw_leaf(std::move(chunks[i]), digests[i]));
  } else {
    for (auto& chunk : chunks) leaves.push_back(make_leaf(profile, std::move(chunk)));
  }
  return leaves;
}

Leaf make_leaf(const Profile& profile, base::SharedBytes chunk) {
  if (profile.leaves == LeafKind::raw) {
    auto digest = crypto::sha256(chunk);
    return raw_leaf(std::move(chunk), digest);
  }
  std::uint64_t size = chunk.size();
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
