// Pin requests over a LocalStore whose power goes at any moment: what was acknowledged is known and pinned, what was
// removed stays removed, and no pin is left of a request that nobody has.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "api/pinning/pin_service.hpp"
#include "base/log.hpp"
#include "base/sim_env.hpp"
#include "storage/local_store.hpp"
#include "storage/memory_index.hpp"

namespace openmcp::api::pinning {
namespace {

using base::Errc;
using base::Task;

class History {
public:
  explicit History(std::uint64_t seed) : world_(seed), env_(world_.node("a")), disk_(world_.disk("a")) {}

  std::uint64_t run() {
    env_.disk().make_directories("/home");
    env_.disk().sync_directory("/");
    for (int round = 0; round < 4 && !testing::Test::HasFailure(); ++round) {
      try {
        world_.run(one_round());
      } catch (const base::PowerLoss&) {
        // Expected.
      }
      pins_.reset();
      store_.reset();
      disk_.set_faults({.crash_after_writes = 1});
      world_.settle();
      disk_.crash();
      index_->crash(world_.choose("index", index_->unsynced() + 1));
      disk_.set_faults({});
      world_.run(look());
    }
    return world_.trace_hash();
  }

private:
  struct Known {
    ipld::Cid cid;
    enum class State { kept, doubtful, removed } state = State::kept;
  };

  std::string where() const { return " (seed " + std::to_string(world_.seed()) + ")"; }

  Task<void> open() {
    storage::LocalStoreOptions options;
    options.path = "/home/store";
    options.segment_bytes = 40'000;
    options.index = index_;
    store_ = co_await storage::LocalStore::open(env_, options);
    pins_ = std::make_unique<PinService>(env_, *store_, "/home/pinsvc");
  }

  Task<void> one_round() {
    co_await open();
    disk_.set_faults({.crash_after_writes = static_cast<std::int64_t>(1 + world_.choose("when", 80))});
    for (int step = 0; step < 12; ++step) {
      auto text = "block " + std::to_string(++serial_);
      auto block = ipld::make_block(ipld::Codec::raw, base::SharedBytes(base::to_bytes(text)));
      if (world_.choose("remove", 4) == 0 && !known_.empty()) {
        auto chosen = known_.begin();
        std::advance(chosen, world_.choose("which", known_.size()));
        if (chosen->second.state == Known::State::removed) continue;
        chosen->second.state = Known::State::doubtful;
        co_await pins_->remove(chosen->first);
        chosen->second.state = Known::State::removed;
        continue;
      }
      bool here = world_.choose("here", 3) != 0;
      if (here) {
        co_await store_->store(block);
        blocks_.insert(block.cid);
      }
      Pin pin;
      pin.cid = block.cid;
      pin.cid_text = block.cid.text();
      auto state = co_await pins_->add(std::move(pin));
      EXPECT_EQ(state.status, here ? Status::pinned : Status::queued) << where();
      known_[state.request.id] = {block.cid, Known::State::kept};
    }
  }

  Task<void> look() {
    co_await open();
    co_await pins_->catch_up();
    std::set<std::string> present;
    for (auto& [id, known] : known_) {
      std::optional<PinState> state;
      try {
        state = co_await pins_->get(id);
      } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), Errc::not_found) << where();
      }
      if (known.state == Known::State::doubtful) known.state = state ? Known::State::kept : Known::State::removed;
      EXPECT_EQ(state.has_value(), known.state == Known::State::kept) << id << where();
      if (!state) continue;
      bool here = blocks_.contains(known.cid);
      EXPECT_EQ(state->status, here ? Status::pinned : Status::queued) << id << where();
    }
    Filter all;
    all.statuses.clear();
    all.limit = 1000;
    auto page = co_await pins_->list(all);
    for (auto& state : page.results) {
      present.insert("pinsvc/" + state.request.id);
      // One that was made when the power went: nobody was told, it counts from now on.
      known_.try_emplace(state.request.id, Known{state.request.pin.cid, Known::State::kept});
    }
    auto kept = co_await store_->pins("", "", 1000);
    for (auto& pin : kept.pins) EXPECT_TRUE(present.contains(pin.name)) << pin.name << " has no request" << where();
    pins_.reset();
    co_await store_->close();
    store_.reset();
  }

  base::SimWorld world_;
  base::Env& env_;
  base::SimDisk& disk_;
  std::shared_ptr<storage::MemoryIndex> index_ = std::make_shared<storage::MemoryIndex>(true);
  std::unique_ptr<storage::LocalStore> store_;
  std::unique_ptr<PinService> pins_;
  std::map<std::string, Known> known_;
  std::set<ipld::Cid> blocks_;  ///< acknowledged
  std::uint64_t serial_ = 0;
};

TEST(PinningCrash, RequestsThatWereAcknowledgedAreKept) {
  base::set_log_level(base::LogLevel::off);
  const char *one = std::getenv("OPENMCP_SEED"), *wanted = std::getenv("OPENMCP_LONG");
  if (one && *one) History(std::strtoull(one, nullptr, 10)).run();
  const std::uint64_t seeds = one && *one ? 0 : wanted && *wanted ? 2000 : 150;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    auto hash = History(seed).run();
    if (seed % 20 == 0) EXPECT_EQ(History(seed).run(), hash) << "the same seed gave another run";
  }
  base::set_log_level(base::LogLevel::warn);
}

}  // namespace
}  // namespace openmcp::api::pinning
