// What LocalStore does about torn tails, flipped bits and lost files. On a simulated disk, so that every byte can be
// tried.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/log.hpp"
#include "base/sim_env.hpp"
#include "storage/ledger.hpp"
#include "storage/local_store.hpp"
#include "storage/memory_index.hpp"
#include "storage/memory_store.hpp"
#include "support/blocks.hpp"

namespace openmcp::test {
namespace {

using storage::LocalStore;
using storage::MemoryIndex;

using Files = std::map<std::string, base::Bytes>;

class Damage : public ::testing::Test {
protected:
  void SetUp() override {
    level_ = base::log_level();
    base::set_log_level(base::LogLevel::off);
  }
  void TearDown() override { base::set_log_level(level_); }

  template <class T>
  T run(Task<T> task) {
    if constexpr (std::is_void_v<T>) {
      world.run(std::move(task));
    } else {
      std::optional<T> value;
      auto wrapper = [](Task<T> inner, std::optional<T>& out) -> Task<void> { out.emplace(co_await std::move(inner)); };
      world.run(wrapper(std::move(task), value));
      return std::move(*value);
    }
  }
  std::optional<Errc> error_of(Task<std::optional<base::SharedBytes>> work, std::string* message = nullptr) {
    try {
      run(std::move(work));
    } catch (const base::Error& error) {
      if (message) *message = error.message() + " / " + error.hint();
      return error.code();
    }
    return std::nullopt;
  }

  std::unique_ptr<LocalStore> open(std::shared_ptr<MemoryIndex> with, std::uint64_t segment_bytes = 1 << 20) {
    storage::LocalStoreOptions options;
    options.path = "/store";
    options.index = std::move(with);
    options.segment_bytes = segment_bytes;
    return run(LocalStore::open(env, std::move(options)));
  }
  void close(std::unique_ptr<LocalStore> store) { run(store->close()); }

  Files files() {
    Files all;
    for (const auto& entry : env.disk().list("/store/packs")) {
      all[entry.name] = base::read_file(env.disk(), "/store/packs/" + entry.name);
    }
    return all;
  }
  /// Makes the segments as given.
  void put(const Files& wanted) {
    for (const auto& entry : env.disk().list("/store/packs")) {
      if (!wanted.contains(entry.name)) env.disk().remove("/store/packs/" + entry.name);
    }
    for (const auto& [name, bytes] : wanted) {
      auto file = env.disk().open("/store/packs/" + name, base::OpenMode::create);
      file->truncate(0);
      file->write_at(0, base::BytesView(bytes));
      file->sync();
    }
    env.disk().sync_directory("/store/packs");
  }
  static std::shared_ptr<MemoryIndex> copy_of(const MemoryIndex& index) {
    auto copy = std::make_shared<MemoryIndex>();
    storage::IndexBatch rows;
    for (auto& [key, row] : index.scan("", "", SIZE_MAX)) rows.emplace(key, row);
    copy->write(rows);
    return copy;
  }
  /// Everything a user can see, as text.
  std::string contents(LocalStore& store) {
    std::string all;
    for (std::string cursor;;) {
      auto page = run(store.list(cursor, 100));
      for (const auto& cid : page.cids) {
        all += cid.text() + (run(store.kept(cid)) ? " kept " : " loose ") +
               std::to_string(run(store.retrieve(cid)).value().size()) + "\n";
      }
      if ((cursor = page.next).empty()) break;
    }
    for (std::string cursor;;) {
      auto page = run(store.pins("", cursor, 100));
      for (const auto& pin : page.pins) {
        all += pin.name + " " + pin.cid.text() + (pin.mode == PinMode::direct ? " direct\n" : " recursive\n");
      }
      if ((cursor = page.next).empty()) break;
    }
    return all;
  }

