// LocalStore in a simulated world whose disk tears, forgets, fails and fills up, against a model of what was promised.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "base/log.hpp"
#include "base/sim_env.hpp"
#include "base/sync.hpp"
#include "ipld/codec.hpp"
#include "storage/local_store.hpp"
#include "storage/memory_index.hpp"

namespace openmcp::test {
namespace {

using base::Errc;
using base::Task;
using ipld::Block;
using ipld::Cid;
using ipld::Codec;
using storage::LocalStore;
using storage::PinChange;

struct Faults {
  base::DiskFaults disk;  ///< while writers run; without the crash
  bool power = true;      ///< rounds end with a loss of power; otherwise by a kill
  bool collects = false;  ///< garbage is collected beside the writers
  bool promises = true;   ///< the disk keeps what it synced: nothing acknowledged may be lost
  bool fills_up = false;
  bool large = false;  ///< most groups are written as large ones are
};

/// What was asked of the store and what it promised.
struct Model {
  struct Slot {
    Cid root;
    std::set<bool> possible{false};  ///< whether the pin is there
  };
  std::map<std::string, Slot> pins;  ///< by name; each name is used for one root
  std::map<Cid, Block> blocks;
  std::map<Cid, std::vector<Cid>> links;
  std::set<Cid> promised;  ///< synced and not removed
  storage::Position position = 0;

  void reach(Cid root, std::set<Cid>& into) const {
    std::vector<Cid> todo{root};
    while (!todo.empty()) {
      auto cid = todo.back();
      todo.pop_back();
      if (!into.insert(cid).second) continue;
      if (auto found = links.find(cid); found != links.end()) {
        todo.insert(todo.end(), found->second.begin(), found->second.end());
      }
    }
  }
};

class History {
public:
  History(std::uint64_t seed, Faults faults)
      : world_(seed), env_(world_.node("a")), disk_(world_.disk("a")), faults_(faults) {}

  std::uint64_t run() {
    for (round_ = 0; round_ < 4; ++round_) {
      bool died = false;
      try {
        world_.run(one_round());
      } catch (const base::PowerLoss&) {
        died = true;
      }
      store_.reset();
      // Coroutines of the dead process meet the dead disk and end.
      if (!died) disk_.set_faults(with_crash_now());
      world_.settle();
      bool power = faults_.power && choose("power", 4) != 0;
      if (power) {
        disk_.crash();
        index_->crash(choose("index", index_->unsynced() + 1));
      } else {
        disk_.kill();
      }
      disk_.set_faults({});
    }
    faults_.disk = {};
    world_.run(last_look());
    return world_.trace_hash();
  }

private:
  std::uint64_t choose(std::string_view label, std::uint64_t below) { return world_.choose(label, below); }

  base::DiskFaults with_crash_now() {
    base::DiskFaults faults;
    faults.crash_after_writes = 1;
    return faults;
  }

  storage::LocalStoreOptions options() {
    storage::LocalStoreOptions options;
    options.path = "/store";
    options.segment_bytes = 6000;
    options.flush_bytes = 3000;
    options.mapped_bytes = 20'000;
    options.compact_below = 0.7;
    if (faults_.large) options.large = {.from = 300, .pieces = 40};
    options.index = index_;
    return options;
  }

  Task<void> open() {
    // The process may die while it recovers, and reading may fail: then it is started again.
    for (int attempt = 0;; ++attempt) {
      std::optional<base::Error> problem;
      try {
        store_ = co_await LocalStore::open(env_, options());
        co_return;
      } catch (const base::Error& error) {
        problem = error;
      }
      bool transient = problem->code() == Errc::io || problem->code() == Errc::no_space;
      if (attempt == 50 || !transient) throw *problem;
      if (attempt == 49) disk_.set_faults({});
    }
  }

