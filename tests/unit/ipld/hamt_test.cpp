#include "ipld/unixfs/hamt.hpp"

#include <set>

#include "codec_support.hpp"
#include "ipld/unixfs/directory.hpp"
#include "unixfs_support.hpp"

namespace openmcp::test {
namespace {

using namespace ipld::unixfs;
using ipld::Cid;

Cid some_cid(std::uint64_t number) {
  base::Bytes bytes(8);
  for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return make_block(ipld::Codec::raw, base::SharedBytes(std::move(bytes))).cid;
}

std::vector<DirectoryLink> entries_named(const std::set<std::string>& names) {
  std::vector<DirectoryLink> entries;
  for (auto& name : names) entries.push_back({name, some_cid(entries.size()), 8});
  return entries;
}

class Hamt : public Unixfs {
protected:
  DirectoryLink build(std::vector<DirectoryLink> entries, std::uint32_t fanout = 256) {
    auto profile = kUnixfsV1_2025;
    profile.hamt_fanout = fanout;
    std::vector<ipld::Block> made;
    auto root = must(build_hamt(profile, std::move(entries), made));
    for (auto& block : made) blocks.put(std::move(block));
    return root;
  }
  std::optional<DirectoryLink> find(const Cid& root, const std::string& name) {
    return run(env, find_entry(blocks, root, name));
  }
};

TEST(HamtHash, IsTheSpecificationsVector) {
  // ipfs/specs unixfs.md, "HAMT structure": first bytes of the names' hashes.
  EXPECT_EQ(hamt_hash("470.txt") >> 40, 0x006e88u);
  EXPECT_EQ(hamt_hash("742.txt") >> 40, 0x00ff87u);
  EXPECT_EQ(hamt_slot(hamt_hash("470.txt"), 256, 0), 0x00u);
  EXPECT_EQ(hamt_slot(hamt_hash("470.txt"), 256, 1), 0x6eu);
  EXPECT_EQ(hamt_slot(hamt_hash("470.txt"), 16, 2), 0x6u);
  EXPECT_EQ(hamt_slot(hamt_hash("470.txt"), 1024, 0), 0x006e88u >> 14);
  EXPECT_EQ(hamt_slot(0, 256, 8), std::nullopt);
  EXPECT_EQ(hamt_slot(0, 1024, 6), std::nullopt);
}

TEST(HamtHash, FanoutIsBounded) {
  for (std::uint64_t fanout : {8u, 16u, 256u, 1024u}) EXPECT_TRUE(valid_fanout(fanout));
  for (std::uint64_t fanout : {0ull, 1ull, 4ull, 24ull, 255ull, 2048ull, 1ull << 32, 1ull << 63}) {
    EXPECT_FALSE(valid_fanout(fanout));
  }
  EXPECT_EQ(hamt_prefix_width(256), 2u);
  EXPECT_EQ(hamt_prefix_width(1024), 3u);
  EXPECT_EQ(hamt_prefix_width(8), 1u);
}

TEST_F(Hamt, HoldsWhatWasPutIn) {
  EXPECT_TRUE(rc::check("list, page and find agree with the entries", [this] {
    auto fanout = *rc::gen::element(8u, 16u, 64u, 256u, 1024u);
    std::set<std::string> names;
    auto count = *rc::gen::inRange<std::size_t>(1, 300);
    auto salt = *rc::gen::inRange(0, 1000);
    for (std::size_t i = 0; i < count; ++i) names.insert(std::to_string(i * 7919) + "-" + std::to_string(salt));
    auto entries = entries_named(names);
    blocks = {};
    auto root = build(entries, fanout);
    std::uint64_t total = 0;
    for (auto& cid : blocks.order) total += blocks.blocks.at(cid.hash()).size();
    RC_ASSERT(root.dag_size == total + 8 * entries.size());

    auto listed = list(root.cid);
    RC_ASSERT(listed.size() == entries.size());
    std::map<std::string, Cid> got;
    for (auto& entry : listed) got.emplace(entry.name, entry.cid);
    for (auto& entry : entries) RC_ASSERT(got.at(entry.name) == entry.cid);

    std::vector<std::string> paged;
    auto limit = *rc::gen::inRange<std::size_t>(1, 50);
    std::string after;
    do {
      auto page = run(env, list_page(blocks, root.cid, after, limit));
      for (auto& entry : page.entries) paged.push_back(entry.name);
      after = page.next;
    } while (!after.empty());
    std::vector<std::string> order;
    for (auto& entry : listed) order.push_back(entry.name);
    RC_ASSERT(paged == order);

    auto& one = entries[*rc::gen::inRange<std::size_t>(0, entries.size())];
    RC_ASSERT(find(root.cid, one.name)->cid == one.cid);
    RC_ASSERT(!find(root.cid, one.name + "?"));
  }));
}

TEST_F(Hamt, StopsWhenToldTo) {
  auto root = build(entries_named({"a", "b", "c", "d"}));
  std::size_t seen = 0;
  auto each = [&seen](const DirectoryLink&) { return ++seen < 2; };
  run(env, list_directory(blocks, root.cid, each));
  EXPECT_EQ(seen, 2u);
}

TEST_F(Hamt, PagesReadOnlyWhatTheyNeed) {
  std::set<std::string> names;
  for (int i = 0; i < 5000; ++i) names.insert(std::to_string(i));
  auto root = build(entries_named(names), 16);
  blocks.retrieved = 0;
  auto page = run(env, list_page(blocks, root.cid, "4711", 10));
  EXPECT_EQ(page.entries.size(), 10u);
  EXPECT_LT(blocks.retrieved, 300u) << "of " << blocks.blocks.size();
}

TEST_F(Hamt, NamesThePassedShards) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(std::to_string(i) + ".txt");
  auto root = build(entries_named(names));
  std::vector<Cid> passed;
  auto found = run(env, find_entry(blocks, root.cid, "470.txt", &passed));
  ASSERT_TRUE(found);
  EXPECT_EQ(passed.size(), 1u);  // one level below the root: 1000 names in 256 slots
  EXPECT_NE(passed.front(), root.cid);
}

class HamtShardOnWire : public Hamt {
protected:
  struct Parts {
    Data data{.type = NodeType::hamt_shard, .hash_type = kHamtHashCode, .fanout = 256};
    base::Bytes bits = {0x04};  // slot 2
    std::vector<ipld::PbLink> links = {{.hash = some_cid(1), .name = "02a", .tsize = 8}};
  };
  base::Result<HamtShard> decoded(const std::function<void(Parts&)>& change) {
    Parts parts;
    change(parts);
    if (!parts.data.data) parts.data.data = base::BytesView(parts.bits);
    return decode_hamt_shard(unixfs_block(parts.data, parts.links).data);
  }
};

TEST_F(HamtShardOnWire, IsCheckedWhole) {
  auto good = decoded([](Parts&) {});
  ASSERT_TRUE(good) << good.error().message();
  ASSERT_EQ(good->children.size(), 1u);
  EXPECT_EQ(good->children[0].slot, 2u);
  EXPECT_EQ(good->children[0].link.name, "a");
  EXPECT_EQ(good->at(2), &good->children[0]);
  EXPECT_EQ(good->at(3), nullptr);

  auto refused = [this](const std::function<void(Parts&)>& change) {
    auto shard = decoded(change);
    return !shard && shard.error().code() == base::Errc::corrupt;
  };
  EXPECT_TRUE(refused([](Parts& p) { p.data.fanout = 1ull << 40; }));
  EXPECT_TRUE(refused([](Parts& p) { p.data.fanout = 2048; }));
  EXPECT_TRUE(refused([](Parts& p) { p.data.fanout.reset(); }));
  EXPECT_TRUE(refused([](Parts& p) { p.data.hash_type = 0x12; }));
  EXPECT_TRUE(refused([](Parts& p) { p.data.hash_type.reset(); }));
  EXPECT_TRUE(refused([](Parts& p) { p.data.type = NodeType::directory; }));
  EXPECT_TRUE(refused([](Parts& p) { p.bits = base::Bytes(33, 0), p.bits[32] = 4; }));
  EXPECT_TRUE(refused([](Parts& p) { p.bits = {0x05}; }));
  EXPECT_TRUE(refused([](Parts& p) { p.bits = {0x08}; }));
  EXPECT_TRUE(refused([](Parts& p) { p.links[0].name = "2a"; }));
  EXPECT_TRUE(refused([](Parts& p) { p.links[0].name = "2"; }));
  EXPECT_TRUE(refused([](Parts& p) { p.links[0].name.reset(); }));
  EXPECT_TRUE(
      refused([](Parts& p) { p.bits = {0x0c}, p.links.push_back({.hash = some_cid(2), .name = "02b", .tsize = 8}); }));
  // Lower-case digits are another spelling of the slot: refused.
  EXPECT_TRUE(refused([](Parts& p) { p.bits = {0x04, 0x00}, p.links[0].name = "0aa"; }));
}

TEST_F(Hamt, EntriesWhereTheyDoNotBelongAreRefused) {
  // A shard that holds "a" in slot 2, where its hash does not put it.
  Data data{.type = NodeType::hamt_shard, .hash_type = kHamtHashCode, .fanout = 256};
  base::Bytes bits{0x04};
  data.data = base::BytesView(bits);
  std::vector<ipld::PbLink> links{{.hash = some_cid(1), .name = "02a", .tsize = 8}};
  auto root = put(unixfs_block(data, links));
  EXPECT_EQ(error_of([&] { list(root); }).code(), base::Errc::corrupt);
  EXPECT_FALSE(find(root, "a"));
}

TEST_F(Hamt, ChainsOfShardsEnd) {
  // A shard below a shard below ..., each with one child: deeper than the hash has bits.
  auto child = some_cid(1);
  std::string name = "00a";
  for (int depth = 0; depth < 10; ++depth) {
    Data data{.type = NodeType::hamt_shard, .hash_type = kHamtHashCode, .fanout = 256};
    base::Bytes bits{0x01};
    data.data = base::BytesView(bits);
    std::vector<ipld::PbLink> links{{.hash = child, .name = name, .tsize = 8}};
    child = put(unixfs_block(data, links));
    name = "00";
  }
  EXPECT_EQ(error_of([&] { list(child); }).code(), base::Errc::corrupt);
}

TEST_F(Hamt, FullCollisionsAreAnError) {
  // No two names with equal 64-bit hashes are known to us; the same name twice has one.
  std::vector<DirectoryLink> twice{{"a", some_cid(1), 8}, {"a", some_cid(2), 8}};
  std::vector<ipld::Block> made;
  auto built = build_hamt(kUnixfsV1_2025, twice, made);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code(), base::Errc::too_large);
}

}  // namespace
}  // namespace openmcp::test
