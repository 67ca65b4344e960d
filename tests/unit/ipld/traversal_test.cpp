#include "ipld/traversal.hpp"

#include <set>

#include "codec_support.hpp"
#include "ipld/codec.hpp"
#include "unixfs_support.hpp"

namespace openmcp::test {
namespace {

using base::Errc;
using ipld::Cid;
using ipld::ContentPath;
using ipld::DagScope;
using ipld::EntityBytes;
using ipld::List;
using ipld::Map;
using ipld::Node;
using ipld::TraversalOptions;
using namespace ipld::unixfs;

class Traversals : public Unixfs {
protected:
  /// The CIDs that a walk gives, in order.
  std::vector<std::string> walk(const std::string& path, TraversalOptions options = {}) {
    std::vector<std::string> order;
    ipld::BlockVisitor visit = [&order](ipld::Block block) -> base::Task<bool> {
      EXPECT_TRUE(verify_block(block.cid, block.data));
      order.push_back(block.cid.text());
      co_return true;
    };
    auto done =
        run(env, traverse_path(env, blocks, must(ContentPath::parse(path)), std::move(options), std::move(visit)));
    EXPECT_EQ(done.blocks, order.size());
    return order;
  }
  std::vector<std::string> walk(const Cid& root, TraversalOptions options = {}) {
    return walk(root.text(), std::move(options));
  }
  Cid put_cbor(const Node& node) { return put(must(encode_block(ipld::Codec::dag_cbor, node))); }