  Task<void> one_round() {
    co_await open();
    co_await check();
    if (testing::Test::HasFailure()) co_return;
    auto faults = faults_.disk;
    if (choose("crash?", 8) != 0) faults.crash_after_writes = static_cast<std::int64_t>(1 + choose("when", 150));
    if (faults_.fills_up) faults.capacity = 5000 + choose("capacity", 30'000);
    disk_.set_faults(faults);
    base::TaskGroup group(env_);
    for (int i = 0; i < 3; ++i) group.spawn(writer(i));
    group.spawn(keeper());
    co_await group.join();
    if (faults_.fills_up) {
      disk_.set_faults({});
      group.spawn(writer(3));
      co_await group.join();
    }
    if (choose("close", 2) != 0) co_return;
    try {
      co_await store_->close();
    } catch (const base::Error& error) {
      EXPECT_TRUE(error.code() == Errc::io || error.code() == Errc::no_space) << error.message() << where();
    }
  }

  Block leaf() {
    base::Bytes bytes(choose("size", 4) == 0 ? choose("large", 3000) : choose("small", 100));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(choose("byte", 256));
    auto block = ipld::make_block(Codec::raw, base::SharedBytes(std::move(bytes)));
    model_.blocks.emplace(block.cid, block);
    return block;
  }

  Block parent(const std::vector<Cid>& children) {
    ipld::List list;
    list.emplace_back(static_cast<std::int64_t>(++serial_));
    for (const auto& child : children) list.emplace_back(child);
    auto block = base::unwrap(ipld::encode_block(Codec::dag_cbor, ipld::Node(std::move(list))));
    model_.blocks.emplace(block.cid, block);
    model_.links[block.cid] = children;
    return block;
  }

  /// One client: each of its requests follows the outcome of the one before.
  Task<void> writer(int number) {
    std::vector<std::string> mine;                     // names that are pinned for sure
    std::vector<std::pair<std::string, bool>> unsure;  // of failed requests, and how it was before
    std::vector<Cid> loose;                            // buffered, not promised
    for (int step = 0; step < 14; ++step) {
      std::optional<std::pair<std::string, bool>> touched;
      bool promised = false;
      try {
        switch (choose("step", 8)) {
          case 0:
          case 1:
          case 2: {  // a DAG and its pin
            auto name = "w" + std::to_string(number) + "/" + std::to_string(++serial_);
            storage::Batch batch;
            std::vector<Cid> children;
            for (auto n = choose("leaves", 4); n > 0; --n) {
              batch.blocks.push_back(leaf());
              children.push_back(batch.blocks.back().cid);
            }
            if (!mine.empty() && choose("share", 2) == 0) {
              children.push_back(model_.pins.at(mine[choose("which", mine.size())]).root);
            }
            batch.blocks.push_back(parent(children));
            auto& slot = model_.pins[name];
            slot.root = batch.blocks.back().cid;
            batch.pins.push_back({PinChange::Kind::add, pin(slot.root, name)});
            slot.possible = {false, true};
            touched.emplace(name, false);
            std::set<Cid> whole;
            for (const auto& block : batch.blocks) whole.insert(block.cid);
            auto position = co_await store_->apply(std::move(batch));
            expect_growth(position);
            model_.pins[name].possible = {true};
            model_.promised.insert(whole.begin(), whole.end());
            mine.push_back(name);
            promised = true;
            break;
          }
          case 3: {  // a pin goes
            if (mine.empty()) break;
            auto at = choose("which", mine.size());
            auto name = mine[at];
            storage::Batch batch;
            batch.pins.push_back({PinChange::Kind::remove, pin(model_.pins.at(name).root, name)});
            model_.pins[name].possible = {false, true};
            mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(at));
            touched.emplace(name, true);
            auto position = co_await store_->apply(std::move(batch));
            expect_growth(position);
            model_.pins[name].possible = {false};
            promised = true;
            break;
          }
          case 4: {  // blocks, durable
            std::vector<Block> blocks{leaf(), leaf()};
            auto cids = blocks;
            co_await store_->store(std::move(blocks), storage::Durability::synced);
            for (const auto& block : cids) model_.promised.insert(block.cid);
            promised = true;
            break;
          }
          case 5: {
            std::vector<Block> blocks{leaf()};
            auto cid = blocks[0].cid;
            co_await store_->store(std::move(blocks), storage::Durability::buffered);
            loose.push_back(cid);
            break;
          }
          case 6: {
            auto synced = loose;
            co_await store_->sync();
            model_.promised.insert(synced.begin(), synced.end());
            loose.clear();
            promised = true;
            break;
          }
          default: {  // something that does nothing, and a read
            storage::Batch batch;
            batch.pins.push_back({PinChange::Kind::remove, pin(Cid(), "nobody has this name")});
            co_await store_->apply(std::move(batch));
            promised = true;
            if (model_.blocks.empty()) break;
            auto at =
                std::next(model_.blocks.begin(), static_cast<std::ptrdiff_t>(choose("read", model_.blocks.size())));
            auto cid = at->first;
            auto bytes = co_await store_->retrieve(cid);
            if (bytes) EXPECT_TRUE(base::equal(*bytes, model_.blocks.at(cid).data)) << "wrong bytes" << where();
          }
        }
      } catch (const base::Error& error) {
        if (touched) unsure.push_back(*touched);
        EXPECT_NE(error.code(), Errc::internal) << error.message() << where();
        EXPECT_NE(error.code(), Errc::conflict) << error.message() << where();
        if (faults_.promises) {
          EXPECT_TRUE(error.code() == Errc::io || error.code() == Errc::no_space) << error.message() << where();
        }
      }
      if (!promised) continue;
      // Something later was promised: what failed before it must never come to light.
      for (const auto& [name, present] : unsure) {
        model_.pins[name].possible = {present};
        if (present) mine.push_back(name);
      }
      unsure.clear();
    }
  }

