// A block seen as a UnixFS node: what a raw leaf and a dag-pb node have in common.
#pragma once

#include <vector>

#include "ipld/dag_pb.hpp"
#include "ipld/unixfs/data.hpp"

namespace openmcp::ipld::unixfs {

/// Views point into the block.
struct FsNode {
  Data data;  ///< of a raw block: type raw, the whole block as inline data
  std::vector<PbLinkView> links;

  base::BytesView inline_bytes() const noexcept { return data.data.value_or(base::BytesView{}); }
  /// Of a file: its logical bytes, inline ones included.
  std::uint64_t size = 0;
};

/// Errors: invalid_argument for other codecs and for dag-pb without UnixFS data; corrupt when a file's sizes contradict
/// each other or do not match its links.
base::Result<FsNode> decode_fs_node(const Cid& cid, base::BytesView block);

}  // namespace openmcp::ipld::unixfs
