// The two UnixFS profiles of IPIP-0499: every choice that changes the CID of the same files, as data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "ipld/cid.hpp"

namespace openmcp::ipld::unixfs {

/// How the chunks of a file with more than one chunk are stored.
enum class LeafKind : std::uint8_t {
  raw,     ///< the chunk is the block
  dag_pb,  ///< the chunk is wrapped in a UnixFS File node, also when it is the only one
};

/// What is compared (strictly greater) with the threshold to make a directory a HAMT.
enum class HamtMeasure : std::uint8_t {
  block_bytes,  ///< the whole serialised dag-pb block of the flat directory
  links_bytes,  ///< the sum of name and CID bytes over all entries
};

struct Profile {
  std::string_view name;
  unsigned cid_version = 1;
  LeafKind leaves = LeafKind::raw;
  std::uint32_t chunk_bytes = 1u << 20;
  std::uint32_t width = 1024;  ///< links of one file node
  std::uint32_t hamt_fanout = 256;
  std::uint64_t hamt_threshold = 256u << 10;  ///< bytes
  HamtMeasure hamt_measure = HamtMeasure::block_bytes;
};

/// unixfs-v1-2025: what we write.
inline constexpr Profile kUnixfsV1_2025{.name = "unixfs-v1-2025"};

/// unixfs-v0-2015: the CIDs that Kubo still makes by default.
inline constexpr Profile kUnixfsV0_2015{
    .name = "unixfs-v0-2015",
    .cid_version = 0,
    .leaves = LeafKind::dag_pb,
    .chunk_bytes = 256u << 10,
    .width = 174,
    .hamt_measure = HamtMeasure::links_bytes,
};

std::span<const Profile> profiles() noexcept;
/// Error invalid_argument that lists the known names.
base::Result<Profile> profile_from_name(std::string_view name);

/// Error invalid_argument when the numbers cannot work: no chunk, a leaf over the block limit, width under 2, a HAMT
/// fanout that valid_fanout refuses. Importers check it once; tests use tiny profiles.
base::Result<void> check_profile(const Profile& profile);

/// The profile's CID of a dag-pb node (v0 or v1) and of a raw leaf (always v1).
Block make_dag_pb_block(const Profile& profile, base::Bytes data);

}  // namespace openmcp::ipld::unixfs
