// HAMT directories: the sharded form of large directories (ipfs/specs unixfs.md, "HAMT structure and parameters").
//
// The slot of a name at depth d is the d-th group of log2(fanout) bits of murmur3-x64-64(name), counted from the most
// significant bit of the hash written as 8 big-endian bytes (the specification's "least significant bits first" is not
// what is in use).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipld/unixfs/data.hpp"
#include "ipld/unixfs/profile.hpp"

namespace openmcp::ipld::unixfs {

inline constexpr std::uint64_t kHamtHashCode = 0x22;   ///< murmur3-x64-64 in the multicodec table
inline constexpr std::uint32_t kMaxHamtFanout = 1024;  ///< CVE-2023-23625: checked before anything is allocated

/// A power of two, a multiple of 8, at most kMaxHamtFanout.
constexpr bool valid_fanout(std::uint64_t fanout) noexcept {
  return fanout >= 8 && fanout <= kMaxHamtFanout && (fanout & (fanout - 1)) == 0;
}

/// An entry of a directory.
struct DirectoryLink {
  std::string name;
  Cid cid;
  std::uint64_t dag_size = 0;  ///< Tsize
};

std::uint64_t hamt_hash(std::string_view name);
/// nullopt: the 64 bits are used up at this depth.
std::optional<std::uint32_t> hamt_slot(std::uint64_t hash, std::uint32_t fanout, std::size_t depth) noexcept;
/// Levels that the 64 bits are enough for.
std::size_t hamt_max_depth(std::uint32_t fanout) noexcept;
/// Hexadecimal digits before every link name of a shard.
std::size_t hamt_prefix_width(std::uint32_t fanout) noexcept;

/// Builds the shards of a directory. Appends the blocks, children first, to `out`; returns the root's link (no name).
/// Names must be distinct. Error too_large when names collide in all 64 bits.
base::Result<DirectoryLink> build_hamt(const Profile& profile, std::vector<DirectoryLink> entries,
                                       std::vector<Block>& out);

/// One decoded shard. Checked: hash type, fanout, bit field as long as it may be and as many bits as links, each
/// link's prefix is its slot, slots ascending.
struct HamtShard {
  struct Child {
    std::uint32_t slot = 0;
    DirectoryLink link;  ///< without the prefix; an empty name is a sub-shard
    bool shard() const noexcept { return link.name.empty(); }
  };
  std::uint32_t fanout = 0;
  std::vector<Child> children;  ///< ascending by slot

  const Child* at(std::uint32_t slot) const noexcept;
};
/// `node` is the dag-pb block of a HAMT shard. Errors: corrupt.
base::Result<HamtShard> decode_hamt_shard(base::BytesView block);

}  // namespace openmcp::ipld::unixfs
