// What every StorageAdapter must do, as a suite: include this in one source of a test program and instantiate it with
// INSTANTIATE_TEST_SUITE_P(Name, AdapterContract, ...) and, for stores with pins, PinningContract.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "support/blocks.hpp"
#include "support/temp_directory.hpp"

namespace openmcp::test {

/// How to get the adapter under test. Opening the same directory again must find what is durable.
struct AdapterCase {
  std::string name;
  std::function<Task<std::unique_ptr<storage::StorageAdapter>>(base::Env& env, std::string directory)> open;
};
inline void PrintTo(const AdapterCase& each, std::ostream* out) { *out << each.name; }

/// Every CID of the store, read in pages.
inline std::vector<Cid> list_all(base::RealEnv& env, storage::StorageAdapter& store, std::size_t page = 100) {
  std::vector<Cid> all;
  for (std::string cursor;;) {
    auto got = run(env, store.list(cursor, page));
    all.insert(all.end(), got.cids.begin(), got.cids.end());
    if (got.next.empty()) return all;
    cursor = got.next;
  }
}

class AdapterContract : public ::testing::TestWithParam<AdapterCase> {
protected:
  void SetUp() override { store = run(env, GetParam().open(env, directory / "store")); }
  void TearDown() override {
    if (store) run(env, store->close());
  }
  void reopen() {
    run(env, store->close());
    store = run(env, GetParam().open(env, directory / "store"));
  }
  void put(std::vector<Block> blocks, Durability durability = Durability::synced) {
    run(env, store->store(std::move(blocks), durability));
  }
  std::optional<base::Bytes> get(const Cid& cid) {
    auto found = run(env, store->retrieve(cid));
    if (!found) return std::nullopt;
    return base::to_bytes(found->view());
  }
  bool has(const Cid& cid) { return run(env, store->has(cid)); }

