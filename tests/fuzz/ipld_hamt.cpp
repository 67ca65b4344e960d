// A HAMT shard from a stranger: within its bounds, children ascending and found again by their slot. And a directory
// built from the same bytes as names gives shards that decode and hold exactly these names.
#include <set>

#include "ipld/unixfs/hamt.hpp"
#include "need.hpp"

using namespace openmcp;
using namespace openmcp::ipld;

namespace {

void check_shard(base::BytesView block) {
  auto shard = unixfs::decode_hamt_shard(block);
  if (!shard) return;
  need(unixfs::valid_fanout(shard->fanout) && shard->children.size() <= shard->fanout);
  for (auto& child : shard->children) need(child.slot < shard->fanout && shard->at(child.slot) == &child);
}

/// Names are runs of the input up to a byte below 8; the first byte chooses the fanout.
void check_building(base::BytesView bytes) {
  if (bytes.empty()) return;
  unixfs::Profile profile;
  profile.hamt_fanout = 8u << (bytes[0] % 8);
  std::set<std::string> names;
  std::string name;
  for (auto byte : bytes.subspan(1)) {
    if (byte >= 8) {
      name += static_cast<char>(byte);
    } else if (!name.empty()) {
      names.insert(std::exchange(name, {}));
    }
  }
  if (names.empty()) return;
  std::vector<unixfs::DirectoryLink> entries;
  for (auto& each : names) entries.push_back({each, Cid(), 1});
  std::vector<Block> blocks;
  auto root = unixfs::build_hamt(profile, entries, blocks);
  if (!root) return;  // names that collide in all bits
  std::size_t shards = 0;
  for (auto& block : blocks) {
    auto shard = unixfs::decode_hamt_shard(block.data);
    need(shard && shard->fanout == profile.hamt_fanout);
    for (auto& child : shard->children) {
      shards += child.shard();
      need(child.shard() || names.erase(child.link.name) == 1);
    }
  }
  need(names.empty() && shards + 1 == blocks.size() && blocks.back().cid == root->cid);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView bytes(data, size);
  check_shard(bytes);
  check_building(bytes);
  return 0;
}