  base::SimWorld world{1};
  base::Env& env = world.node("a");
  std::shared_ptr<MemoryIndex> index = std::make_shared<MemoryIndex>();

private:
  base::LogLevel level_{};
};

TEST_F(Damage, TailTornAtEveryByteLosesOnlyTheLastBatchAndThatWhole) {
  auto store = open(index);
  auto first = raw_block("first");
  run(store->apply(batch_of({first}, {add_pin(pin_of(first.cid, "one"))})));
  auto before = contents(*store);
  auto index_before = copy_of(*index);
  auto a = raw_block("a"), b = raw_block(100, 1);
  auto root = parent_block("root", {a.cid, b.cid});
  close(std::move(store));
  auto start = files().at("00000001.pack").size();
  store = open(index);
  run(store->apply(batch_of({a, b, root}, {add_pin(pin_of(root.cid, "two")), remove_pin(pin_of(first.cid, "one"))})));
  auto after = contents(*store);
  close(std::move(store));
  auto whole = files();
  auto end = whole.at("00000001.pack").size();
  ASSERT_GT(end, start + 300);
  for (auto size = start; size <= end; ++size) {
    for (bool zeros : {false, true}) {
      auto torn = whole;
      torn["00000001.pack"].resize(size);
      if (zeros) torn["00000001.pack"].resize(end + 1000);  // zeros written ahead
      bool sound = torn["00000001.pack"].size() >= end &&
                   std::ranges::equal(whole["00000001.pack"], base::BytesView(torn["00000001.pack"]).first(end));
      put(torn);
      // With an index that ends before the batch, and with none.
      for (auto& known : {copy_of(*index_before), std::make_shared<MemoryIndex>()}) {
        auto again = open(known);
        ASSERT_EQ(contents(*again), sound ? after : before) << size << " of " << end << (zeros ? " and zeros" : "");
        ASSERT_TRUE(run(again->verify({})).clean());
        // It can be written again and found again.
        run(again->apply(
            batch_of({a, b, root}, {add_pin(pin_of(root.cid, "two")), remove_pin(pin_of(first.cid, "one"))})));
        ASSERT_EQ(contents(*again), after);
        close(std::move(again));
        put(torn);
      }
    }
  }
}

TEST_F(Damage, BytesOfAnotherTailAfterATornOneStayVoid) {
  // Two batches, the first of them torn in the middle: the second is whole and must not be taken.
  auto store = open(index);
  run(store->apply(batch_of({raw_block("zero")})));
  auto before = contents(*store);
  auto known = copy_of(*index);
  close(std::move(store));
  auto start = files().at("00000001.pack").size();
  store = open(index);
  run(store->store({raw_block(200, 1), raw_block(200, 2), raw_block(200, 3)}, Durability::synced));
  close(std::move(store));
  auto torn = files();
  torn["00000001.pack"][start + 100] ^= 1;
  put(torn);
  store = open(known);
  EXPECT_EQ(contents(*store), before);
  close(std::move(store));
}

TEST_F(Damage, DamageInsideThePromisedTailCutsNothing) {
  // The index knows nothing of three batches; the first of them is damaged, but it was durable before the others were
  // written: those are not a torn tail.
  auto store = open(index);
  auto a = raw_block(200, 1), b = raw_block(200, 2), c = raw_block(200, 3);
  run(store->apply(batch_of({raw_block("zero")})));
  auto known = copy_of(*index);
  close(std::move(store));
  auto start = files().at("00000001.pack").size();
  store = open(index);
  run(store->apply(batch_of({a})));
  run(store->apply(batch_of({b}, {add_pin(pin_of(b.cid, "b"))})));
  run(store->apply(batch_of({c}, {add_pin(pin_of(c.cid, "c"))})));
  close(std::move(store));
  auto damaged = files();
  damaged["00000001.pack"][start + 100] ^= 1;
  put(damaged);
  store = open(known);
  EXPECT_FALSE(run(store->has(a.cid)));
  EXPECT_TRUE(run(store->kept(b.cid)));
  EXPECT_TRUE(run(store->kept(c.cid)));
  EXPECT_EQ(run(store->pins("", "", 10)).pins.size(), 2u);
  EXPECT_FALSE(run(store->verify({})).clean());
  close(std::move(store));
}

TEST_F(Damage, EveryFlippedBitIsDetectedReportedAndHealed) {
  auto other = std::make_unique<storage::MemoryStore>();
  auto store = open(index);
  std::vector<Block> blocks{raw_block("small"), raw_block(300, 1), raw_block("")};
  auto root = parent_block("root", cids_of(blocks));
  blocks.push_back(root);
  auto gone = raw_block("gone");
  run(store->apply(batch_of(blocks, {add_pin(pin_of(root.cid, "root"))})));
  run(store->apply(batch_of({gone}, {add_pin(pin_of(gone.cid, "gone"))})));
  run(store->apply(batch_of({}, {remove_pin(pin_of(gone.cid, "gone"))})));
  run(store->remove({gone.cid}));
  auto healthy = contents(*store);
  close(std::move(store));
  run(other->store(blocks, Durability::synced));
  auto whole = files();
  auto size = whole.at("00000001.pack").size();
  for (std::size_t byte = 0; byte < size; ++byte) {
    SCOPED_TRACE("byte " + std::to_string(byte));
    auto damaged = whole;
    damaged["00000001.pack"][byte] ^= static_cast<std::uint8_t>(1u << byte % 8);
    put(damaged);
    auto known = copy_of(*index);
    store = open(known);
    std::size_t unreadable = 0;
    for (const auto& block : blocks) {
      std::string message;
      auto error = error_of(store->retrieve(block.cid), &message);
      if (!error) {
        ASSERT_TRUE(base::equal(run(store->retrieve(block.cid)).value(), block.data));
        continue;
      }
      ++unreadable;
      ASSERT_EQ(*error, Errc::corrupt);
      ASSERT_NE(message.find(block.cid.text()), std::string::npos) << message;
      ASSERT_NE(message.find("segment 1"), std::string::npos) << message;
      ASSERT_NE(message.find("openmcp verify"), std::string::npos) << message;
    }
    ASSERT_LE(unreadable, 1u);
    auto report = run(store->verify({}));
    ASSERT_EQ(report.damage.size(), 1u);
    ASSERT_LE(report.damage[0].offset, byte);
    ASSERT_GT(report.damage[0].offset + report.damage[0].length, byte);
    if (unreadable > 0) {
      ASSERT_TRUE(report.damage[0].needed);
      ASSERT_TRUE(report.damage[0].cid);
      // With no other copy nothing is made worse.
      auto alone = run(store->repair(nullptr, nullptr));
      ASSERT_EQ(alone.lost.size(), 1u);
      ASSERT_EQ(run(store->verify({})).damage.size(), 1u);
    }
    auto repaired = run(store->repair(other.get(), nullptr));
    ASSERT_GE(repaired.repaired, unreadable);  // padding, too, is written anew
    ASSERT_TRUE(repaired.lost.empty());
    ASSERT_EQ(contents(*store), healthy);
    auto clean = run(store->verify({}));
    ASSERT_TRUE(clean.clean()) << clean.damage[0].what;
    // And the segments alone agree.
    run(store->rebuild_index(nullptr));
    ASSERT_EQ(contents(*store), healthy);
    close(std::move(store));
  }
}

TEST_F(Damage, StoringAgainHealsToo) {
  auto store = open(index);
  auto block = raw_block(300, 1);
  run(store->apply(batch_of({block}, {add_pin(pin_of(block.cid))})));
  close(std::move(store));
  auto damaged = files();
  damaged["00000001.pack"][200] ^= 1;
  put(damaged);
  store = open(index);
  EXPECT_EQ(error_of(store->retrieve(block.cid)), Errc::corrupt);
  run(store->store({block}, Durability::synced));
  EXPECT_TRUE(base::equal(run(store->retrieve(block.cid)).value(), block.data));
  EXPECT_TRUE(run(store->kept(block.cid)));
  close(std::move(store));
}

TEST_F(Damage, ALostSegmentIsNamedAndHealed) {
  storage::MemoryStore other;
  auto store = open(index, 600);
  std::vector<Block> blocks;
  std::vector<PinChange> changes;
  for (std::uint64_t i = 0; i < 12; ++i) {
    blocks.push_back(raw_block(150, i));
    run(store->apply(batch_of({blocks.back()}, {add_pin(pin_of(blocks.back().cid, std::to_string(i)))})));
  }
  run(other.store(blocks, Durability::synced));
  auto healthy = contents(*store);
  close(std::move(store));
  auto all = files();
  ASSERT_GT(all.size(), 3u);
  for (const auto& lost : {std::prev(all.end())->first, std::next(all.begin())->first}) {
    auto fewer = all;
    fewer.erase(lost);
    put(fewer);
    store = open(copy_of(*index), 600);
    std::size_t unreadable = 0, absent = 0;
    for (const auto& block : blocks) {
      auto error = error_of(store->retrieve(block.cid));
      if (error) EXPECT_EQ(*error, Errc::corrupt);
      unreadable += error.has_value();
      absent += !run(store->has(block.cid));
    }
    EXPECT_GT(unreadable, 0u) << lost;
    EXPECT_EQ(absent, unreadable);
    auto report = run(store->verify({}));
    EXPECT_GE(report.damage.size(), unreadable);
    auto repaired = run(store->repair(&other, nullptr));
    EXPECT_EQ(repaired.repaired, unreadable);
    EXPECT_EQ(contents(*store), healthy);
    EXPECT_TRUE(run(store->verify({})).clean());
    run(store->rebuild_index(nullptr));
    EXPECT_EQ(contents(*store), healthy);
    close(std::move(store));
  }
}

TEST_F(Damage, ADamagedIdentityIsReadFromTheSegments) {
  auto store = open(index);
  auto block = raw_block("x");
  run(store->apply(batch_of({block})));
  auto healthy = contents(*store);
  close(std::move(store));
  for (bool missing : {false, true}) {
    if (missing) {
      env.disk().remove("/store/store");
    } else {
      world.disk("a").flip_bit("/store/store", 8 * 30 + 7);
    }
    store = open(index);
    EXPECT_EQ(contents(*store), healthy);
    close(std::move(store));
  }
}

TEST_F(Damage, ANewerFormatIsLeftAlone) {
  auto store = open(index);
  run(store->apply(batch_of({raw_block("x")})));
  close(std::move(store));
  base::write_file_atomic(env.disk(), "/store/store", base::as_bytes("openmcp store 2\nid 00\n"));
  try {
    open(index);
    FAIL() << "opened";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), Errc::unsupported);
  }
}

