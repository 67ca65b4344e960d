// The UnixFS protobuf message inside a dag-pb node's Data (ipfs/specs, unixfs.md): encoder and strict decoder.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::ipld::unixfs {

/// DataType of the protobuf. The text of the specification names other numbers for Raw and File in one place; these
/// are the ones in use.
enum class NodeType : std::uint8_t { raw = 0, directory = 1, file = 2, metadata = 3, symlink = 4, hamt_shard = 5 };
/// "file", "directory", "symlink", ...
std::string_view to_string(NodeType type) noexcept;

struct UnixTime {
  std::int64_t seconds = 0;       ///< since the epoch, UTC
  std::uint32_t nanoseconds = 0;  ///< 0 to 999,999,999
  bool operator==(const UnixTime&) const = default;
};

/// The message. Views point into the decoded bytes.
struct Data {
  NodeType type = NodeType::file;
  std::optional<base::BytesView> data = {};     ///< inline content, symlink target, or HAMT bit field
  std::optional<std::uint64_t> filesize = {};   ///< logical bytes below this node, inline content included
  std::vector<std::uint64_t> blocksizes = {};   ///< logical bytes below each link
  std::optional<std::uint64_t> hash_type = {};  ///< HAMT: multihash code, 0x22 is murmur3-x64-64
  std::optional<std::uint64_t> fanout = {};     ///< HAMT: slots of a shard
  std::optional<std::uint32_t> mode = {};       ///< permission bits; upper bits are carried
  std::optional<UnixTime> mtime = {};
  /// encode_data gives exactly the decoded bytes back. False for packed block sizes and unknown later fields, which
  /// other writers may use and which are read, not kept.
  bool canonical = true;
};

/// Strict: known fields once and in the order of their numbers, shortest varints, no trailing bytes. Errors: corrupt.
base::Result<Data> decode_data(base::BytesView bytes);
/// Appends the message as every implementation writes it: fields in order, block sizes unpacked.
void encode_data(const Data& data, base::Bytes& out);
base::Bytes encode_data(const Data& data);

/// A file or leaf node: its logical bytes are the inline ones and those below the links.
inline bool is_file(NodeType type) noexcept { return type == NodeType::file || type == NodeType::raw; }
inline bool is_directory(NodeType type) noexcept { return type == NodeType::directory || type == NodeType::hamt_shard; }

}  // namespace openmcp::ipld::unixfs
