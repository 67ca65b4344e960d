#include "ipld/unixfs/profile.hpp"

#include <fmt/format.h>

#include "ipld/unixfs/hamt.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::fail;

constexpr Profile kProfiles[] = {kUnixfsV1_2025, kUnixfsV0_2015};
/// The dag-pb frame around a chunk must still fit into a block (reference/ipfs.md 2.1).
constexpr std::uint32_t kMaxChunkBytes = kMaxBlockBytes - 256;

}  // namespace

std::span<const Profile> profiles() noexcept { return kProfiles; }

base::Result<Profile> profile_from_name(std::string_view name) {
  for (const auto& profile : kProfiles) {
    if (profile.name == name) return profile;
  }
  return fail(Errc::invalid_argument, fmt::format("unknown UnixFS profile '{}'", name),
              "use unixfs-v1-2025 or unixfs-v0-2015");
}

base::Result<void> check_profile(const Profile& profile) {
  auto bad = [&](std::string_view what) {
    return fail(Errc::invalid_argument, fmt::format("UnixFS profile '{}': {}", profile.name, what));
  };
  if (profile.cid_version > 1) return bad("CID version is neither 0 nor 1");
  if (profile.chunk_bytes == 0 || profile.chunk_bytes > kMaxChunkBytes) return bad("chunk size out of bounds");
  if (profile.width < 2) return bad("a node needs a width of at least 2");
  if (!valid_fanout(profile.hamt_fanout)) return bad("HAMT fanout out of bounds");
  return {};
}

Block make_dag_pb_block(const Profile& profile, base::Bytes data) {
  Block block = make_block(Codec::dag_pb, base::SharedBytes(std::move(data)));
  if (profile.cid_version == 0) block.cid = base::unwrap(Cid::v0(block.cid.hash()));
  return block;
}

}  // namespace openmcp::ipld::unixfs