/// Histories with removals and compaction: segments alone must tell the same as the index, blocks that were removed
/// stay so.
TEST_F(Damage, RebuildAfterAnyHistoryTellsTheSame) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    auto below = [&](std::uint64_t bound) { return random() % bound; };
    for (const auto& entry : env.disk().list("/")) {
      if (entry.name != "store") continue;
      put({});
      env.disk().remove("/store/store");
    }
    index = std::make_shared<MemoryIndex>();
    auto store = open(index, 700);
    std::vector<Block> blocks;
    for (std::uint64_t i = 0; i < 8; ++i) blocks.push_back(raw_block(30 + 20 * i, seed * 100 + i));
    for (int step = 0; step < 60; ++step) {
      const auto& block = blocks[below(blocks.size())];
      switch (below(7)) {
        case 0:
        case 1:
          run(store->apply(batch_of({block}, {add_pin(pin_of(block.cid, std::to_string(below(2))))})));
          break;
        case 2:
        case 3:
          run(store->apply(batch_of({}, {remove_pin(pin_of(block.cid, std::to_string(below(2))))})));
          break;
        case 4:
          run(store->store({block}, below(2) ? Durability::synced : Durability::buffered));
          break;
        case 5:
          try {
            run(store->remove({block.cid}));
          } catch (const base::Error& error) {
            ASSERT_EQ(error.code(), Errc::conflict);
          }
          break;
        default:
          run(store->collect(nullptr));
      }
      if (below(8) != 0) continue;
      auto before = contents(*store);
      auto stats = run(store->stats());
      if (below(2) == 0) {
        run(store->rebuild_index(nullptr));
      } else {
        close(std::move(store));
        index = std::make_shared<MemoryIndex>();
        store = open(index, 700);
      }
      ASSERT_EQ(contents(*store), before);
      auto again = run(store->stats());
      ASSERT_EQ(again.blocks, stats.blocks);
      ASSERT_EQ(again.bytes, stats.bytes);
      ASSERT_EQ(again.pins, stats.pins);
      ASSERT_LE(again.live_bytes, again.disk_bytes);
      ASSERT_TRUE(run(store->verify({})).clean());
    }
    close(std::move(store));
  }
}