  void expect_growth(storage::Position position) {
    model_.position = std::max(model_.position, position);
    EXPECT_LE(position, store_->position()) << where();
  }

  /// Collects and verifies beside the writers.
  Task<void> keeper() {
    for (int step = 0; step < 3; ++step) {
      co_await env_.sleep(std::chrono::microseconds(choose("pause", 20'000)));
      try {
        if (faults_.collects) co_await store_->collect(nullptr);
        if (choose("verify", 4) != 0) continue;
        auto report = co_await store_->verify({});
        if (strict())
          EXPECT_TRUE(report.clean()) << report.damage[0].what << " in " << report.damage[0].segment << " at "
                                      << report.damage[0].offset << where();
      } catch (const base::Error& error) {
        EXPECT_NE(error.code(), Errc::internal) << error.message() << where();
      }
    }
  }

  static storage::Pin pin(const Cid& cid, const std::string& name) {
    storage::Pin pin;
    pin.cid = cid;
    pin.name = name;
    return pin;
  }
  bool strict() const { return faults_.promises && faults_.disk.read_error == 0; }
  std::string where() const {
    return " (seed " + std::to_string(world_.seed()) + ", round " + std::to_string(round_) + ")";
  }

  Task<std::vector<storage::Pin>> all_pins() {
    std::vector<storage::Pin> all;
    for (std::string cursor;;) {
      auto page = co_await store_->pins("", cursor, 50);
      all.insert(all.end(), page.pins.begin(), page.pins.end());
      if (page.next.empty()) co_return all;
      cursor = page.next;
    }
  }

  /// The store as it was found against the model; what was unsure is known then.
  Task<void> check() {
    std::map<std::string, Cid> found;
    auto pins = co_await all_pins();
    for (const auto& each : pins) found.emplace(each.name, each.cid);
    for (const auto& [name, cid] : found) {
      EXPECT_TRUE(model_.pins.contains(name) && model_.pins.at(name).root == cid) << name << where();
    }
    std::set<Cid> live;
    for (auto& [name, slot] : model_.pins) {
      bool here = found.contains(name);
      if (faults_.promises) EXPECT_TRUE(slot.possible.contains(here)) << name << " is " << here << where();
      slot.possible = {here};
      if (here) model_.reach(slot.root, live);
    }
    std::set<Cid> lost;
    for (const auto& [cid, block] : model_.blocks) {
      std::optional<base::SharedBytes> bytes;
      std::string problem;
      try {
        bytes = co_await store_->retrieve(cid);
      } catch (const base::Error& error) {
        problem = error.message();
      }
      bool wanted = live.contains(cid) || (!faults_.collects && model_.promised.contains(cid));
      if (faults_.promises) EXPECT_EQ(problem, "") << where();
      if (faults_.promises && wanted) EXPECT_TRUE(bytes.has_value()) << cid.text() << where();
      if (bytes) EXPECT_TRUE(base::equal(*bytes, block.data)) << "wrong bytes" << where();
      if (!bytes) lost.insert(cid);
      if (!faults_.promises) continue;
      bool kept = co_await store_->kept(cid);
      EXPECT_EQ(kept, live.contains(cid)) << cid.text() << where();
    }
    for (const auto& cid : lost) model_.promised.erase(cid);
    auto stats = co_await store_->stats();
    EXPECT_EQ(stats.pins, found.size()) << where();
    std::uint64_t listed = 0;
    for (std::string cursor;;) {
      auto page = co_await store_->list(cursor, 50);
      listed += page.cids.size();
      for (const auto& cid : page.cids) EXPECT_TRUE(model_.blocks.contains(cid)) << where();
      cursor = page.next;
      if (cursor.empty()) break;
    }
    EXPECT_EQ(stats.blocks, listed) << where();
    if (faults_.promises) {
      EXPECT_LE(stats.live_bytes, stats.disk_bytes) << where();
      EXPECT_GE(store_->position(), model_.position) << where();
      auto report = co_await store_->verify({});
      EXPECT_TRUE(report.clean()) << report.damage[0].what << " in " << report.damage[0].segment << " at "
                                  << report.damage[0].offset << where();
      auto history = co_await store_->pin_history(0);
      if (!faults_.collects) EXPECT_TRUE(history.has_value()) << where();
      if (history) {
        std::map<std::string, Cid> folded;
        for (const auto& change : history->changes) {
          if (change.kind == PinChange::Kind::add) {
            folded.emplace(change.pin.name, change.pin.cid);
          } else {
            folded.erase(change.pin.name);
          }
        }
        EXPECT_EQ(folded, found) << where();
      }
    }
    model_.position = store_->position();
    // What the segments alone say is the same.
    if (rebuilt_ != round_ && choose("rebuild", 3) == 0) {
      rebuilt_ = round_;
      co_await store_->rebuild_index(nullptr);
      auto again = co_await store_->stats();
      if (faults_.promises) {
        EXPECT_EQ(again.blocks, stats.blocks) << where();
        EXPECT_EQ(again.bytes, stats.bytes) << where();
        EXPECT_EQ(again.pins, stats.pins) << where();
      }
      co_await check();
    }
  }

  Task<void> last_look() {
    co_await open();
    co_await check();
    co_await store_->close();
    store_.reset();
  }

  base::SimWorld world_;
  base::Env& env_;
  base::SimDisk& disk_;
  Faults faults_;
  Model model_;
  std::shared_ptr<storage::MemoryIndex> index_ = std::make_shared<storage::MemoryIndex>(true);
  std::unique_ptr<LocalStore> store_;
  int round_ = 0;
  int rebuilt_ = -1;
  std::uint64_t serial_ = 0;
};

std::uint64_t seeds(std::uint64_t quick) {
  if (const char* one = std::getenv("OPENMCP_SEED"); one && *one) return 0;
  const char* wanted = std::getenv("OPENMCP_LONG");
  return wanted && *wanted ? 1000 : quick;
}

void run_seeds(Faults faults, std::uint64_t quick) {
  base::set_log_level(base::LogLevel::off);
  if (const char* one = std::getenv("OPENMCP_SEED"); one && *one) {
    base::set_log_level(base::LogLevel::debug);
    History(std::strtoull(one, nullptr, 10), faults).run();
    return;
  }
  for (std::uint64_t seed = 1; seed <= seeds(quick) && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("OPENMCP_SEED=" + std::to_string(seed));
    auto hash = History(seed, faults).run();
    if (seed % 20 == 0) EXPECT_EQ(History(seed, faults).run(), hash) << "the same seed gave another run";
  }
}

TEST(StorageCrash, PowerLossLosesNothingPromised) { run_seeds({}, 100); }

TEST(StorageCrash, CollectionBesideWriters) {
  Faults faults;
  faults.collects = true;
  run_seeds(faults, 60);
}

TEST(StorageCrash, FailingDisk) {
  Faults faults;
  faults.disk.write_error = 0.03;
  faults.disk.sync_error = 0.05;
  run_seeds(faults, 60);
}

TEST(StorageCrash, FailingDiskWithCollection) {
  Faults faults;
  faults.disk.write_error = 0.03;
  faults.disk.sync_error = 0.05;
  faults.disk.read_error = 0.01;
  faults.collects = true;
  run_seeds(faults, 40);
}

TEST(StorageCrash, FullDisk) {
  Faults faults;
  faults.fills_up = true;
  faults.collects = true;
  run_seeds(faults, 40);
}

TEST(StorageCrash, LargeGroups) {
  Faults faults;
  faults.large = true;
  run_seeds(faults, 60);
  faults.disk.write_error = 0.03;
  faults.disk.sync_error = 0.05;
  faults.collects = true;
  run_seeds(faults, 40);
  faults.disk = {};
  faults.fills_up = true;
  run_seeds(faults, 40);
}

TEST(StorageCrash, LostSyncsNeverBecomeWrongData) {
  Faults faults;
  faults.disk.lost_sync = 0.2;
  faults.promises = false;
  faults.collects = true;
  run_seeds(faults, 60);
}

TEST(StorageCrash, BitRotNeverBecomesWrongData) {
  Faults faults;
  faults.disk.bit_rot = 0.01;
  faults.promises = false;
  run_seeds(faults, 60);
}

}  // namespace
}  // namespace openmcp::test