  base::RealEnv env{2};
  TempDirectory directory;
  std::unique_ptr<storage::StorageAdapter> store;
};

TEST_P(AdapterContract, KeepsBlocksOfAnySize) {
  std::vector<Block> blocks;
  for (std::size_t size : {0u, 1u, 7u, 100u, 4095u, 4096u, 4097u, 300'000u, 1u << 20, 2u << 20}) {
    blocks.push_back(raw_block(size, size));
  }
  put(blocks);
  for (const auto& block : blocks) {
    EXPECT_EQ(get(block.cid), base::to_bytes(block.data.view())) << block.data.size();
    EXPECT_EQ(run(env, store->size(block.cid)), block.data.size());
    EXPECT_TRUE(has(block.cid));
  }
}

TEST_P(AdapterContract, SaysWhatIsNotHere) {
  auto absent = raw_block("absent").cid;
  EXPECT_EQ(get(absent), std::nullopt);
  EXPECT_EQ(run(env, store->size(absent)), std::nullopt);
  EXPECT_FALSE(has(absent));
}

TEST_P(AdapterContract, AnswersManyInOrder) {
  auto a = raw_block("a"), b = raw_block("b"), none = raw_block("none");
  put({a, b});
  std::vector<Cid> asked{b.cid, none.cid, a.cid, b.cid};
  auto found = run(env, store->retrieve_many(asked));
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(base::as_text(found[0].value()), "b");
  EXPECT_FALSE(found[1]);
  EXPECT_EQ(base::as_text(found[2].value()), "a");
  EXPECT_EQ(base::as_text(found[3].value()), "b");
  EXPECT_EQ(run(env, store->has_many(asked)), (std::vector<bool>{true, false, true, true}));
}

TEST_P(AdapterContract, TakesEmptyRequests) {
  put({});
  put({}, Durability::buffered);
  EXPECT_TRUE(run(env, store->retrieve_many({})).empty());
  EXPECT_TRUE(run(env, store->has_many({})).empty());
  run(env, store->sync());
}

TEST_P(AdapterContract, KeysByMultihash) {
  auto block = parent_block("x", {});
  put({block});
  EXPECT_TRUE(has(Cid::v1(Codec::raw, block.cid.hash())));
  EXPECT_TRUE(get(base::unwrap(Cid::v0(block.cid.hash()))).has_value());
}

TEST_P(AdapterContract, AnswersIdentityFromTheCid) {
  auto text = base::as_bytes("inline");
  auto cid = Cid::v1(Codec::raw, base::unwrap(ipld::hash(ipld::HashCode::identity, text)));
  EXPECT_TRUE(has(cid));
  EXPECT_EQ(get(cid), base::to_bytes(text));
  EXPECT_EQ(run(env, store->size(cid)), 6u);
  put({Block{cid, base::SharedBytes(base::to_bytes(text))}});
  if (store->capabilities().list) EXPECT_TRUE(list_all(env, *store).empty());
}

TEST_P(AdapterContract, KeepsOtherHashFunctions) {
  auto bytes = base::to_bytes("hashed otherwise");
  for (auto code : {ipld::HashCode::blake3, ipld::HashCode::sha2_512, ipld::HashCode::blake2b_256}) {
    auto cid = Cid::v1(Codec::raw, base::unwrap(ipld::hash(code, bytes)));
    put({Block{cid, base::SharedBytes(bytes)}});
    EXPECT_EQ(get(cid), bytes);
  }
}

TEST_P(AdapterContract, ListsEachBlockOnceInPages) {
  if (!store->capabilities().list) GTEST_SKIP() << "does not list";
  std::vector<Block> blocks;
  for (int i = 0; i < 57; ++i) blocks.push_back(raw_block("block " + std::to_string(i)));
  blocks.push_back(parent_block("p", {}));
  put(blocks);
  put({Block{Cid::v1(Codec::raw, blocks.back().cid.hash()), blocks.back().data}});  // known: the first codec stays
  put({blocks[3], blocks[4]}, Durability::buffered);
  auto wanted = cids_of(blocks);
  std::ranges::sort(wanted);
  for (std::size_t page : {1u, 7u, 58u, 1000u}) {
    auto all = list_all(env, *store, page);
    EXPECT_EQ(list_all(env, *store, page), all) << "the order is not stable";
    std::ranges::sort(all);
    EXPECT_EQ(all, wanted) << page;
  }
  EXPECT_EQ(error_of(env, store->list("not a cursor", 10)), Errc::invalid_argument);
}

TEST_P(AdapterContract, RefusesBlocksThatAreTooLarge) {
  auto large = raw_block((2u << 20) + 1, 1);
  EXPECT_EQ(error_of(env, store->store({large}, Durability::synced)), Errc::too_large);
  EXPECT_FALSE(has(large.cid));
}

TEST_P(AdapterContract, Removes) {
  if (!store->capabilities().remove) GTEST_SKIP() << "cannot remove";
  auto a = raw_block("a"), b = raw_block("b"), c = raw_block("c");
  put({a, b});
  EXPECT_EQ(run(env, store->remove({a.cid, c.cid, a.cid})), 1u);
  EXPECT_FALSE(has(a.cid));
  EXPECT_TRUE(has(b.cid));
  EXPECT_EQ(run(env, store->remove({a.cid})), 0u);
  put({a});
  EXPECT_EQ(base::as_text(get(a.cid).value()), "a");
}

TEST_P(AdapterContract, ViewsOutliveRemovalAndClosing) {
  auto block = raw_block(200'000, 1);
  put({block});
  auto view = run(env, store->retrieve(block.cid)).value();
  if (store->capabilities().remove) run(env, store->remove({block.cid}));
  run(env, store->close());
  store.reset();
  EXPECT_TRUE(base::equal(view, block.data));
}

TEST_P(AdapterContract, ManyWritersAndReadersAtOnce) {
  auto writer = [&](std::uint64_t number) -> Task<void> {
    for (std::uint64_t i = 0; i < 20; ++i) {
      auto block = raw_block(50 + i, i % 7 + number % 3);
      std::vector<Block> blocks{block};
      auto durability = i % 2 ? Durability::synced : Durability::buffered;
      co_await store->store(std::move(blocks), durability);
      auto back = co_await store->retrieve(block.cid);
      if (!back || !base::equal(*back, block.data)) throw base::Error(Errc::internal, "not what was stored");
    }
  };
  auto all = [&]() -> Task<void> {
    base::TaskGroup group(env);
    for (std::uint64_t number = 0; number < 16; ++number) group.spawn(writer(number));
    co_await group.join();
    co_await store->sync();
  };
  run(env, all());
}

TEST_P(AdapterContract, KeepsWhatWasSynced) {
  if (!store->capabilities().durable) GTEST_SKIP() << "not durable";
  auto a = raw_block("synced"), b = raw_block("buffered");
  put({a});
  put({b}, Durability::buffered);
  EXPECT_EQ(base::as_text(get(b.cid).value()), "buffered");
  run(env, store->sync());
  reopen();
  EXPECT_EQ(base::as_text(get(a.cid).value()), "synced");
  EXPECT_EQ(base::as_text(get(b.cid).value()), "buffered");
  if (store->capabilities().remove) {
    EXPECT_EQ(run(env, store->remove({a.cid})), 1u);
    reopen();
    EXPECT_FALSE(has(a.cid));
  }
}

class PinningContract : public AdapterContract {
protected:
  storage::PinningStore& pinning() { return dynamic_cast<storage::PinningStore&>(*store); }
  storage::Position apply(std::vector<Block> blocks, std::vector<PinChange> pins = {}) {
    return run(env, pinning().apply(batch_of(std::move(blocks), std::move(pins))));
  }
  bool kept(const Cid& cid) { return run(env, pinning().kept(cid)); }
  std::vector<storage::Pin> all_pins(const std::string& prefix = "", std::size_t page = 100) {
    std::vector<storage::Pin> all;
    for (std::string cursor;;) {
      auto got = run(env, pinning().pins(prefix, cursor, page));
      all.insert(all.end(), got.pins.begin(), got.pins.end());
      if (got.next.empty()) return all;
      cursor = got.next;
    }
  }
  storage::CollectReport collect() { return run(env, pinning().collect(nullptr)); }
};

TEST_P(PinningContract, RecursivePinKeepsTheWholeDag) {
  auto leaf = raw_block("leaf"), other = raw_block("other");
  auto middle = parent_block("middle", {leaf.cid});
  auto root = parent_block("root", {middle.cid, leaf.cid});
  apply({leaf, middle, root, other}, {add_pin(pin_of(root.cid, "r"))});
  for (const auto& block : {leaf, middle, root}) EXPECT_TRUE(kept(block.cid));
  EXPECT_FALSE(kept(other.cid));
  std::string message;
  EXPECT_EQ(error_of(env, store->remove({other.cid, leaf.cid}), &message), Errc::conflict);
  EXPECT_NE(message.find(leaf.cid.text()), std::string::npos) << message;
  EXPECT_TRUE(has(other.cid)) << "a refused removal removed something";

  apply({}, {remove_pin(pin_of(root.cid, "r"))});
  for (const auto& block : {leaf, middle, root}) EXPECT_FALSE(kept(block.cid));
  EXPECT_EQ(run(env, store->remove(cids_of({leaf, middle, root, other}))), 4u);
}

TEST_P(PinningContract, DirectPinKeepsOneBlock) {
  auto leaf = raw_block("leaf");
  auto root = parent_block("root", {leaf.cid});
  apply({leaf, root}, {add_pin(pin_of(root.cid, "", PinMode::direct))});
  EXPECT_TRUE(kept(root.cid));
  EXPECT_FALSE(kept(leaf.cid));
  EXPECT_EQ(run(env, pinning().pins_of(root.cid)).at(0).mode, PinMode::direct);
}

TEST_P(PinningContract, PinWithMissingBlocksAppliesNothing) {
  auto leaf = raw_block("leaf"), missing = raw_block("missing"), bystander = raw_block("bystander");
  auto root = parent_block("root", {leaf.cid, missing.cid});
  auto before = pinning().position();
  std::string message;
  auto batch =
      batch_of({bystander, leaf, root}, {add_pin(pin_of(bystander.cid, "fine")), add_pin(pin_of(root.cid, "broken"))});
  EXPECT_EQ(error_of(env, pinning().apply(batch), &message), Errc::not_found);
  EXPECT_NE(message.find(missing.cid.text()), std::string::npos) << message;
  EXPECT_TRUE(all_pins().empty());
  EXPECT_FALSE(has(bystander.cid));
  EXPECT_FALSE(has(root.cid));
  EXPECT_EQ(pinning().position(), before);
  EXPECT_EQ(error_of(env, pinning().apply(batch_of({}, {add_pin(pin_of(missing.cid, "", PinMode::direct))}))),
            Errc::not_found);
  apply({missing});
  run(env, pinning().apply(batch));
  EXPECT_TRUE(kept(missing.cid));
}

TEST_P(PinningContract, RefusesToPinWhatHasNoReadableLinks) {
  auto bytes = base::to_bytes("\xff not cbor");
  auto cid = Cid::v1(Codec::dag_cbor, base::unwrap(ipld::hash(ipld::HashCode::sha2_256, bytes)));
  Block broken{cid, base::SharedBytes(bytes)};
  EXPECT_TRUE(error_of(env, pinning().apply(batch_of({broken}, {add_pin(pin_of(cid))}))).has_value());
  EXPECT_TRUE(all_pins().empty());
  apply({broken}, {add_pin(pin_of(cid, "", PinMode::direct))});
  EXPECT_TRUE(kept(cid));
}

TEST_P(PinningContract, OnePinUnderEachName) {
  auto block = raw_block("block");
  apply({block}, {add_pin(pin_of(block.cid, "one")), add_pin(pin_of(block.cid, "two"))});
  EXPECT_EQ(run(env, pinning().pins_of(block.cid)), (std::vector{pin_of(block.cid, "one"), pin_of(block.cid, "two")}));
  apply({}, {remove_pin(pin_of(block.cid, "one"))});
  EXPECT_TRUE(kept(block.cid));
  apply({}, {remove_pin(pin_of(block.cid, "two"))});
  EXPECT_FALSE(kept(block.cid));
  EXPECT_TRUE(run(env, pinning().pins_of(block.cid)).empty());
}

TEST_P(PinningContract, RepeatsDoNothing) {
  auto block = raw_block("block");
  auto first = apply({block}, {add_pin(pin_of(block.cid))});
  EXPECT_EQ(apply({block}, {add_pin(pin_of(block.cid))}), first);
  EXPECT_EQ(apply({}, {remove_pin(pin_of(block.cid, "other name"))}), first);
  auto second = apply({}, {remove_pin(pin_of(block.cid))});
  EXPECT_GT(second, first);
  EXPECT_FALSE(kept(block.cid));
}

TEST_P(PinningContract, ChangesApplyInOrder) {
  auto block = raw_block("block");
  auto pin = pin_of(block.cid, "n");
  apply({block}, {add_pin(pin), remove_pin(pin), add_pin(pin)});
  EXPECT_TRUE(kept(block.cid));
  apply({}, {remove_pin(pin), add_pin(pin), remove_pin(pin)});
  EXPECT_FALSE(kept(block.cid));
}

TEST_P(PinningContract, AnotherModeReplaces) {
  auto leaf = raw_block("leaf");
  auto root = parent_block("root", {leaf.cid});
  apply({leaf, root}, {add_pin(pin_of(root.cid, "n", PinMode::direct))});
  apply({}, {add_pin(pin_of(root.cid, "n", PinMode::recursive))});
  EXPECT_TRUE(kept(leaf.cid));
  EXPECT_EQ(all_pins().size(), 1u);
  apply({}, {add_pin(pin_of(root.cid, "n", PinMode::direct))});
  EXPECT_FALSE(kept(leaf.cid));
  EXPECT_TRUE(kept(root.cid));
}

TEST_P(PinningContract, SharedPartsStayUntilTheLastPin) {
  auto shared = raw_block("shared");
  auto middle = parent_block("m", {shared.cid, shared.cid});
  auto a = parent_block("a", {middle.cid, shared.cid}), b = parent_block("b", {middle.cid});
  apply({shared, middle, a, b}, {add_pin(pin_of(a.cid)), add_pin(pin_of(b.cid))});
  apply({}, {remove_pin(pin_of(a.cid))});
  EXPECT_TRUE(kept(shared.cid));
  EXPECT_FALSE(kept(a.cid));
  apply({}, {remove_pin(pin_of(b.cid))});
  EXPECT_FALSE(kept(shared.cid));
  EXPECT_FALSE(kept(middle.cid));
}

TEST_P(PinningContract, SameBytesUnderTwoCodecs) {
  // A file that happens to hold the bytes of a manifest: as raw it has no children, as dag-cbor it has.
  auto leaf = raw_block("leaf");
  auto manifest = parent_block("m", {leaf.cid});
  Block as_file{Cid::v1(Codec::raw, manifest.cid.hash()), manifest.data};
  apply({as_file, leaf}, {add_pin(pin_of(as_file.cid, "file"))});
  EXPECT_FALSE(kept(leaf.cid));
  apply({manifest}, {add_pin(pin_of(manifest.cid, "manifest"))});
  EXPECT_TRUE(kept(leaf.cid));
  apply({}, {remove_pin(pin_of(as_file.cid, "file"))});
  EXPECT_TRUE(kept(leaf.cid));
  apply({}, {remove_pin(pin_of(manifest.cid, "manifest"))});
  EXPECT_FALSE(kept(leaf.cid));
  EXPECT_FALSE(kept(manifest.cid));
}

TEST_P(PinningContract, FollowsLinksInsideIdentityCids) {
  auto leaf = raw_block("leaf");
  auto small = parent_block("i", {leaf.cid});
  auto inline_cid = Cid::v1(Codec::dag_cbor, base::unwrap(ipld::hash(ipld::HashCode::identity, small.data.view())));
  auto root = parent_block("root", {inline_cid});
  apply({leaf, root}, {add_pin(pin_of(root.cid, "a")), add_pin(pin_of(inline_cid, "b"))});
  apply({}, {remove_pin(pin_of(root.cid, "a"))});
  EXPECT_TRUE(kept(leaf.cid));
  apply({}, {remove_pin(pin_of(inline_cid, "b"))});
  EXPECT_FALSE(kept(leaf.cid));
}

TEST_P(PinningContract, ListsPinsByNameAndCid) {
  std::vector<Block> blocks;
  std::vector<PinChange> changes;
  std::vector<storage::Pin> wanted;
  std::vector<std::string> names{"",     std::string("a\0b", 3), "a", "ab", "context/1", "context/2", "z\xc3\xa9",
                                 "\x01", std::string(1024, 'n')};
  for (int i = 0; i < 3; ++i) blocks.push_back(raw_block("b" + std::to_string(i)));
  for (const auto& name : names) {
    for (const auto& block : blocks) wanted.push_back(pin_of(block.cid, name));
  }
  for (const auto& pin : wanted) changes.push_back(add_pin(pin));
  apply(blocks, changes);
  std::ranges::sort(wanted, [](const storage::Pin& a, const storage::Pin& b) {
    return std::tie(a.name, a.cid) < std::tie(b.name, b.cid);
  });
  for (std::size_t page : {1u, 4u, 100u}) EXPECT_EQ(all_pins("", page), wanted) << page;
  EXPECT_EQ(all_pins("context/").size(), 6u);
  EXPECT_EQ(all_pins("a").size(), 9u);
  EXPECT_EQ(all_pins(std::string("a\0", 2)).size(), 3u);
  EXPECT_TRUE(all_pins("context/3").empty());
  auto too_long = batch_of({}, {add_pin(pin_of(blocks[0].cid, std::string(1025, 'n')))});
  EXPECT_EQ(error_of(env, pinning().apply(too_long)), Errc::invalid_argument);
}

TEST_P(PinningContract, TellsHistory) {
  auto a = raw_block("a"), b = raw_block("b");
  EXPECT_EQ(run(env, pinning().pin_history(0)).value().changes, std::vector<PinChange>{});
  auto first = apply({a}, {add_pin(pin_of(a.cid, "n"))});
  auto second = apply({b}, {add_pin(pin_of(b.cid, "n")), remove_pin(pin_of(a.cid, "n"))});
  EXPECT_GT(first, 0u);
  EXPECT_GT(second, first);
  EXPECT_EQ(pinning().position(), second);
  auto all = run(env, pinning().pin_history(0)).value();
  EXPECT_EQ(all.upto, second);
  EXPECT_EQ(all.changes,
            (std::vector{add_pin(pin_of(a.cid, "n")), add_pin(pin_of(b.cid, "n")), remove_pin(pin_of(a.cid, "n"))}));
  auto later = run(env, pinning().pin_history(first)).value();
  EXPECT_EQ(later.changes, (std::vector{add_pin(pin_of(b.cid, "n")), remove_pin(pin_of(a.cid, "n"))}));
  EXPECT_TRUE(run(env, pinning().pin_history(second)).value().changes.empty());
  EXPECT_FALSE(run(env, pinning().pin_history(second + 1)));
}

TEST_P(PinningContract, CollectsWhatNobodyKeeps) {
  auto leaf = raw_block("leaf"), garbage = raw_block(1000, 1);
  auto root = parent_block("root", {leaf.cid});
  auto dropped = parent_block("dropped", {leaf.cid});
  apply({leaf, root, garbage, dropped}, {add_pin(pin_of(root.cid)), add_pin(pin_of(dropped.cid))});
  apply({}, {remove_pin(pin_of(dropped.cid))});
  auto report = collect();
  EXPECT_EQ(report.blocks_removed, 2u);
  EXPECT_EQ(report.bytes_removed, garbage.data.size() + dropped.data.size());
  EXPECT_FALSE(has(garbage.cid));
  EXPECT_FALSE(has(dropped.cid));
  EXPECT_EQ(get(leaf.cid), base::to_bytes(leaf.data.view()));
  EXPECT_EQ(get(root.cid), base::to_bytes(root.data.view()));
  EXPECT_EQ(collect().blocks_removed, 0u);
  put({garbage});
  EXPECT_EQ(get(garbage.cid), base::to_bytes(garbage.data.view()));
}

TEST_P(PinningContract, LeaseKeepsWhatItTouched) {
  auto stored = raw_block("stored"), found = raw_block("found"), read = raw_block("read"), again = raw_block("again"),
       untouched = raw_block("untouched");
  put({found, read, again, untouched});
  {
    auto lease = pinning().lease();
    put({stored, again});
    EXPECT_TRUE(has(found.cid));
    EXPECT_TRUE(get(read.cid).has_value());
    EXPECT_EQ(collect().blocks_removed, 1u);
    auto inner = pinning().lease();
    lease.reset();
    EXPECT_TRUE(has(found.cid));
    EXPECT_EQ(collect().blocks_removed, 3u);
    EXPECT_TRUE(has(found.cid));
  }
  EXPECT_EQ(collect().blocks_removed, 1u);
  EXPECT_TRUE(list_all(env, *store).empty());
}

TEST_P(PinningContract, KeepsPinsAcrossReopening) {
  if (!store->capabilities().durable) GTEST_SKIP() << "not durable";
  auto leaf = raw_block("leaf");
  auto root = parent_block("root", {leaf.cid});
  auto position = apply({leaf, root}, {add_pin(pin_of(root.cid, "n"))});
  reopen();
  EXPECT_EQ(pinning().position(), position);
  EXPECT_TRUE(kept(leaf.cid));
  EXPECT_EQ(all_pins(), std::vector{pin_of(root.cid, "n")});
}

/// Random histories against a model that knows only pins and links.
TEST_P(PinningContract, AgreesWithAModel) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    if (seed > 1) {
      run(env, store->close());
      store = run(env, GetParam().open(env, directory / ("store" + std::to_string(seed))));
    }
    std::mt19937_64 random(seed);
    auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    std::map<Cid, std::vector<Cid>> links;
    std::vector<Block> made;
    std::set<std::pair<std::string, Cid>> pins;
    std::set<Cid> here;
    auto reach = [&](Cid root, std::set<Cid>& into) {
      std::vector<Cid> todo{root};
      while (!todo.empty()) {
        auto cid = todo.back();
        todo.pop_back();
        if (into.insert(cid).second) todo.insert(todo.end(), links[cid].begin(), links[cid].end());
      }
    };
    for (int step = 0; step < 150; ++step) {
      std::vector<Block> blocks;
      std::vector<PinChange> changes;
      if (below(3) != 0) {
        std::vector<Cid> children;
        for (auto n = below(4); n > 0 && !made.empty(); --n) children.push_back(made[below(made.size())].cid);
        auto block = parent_block("n" + std::to_string(step), children);
        links[block.cid] = children;
        made.push_back(block);
        blocks.push_back(block);
      }
      if (below(2) == 0 && !made.empty()) {
        changes.push_back(add_pin(pin_of(made[below(made.size())].cid, below(2) ? "x" : "y")));
      }
      if (below(3) == 0 && !pins.empty()) {
        auto victim = std::next(pins.begin(), static_cast<std::ptrdiff_t>(below(pins.size())));
        changes.push_back(remove_pin(pin_of(victim->second, victim->first)));
      }
      auto next_here = here;
      auto next_pins = pins;
      for (const auto& block : blocks) next_here.insert(block.cid);
      bool possible = true;
      for (const auto& change : changes) {
        std::pair key(change.pin.name, change.pin.cid);
        if (change.kind == PinChange::Kind::remove) {
          next_pins.erase(key);
          continue;
        }
        std::set<Cid> needed;
        reach(change.pin.cid, needed);
        possible = possible && std::ranges::includes(next_here, needed);
        next_pins.insert(key);
      }
      auto error = error_of(env, pinning().apply(batch_of(blocks, changes)));
      ASSERT_EQ(error.has_value(), !possible) << "seed " << seed << " step " << step;
      if (possible) {
        here = std::move(next_here);
        pins = std::move(next_pins);
      }
      if (below(20) == 0) {
        std::set<Cid> live;
        for (const auto& pin : pins) reach(pin.second, live);
        auto garbage = here.size() - live.size();
        ASSERT_EQ(collect().blocks_removed, garbage) << "seed " << seed << " step " << step;
        here = live;
      }
    }
    std::set<Cid> live;
    for (const auto& pin : pins) reach(pin.second, live);
    for (const auto& block : made) {
      ASSERT_EQ(has(block.cid), here.contains(block.cid));
      if (here.contains(block.cid)) ASSERT_EQ(kept(block.cid), live.contains(block.cid));
    }
    ASSERT_EQ(all_pins().size(), pins.size());
  }
}

}  // namespace openmcp::test