TEST_F(Damage, CollectionGivesTheDiskBack) {
  auto store = open(index, 4000);
  std::vector<Block> blocks;
  std::vector<PinChange> off;
  for (std::uint64_t i = 0; i < 40; ++i) {
    blocks.push_back(raw_block(500, i));
    auto pin = pin_of(blocks.back().cid, "n");
    run(store->apply(batch_of({blocks.back()}, {add_pin(pin)})));
    if (i % 10 != 0) off.push_back(remove_pin(pin));
  }
  auto before = run(store->stats());
  run(store->apply(batch_of({}, off)));
  std::uint64_t last = 0;
  auto progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_LE(done, total);
    EXPECT_GE(done, last);
    last = done;
  };
  auto report = run(store->collect(progress));
  EXPECT_EQ(report.blocks_removed, 36u);
  EXPECT_EQ(report.bytes_removed, 36u * 500);
  EXPECT_GT(report.segments_compacted, 3u);
  auto after = run(store->stats());
  EXPECT_EQ(after.blocks, 4u);
  EXPECT_LT(after.live_bytes * 3, before.live_bytes);
  EXPECT_GE(report.bytes_freed, 36u * 500);
  EXPECT_EQ(after.freed_bytes - before.freed_bytes, report.bytes_freed);
  // History does not reach behind what is gone.
  EXPECT_FALSE(run(store->pin_history(0)));
  auto now = store->position();
  run(store->apply(batch_of({}, {remove_pin(pin_of(blocks[0].cid, "n"))})));
  EXPECT_EQ(run(store->pin_history(now)).value().changes, std::vector{remove_pin(pin_of(blocks[0].cid, "n"))});
  close(std::move(store));
}

TEST_F(Damage, GroupCommitSharesSyncs) {
  auto store = open(index);
  run(store->apply(batch_of({raw_block("warm")})));
  auto writes_for = [&](std::uint64_t writers) {
    auto before = world.disk("a").mutations();
    auto all = [&]() -> Task<void> {
      base::TaskGroup group(env);
      auto one = [&](std::uint64_t number) -> Task<void> {
        auto block = raw_block(2000, writers * 1000 + number);
        auto batch = batch_of({block}, {add_pin(pin_of(block.cid))});
        co_await store->apply(std::move(batch));
      };
      for (std::uint64_t number = 0; number < writers; ++number) group.spawn(one(number));
      co_await group.join();
    };
    run(all());
    return world.disk("a").mutations() - before;
  };
  auto alone = writes_for(1), together = writes_for(64);
  EXPECT_LE(together, alone * 4) << "64 writers need hardly more writes and syncs than one";
  close(std::move(store));
}

}  // namespace
}  // namespace openmcp::test