  /// The same in the plainest way, for comparison.
  void expect_all(const Cid& cid, bool duplicates, std::vector<std::string>& out, std::set<std::string>& seen) {
    if (!duplicates && !seen.insert(cid.text()).second) return;
    if (!cid.identity()) out.push_back(cid.text());
    auto block = cid.identity() ? base::SharedBytes(base::to_bytes(cid.hash().digest())) : blocks.blocks.at(cid.hash());
    for (auto& link : must(ipld::links_of(cid.codec(), block))) expect_all(link, duplicates, out, seen);
  }
};

TEST_F(Traversals, AreDepthFirstParentsFirst) {
  EXPECT_TRUE(rc::check("a walk is the recursive one", [this] {
    blocks = {};
    // Leaves up: random nodes that link earlier ones, some of them often.
    std::vector<Cid> made;
    for (int i = *rc::gen::inRange(1, 40); i > 0; --i) {
      List links;
      for (int k = *rc::gen::inRange(0, made.empty() ? 1 : 6); k > 0; --k) {
        links.emplace_back(*rc::gen::elementOf(made));
      }
      if (*rc::gen::inRange(0, 8) == 0) {
        links.emplace_back(
            Cid::v1(ipld::Codec::raw, ipld::Multihash(ipld::HashCode::identity, base::as_bytes("inline"))));
      }
      made.push_back(put_cbor(Map{{"number", i}, {"links", std::move(links)}}));
    }
    for (bool duplicates : {false, true}) {
      std::vector<std::string> expected;
      std::set<std::string> seen;
      expect_all(made.back(), duplicates, expected, seen);
      if (expected.size() > 5000) continue;
      RC_ASSERT(walk(made.back(), {.duplicates = duplicates}) == expected);
    }
  }));
}

TEST_F(Traversals, AreBounded) {
  auto at = put_cbor(Node(0));
  for (int i = 0; i < 50; ++i) at = put_cbor(Map{{"a", Node(at)}, {"b", Node(at)}});
  EXPECT_EQ(walk(at).size(), 51u);  // 2^50 paths, 51 blocks
  EXPECT_EQ(error_of([&] { walk(at, {.max_depth = 49}); }).code(), Errc::too_large);
  EXPECT_EQ(walk(at, {.max_depth = 50}).size(), 51u);
  EXPECT_EQ(error_of([&] { walk(at, {.duplicates = true, .max_blocks = 1000}); }).code(), Errc::too_large);
  EXPECT_EQ(error_of([&] { walk(at, {.duplicates = true, .max_bytes = 100'000}); }).code(), Errc::too_large);
  EXPECT_EQ(walk(at, {.scope = DagScope::block}).size(), 1u);
  EXPECT_EQ(walk(at, {.scope = DagScope::entity}).size(), 1u);
}

TEST_F(Traversals, StopWhenToldTo) {
  auto made = import_bytes(keystream("stop", 1000), kTiny);
  std::size_t seen = 0;
  ipld::BlockVisitor visit = [&seen](ipld::Block) -> base::Task<bool> { co_return ++seen < 5; };
  auto done = run(env, traverse(env, blocks, made.cid, {}, std::move(visit)));
  EXPECT_EQ(seen, 5u);
  EXPECT_TRUE(done.stopped);
}

TEST_F(Traversals, MissingBlocksAreNamedOrCounted) {
  auto made = import_bytes(keystream("missing", 1000), kTiny);
  auto victim = blocks.order[40];
  blocks.blocks.erase(victim.hash());
  auto error = error_of([&] { walk(made.cid); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_THAT(error.message(), testing::HasSubstr(victim.text()));
  std::vector<Cid> missing;
  auto note = [&missing](const Cid& cid) { missing.push_back(cid); };
  EXPECT_EQ(walk(made.cid, {.missing = note}).size(), made.blocks - 1);
  EXPECT_EQ(missing, std::vector<Cid>{victim});
}

TEST_F(Traversals, EntityBytesFetchOnlyTheirBlocks) {
  auto bytes = keystream("entity", 16 * 200 + 5);
  auto made = import_bytes(bytes, kTiny);
  auto leaves = [&](std::string_view range) {
    std::size_t count = 0;
    for (auto& cid : walk(made.cid, {.scope = DagScope::entity, .bytes = must(ipld::parse_entity_bytes(range))})) {
      if (cid.starts_with("bafk")) ++count;
    }
    return count;
  };
  EXPECT_EQ(leaves("0:*"), 201u);
  EXPECT_EQ(leaves("0:0"), 1u);
  EXPECT_EQ(leaves("15:16"), 2u);
  EXPECT_EQ(leaves("16:31"), 1u);
  EXPECT_EQ(leaves("-5:*"), 1u);
  EXPECT_EQ(leaves("-6:*"), 2u);
  EXPECT_EQ(leaves("-99999:*"), 201u);
  EXPECT_EQ(leaves("0:-6"), 200u);
  EXPECT_EQ(leaves("0:99999"), 201u);
  EXPECT_EQ(leaves("99999:*"), 0u);
  EXPECT_EQ(leaves("0:-99999"), 0u);
}

TEST(EntityRanges, AreReadStrictly) {
  auto range = must(ipld::parse_entity_bytes("5:*"));
  EXPECT_EQ(range.from, 5);
  EXPECT_FALSE(range.to);
  range = must(ipld::parse_entity_bytes("-9223372036854775808:-1"));
  EXPECT_EQ(range.from, INT64_MIN);
  EXPECT_EQ(range.to, -1);
  EXPECT_TRUE(ipld::parse_entity_bytes("10:-10"));
  EXPECT_TRUE(ipld::parse_entity_bytes("-10:10"));
  for (auto text :
       {"", ":", "5", "5:", ":5", "*:5", "a:b", "5:4", "-1:-2", "1:2:3", "+1:2", "1: 2", "9223372036854775808:*"}) {
    EXPECT_FALSE(ipld::parse_entity_bytes(text)) << text;
  }
  EXPECT_EQ(ipld::dag_scope_from_name("entity"), DagScope::entity);
  EXPECT_FALSE(ipld::dag_scope_from_name("file"));
}

// --- what the gateway conformance suite asks (tests/trustless_gateway_car_test.go), on its fixtures
// ---------------------

class TrustlessCar : public Traversals {
protected:
  void SetUp() override {
    OPENMCP_NEED_VECTORS(found, "gateway-conformance/fixtures/trustless_gateway_car");
    folder = found;
  }
  std::string root(const std::string& name) { return load_car(folder / name).at(0).text(); }
  /// The CID at the end of a path.
  std::string cid(const std::string& path) {
    return run(env, resolve(blocks, must(ContentPath::parse(path)))).cid.text();
  }
  static TraversalOptions entity(std::string_view range = "0:*") {
    return {.scope = DagScope::entity, .bytes = must(ipld::parse_entity_bytes(range))};
  }
  std::vector<std::string> leaves(const std::string& file) {
    auto all = walk(cid(file));
    all.erase(all.begin());
    return all;
  }
  using Cids = std::vector<std::string>;

  std::filesystem::path folder;
};

TEST_F(TrustlessCar, PathThroughDirectories) {
  auto top = root("subdir-with-two-single-block-files.car");
  Cids expected{top, cid(top + "/subdir"), cid(top + "/subdir/ascii.txt")};
  EXPECT_EQ(walk(top + "/subdir/ascii.txt"), expected);
  EXPECT_EQ(walk(top + "/subdir/ascii.txt", {.scope = DagScope::block}), expected);
  EXPECT_EQ(walk(top + "/subdir", {.scope = DagScope::block}), (Cids{top, cid(top + "/subdir")}));
  EXPECT_EQ(walk(top, {.scope = DagScope::entity}), Cids{top});
  EXPECT_EQ(error_of([&] { walk(top + "/subdir/i-do-not-exist"); }).code(), Errc::not_found);
}

TEST_F(TrustlessCar, PathThroughAHamt) {
  auto top = root("single-layer-hamt-with-multi-block-files.car");
  auto resolved = run(env, resolve(blocks, must(ContentPath::parse(top + "/685.txt"))));
  EXPECT_GE(resolved.passed.size(), 2u);
  Cids expected;
  for (auto& passed : resolved.passed) expected.push_back(passed.text());
  auto block_only = expected;
  block_only.push_back(resolved.cid.text());
  for (auto& below : walk(resolved.cid)) expected.push_back(below);
  EXPECT_GT(expected.size(), block_only.size());
  EXPECT_EQ(walk(top + "/685.txt"), expected);
  EXPECT_EQ(walk(top + "/685.txt", {.scope = DagScope::block}), block_only);
}

TEST_F(TrustlessCar, EntityOfAHamtIsAllItsShards) {
  auto top = root("single-layer-hamt-with-multi-block-files.car");
  auto shards = walk(top, {.scope = DagScope::entity});
  EXPECT_GT(shards.size(), 1u);
  for (auto& shard : shards) {
    EXPECT_EQ(run(env, stat(blocks, must(Cid::parse(shard)))).type, NodeType::hamt_shard);
  }
  EXPECT_EQ(walk(top, entity()), shards);
  EXPECT_GT(walk(top).size(), shards.size());
  EXPECT_GT(list(must(Cid::parse(top))).size(), 600u);
}

TEST_F(TrustlessCar, PathThroughDagCbor) {
  auto top = root("dir-with-dag-cbor-with-links.car");
  auto document = cid(top + "/document");
  EXPECT_EQ(walk(document + "/files/single"), (Cids{document, cid(top + "/document/files/single")}));
  EXPECT_EQ(walk(top + "/document", {.scope = DagScope::entity}), (Cids{top, document}));
}

TEST_F(TrustlessCar, EntityBytes) {
  auto top = root("subdir-with-mixed-block-files.car");
  auto file = top + "/subdir/multiblock.txt";
  auto alone = cid(file);
  // The suite's recipe: 1026 bytes in chunks of 256.
  Cids chunks{"bafkreie5noke3mb7hqxukzcy73nl23k6lxszxi5w3dtmuwz62wnvkpsscm",
              "bafkreih4ephajybraj6wnxsbwjwa77fukurtpl7oj7t7pfq545duhot7cq",
              "bafkreigu7buvm3cfunb35766dn7tmqyh2um62zcio63en2btvxuybgcpue",
              "bafkreicll3huefkc3qnrzeony7zcfo7cr3nbx64hnxrqzsixpceg332fhe",
              "bafkreifst3pqztuvj57lycamoi7z34b4emf7gawxs74nwrc2c7jncmpaqm"};
  EXPECT_EQ(leaves(file), chunks);
  auto with = [&alone, &chunks](std::size_t from, std::size_t to) {
    Cids expected{alone};
    expected.insert(expected.end(), chunks.begin() + static_cast<std::ptrdiff_t>(from),
                    chunks.begin() + static_cast<std::ptrdiff_t>(to));
    return expected;
  };
  Cids whole{top, cid(top + "/subdir")};
  for (auto& each : with(0, 5)) whole.push_back(each);
  EXPECT_EQ(walk(file, entity()), whole);
  EXPECT_EQ(walk(file, {.scope = DagScope::all}), whole);
  EXPECT_EQ(walk(top + "/subdir/ascii.txt", entity()).size(), 3u);
  EXPECT_EQ(walk(alone, entity("512:*")), with(2, 5));
  EXPECT_EQ(walk(alone, entity("512:1023")), with(2, 4));
  EXPECT_EQ(walk(alone, entity("512:-256")), with(2, 4));
  EXPECT_EQ(walk(alone, entity("-5:*")), with(3, 5));
  EXPECT_EQ(walk(alone, entity("-9999:*")), with(0, 5));
  EXPECT_EQ(walk(alone, entity("-9999:-3")), with(0, 4));
  EXPECT_EQ(walk(alone, entity("0:0")), with(0, 1));
}

TEST_F(TrustlessCar, EntityBytesBesideAMissingBlock) {
  auto top = root("file-3k-and-3-blocks-missing-block.car");
  EXPECT_EQ(walk(top, entity("0:1000")), (Cids{top, "QmPKt7ptM2ZYSGPUc8PmPT2VBkLDK3iqpG9TBJY7PCE9rF"}));
  EXPECT_EQ(walk(top, entity("2200:*")), (Cids{top, "QmWXY482zQdwecnfBsj78poUUuPXvyw2JAFAEMw4tzTavV"}));
  EXPECT_EQ(error_of([&] { walk(top, entity()); }).code(), Errc::not_found);
}

TEST_F(TrustlessCar, Duplicates) {
  auto top = root("dir-with-duplicate-files.car");
  auto file = [&](const char* name) { return cid(top + "/" + name); };
  Cids once{top, file("ascii.txt"), file("hello.txt"), file("multiblock.txt")};
  Cids often{top, file("ascii.txt"), file("ascii-copy.txt"), file("hello.txt"), file("multiblock.txt")};
  EXPECT_EQ(file("ascii.txt"), file("ascii-copy.txt"));
  for (auto& chunk : leaves(top + "/multiblock.txt")) {
    once.push_back(chunk);
    often.push_back(chunk);
  }
  EXPECT_EQ(walk(top, {.duplicates = false}), once);
  EXPECT_EQ(walk(top, {.duplicates = true}), often);
  EXPECT_TRUE(walk("bafkqaf3imvwgy3zaneqgc3janfxgy2lomvscay3jmqfa", {.duplicates = true}).empty());
}

TEST_F(Traversals, OfTheTwentyMegabyteFixture) {
  OPENMCP_NEED_VECTORS(folder, "ipld-specs/specs/transport/trustless-pathing/fixtures");
  auto file = folder / "unixfs_20m_variety.car";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no unixfs_20m_variety.car beside its description";
  load_car(file);
  // "[testmark]:# (test/NAME/query)" and "(test/NAME/execution)", each with a block of text behind it.
  auto text = slurp_text(folder / "unixfs_20m_variety.md");
  std::map<std::string, std::string> parts;
  for (std::size_t at = 0; (at = text.find("[testmark]:# (", at)) != text.npos;) {
    auto name = text.substr(at + 14, text.find(')', at) - at - 14);
    auto begin = text.find("```\n", at) + 4, end = text.find("```", begin);
    parts[name] = text.substr(begin, end - begin);
    at = end;
  }
  std::size_t cases = 0;
  for (auto& [name, query] : parts) {
    if (!name.ends_with("/query")) continue;
    auto& execution = parts.at(name.substr(0, name.size() - 5) + "execution");
    std::vector<std::string> expected;
    for (std::size_t at = 0; at < execution.size(); at = execution.find('\n', at) + 1) {
      expected.push_back(execution.substr(at, execution.find(' ', at) - at));
    }
    auto path = query.substr(0, query.find('?'));
    TraversalOptions options;
    if (auto at = query.find("dag-scope="); at != query.npos) {
      options.scope = must(ipld::dag_scope_from_name(query.substr(at + 10, query.find_first_of("&\n", at) - at - 10)));
    }
    if (auto at = query.find("entity-bytes="); at != query.npos) {
      options.bytes = must(ipld::parse_entity_bytes(query.substr(at + 13, query.find_first_of("&\n", at) - at - 13)));
    }
    EXPECT_EQ(walk(path, options), expected) << name;
    ++cases;
  }
  EXPECT_GT(cases, 10u);
}

}  // namespace
}  // namespace openmcp::test
