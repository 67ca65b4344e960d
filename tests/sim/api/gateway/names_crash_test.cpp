// IPNS records on a disk that loses power: the newest one that was acknowledged, or a newer one, is there and valid.
#include <gtest/gtest.h>

#include <cstdlib>

#include "api/gateway/name_store.hpp"
#include "base/log.hpp"
#include "base/sim_env.hpp"
#include "unit/api/gateway/ipns_support.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Task;

class History {
public:
  explicit History(std::uint64_t seed) : world_(seed), env_(world_.node("a")), disk_(world_.disk("a")) {}

  std::uint64_t run() {
    env_.disk().make_directories("/home");
    env_.disk().sync_directory("/");
    for (int round = 0; round < 5 && !testing::Test::HasFailure(); ++round) {
      disk_.set_faults({.crash_after_writes = static_cast<std::int64_t>(1 + world_.choose("when", 40))});
      try {
        world_.run(one_round());
      } catch (const base::PowerLoss&) {
        // Expected.
      }
      disk_.set_faults({.crash_after_writes = 1});
      world_.settle();
      disk_.crash();
      disk_.set_faults({});
      world_.run(look());
    }
    return world_.trace_hash();
  }

private:
  static constexpr std::size_t kNames = 3;

  Task<void> one_round() {
    NameStore names(env_, "/home/ipns");
    for (int i = 0; i < 8; ++i) {
      auto which = world_.choose("name", kNames);
      auto& publisher = publishers_[which];
      auto sequence = ++sequence_;
      auto record = publisher.record("/ipfs/bafkqaaa", sequence, env_.now() + std::chrono::hours(100));
      if (co_await names.put(publisher.name(), std::move(record)) == NameStore::Put::stored)
        acknowledged_[which] = sequence;
    }
  }

  Task<void> look() {
    NameStore names(env_, "/home/ipns");
    for (std::size_t i = 0; i < kNames; ++i) {
      auto name = publishers_[i].name();
      auto bytes = co_await names.record(name.text());
      if (!bytes) {
        EXPECT_EQ(acknowledged_[i], 0u) << "a record is lost (seed " << world_.seed() << ")";
        continue;
      }
      auto record = open_record(name, *bytes);
      EXPECT_TRUE(record && record->sequence >= acknowledged_[i]) << "an older record (seed " << world_.seed() << ")";
      if (record) acknowledged_[i] = record->sequence;
    }
  }

  base::SimWorld world_;
  base::Env& env_;
  base::SimDisk& disk_;
  test::Publisher publishers_[kNames]{test::Publisher(1), test::Publisher(2), test::Publisher(3)};
  std::uint64_t acknowledged_[kNames]{};
  std::uint64_t sequence_ = 0;
};

TEST(NamesCrash, RecordsThatWereAcknowledgedAreKept) {
  base::set_log_level(base::LogLevel::off);
  const char *one = std::getenv("OPENMCP_SEED"), *wanted = std::getenv("OPENMCP_LONG");
  if (one && *one) History(std::strtoull(one, nullptr, 10)).run();
  const std::uint64_t seeds = one && *one ? 0 : wanted && *wanted ? 2000 : 200;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    auto hash = History(seed).run();
    if (seed % 20 == 0) EXPECT_EQ(History(seed).run(), hash) << "the same seed gave another run";
  }
  base::set_log_level(base::LogLevel::warn);
}

}  // namespace
}  // namespace openmcp::api::gateway
