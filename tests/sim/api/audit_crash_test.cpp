// The audit log on a disk that loses power: after every crash the chain holds, and what was flushed is there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "api/audit.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/sim_env.hpp"

namespace openmcp::api {
namespace {

using base::Task;

class History {
public:
  explicit History(std::uint64_t seed) : world_(seed), env_(world_.node("a")), disk_(world_.disk("a")) {}

  std::uint64_t run() {
    for (int round = 0; round < 6 && !testing::Test::HasFailure(); ++round) {
      // Often enough in the middle of opening, cutting and flushing.
      disk_.set_faults({.crash_after_writes = static_cast<std::int64_t>(1 + world_.choose("when", 120))});
      try {
        world_.run(one_round());
      } catch (const base::PowerLoss&) {
        // Expected; the others were caught by the log itself.
      }
      log_.reset();
      disk_.set_faults({.crash_after_writes = 1});
      world_.settle();
      if (world_.choose("power", 4) != 0)
        disk_.crash();
      else
        disk_.kill();
      disk_.set_faults({});
      world_.run(look());
    }
    return world_.trace_hash();
  }

private:
  std::string where() const { return " (seed " + std::to_string(world_.seed()) + ")"; }

  Task<void> one_round() {
    log_ = co_await AuditLog::open(env_, "/home");
    for (int i = 0; i < 40; ++i) {
      AuditEntry entry;
      entry.who = "writer";
      entry.action = "step." + std::to_string(++steps_);
      entry.detail = std::string(world_.choose("size", 400), 'x');
      const auto failures = log_->failures();
      log_->record(std::move(entry));
      if (log_->failures() == failures)
        written_.push_back(steps_);
      else if (!doubtful_)
        doubtful_ = steps_;  // the power went while it was written: it may be there
      const auto pause = world_.choose("pause", 10);
      if (pause == 0) {
        const auto upto = written_.size();
        co_await log_->flush();
        flushed_ = upto;
      } else if (pause < 3) {
        co_await env_.sleep(std::chrono::milliseconds(700));  // the background flushes
      }
    }
  }

  Task<void> look() {
    // Opening after the crash repairs; then every line that was flushed is there, in its order.
    auto log = co_await AuditLog::open(env_, "/home");
    EXPECT_TRUE(log->valid()) << where();
    std::vector<std::uint64_t> found;
    std::uint64_t before = 0;
    do {
      auto page = co_await log->read(before, 100);
      for (const auto& line : page.lines)
        if (line.entry.action.starts_with("step.")) found.push_back(std::stoull(line.entry.action.substr(5)));
      before = page.next;
    } while (before != 0);
    std::reverse(found.begin(), found.end());
    EXPECT_GE(found.size(), flushed_) << where();
    if (doubtful_ && found.size() == written_.size() + 1) written_.push_back(*doubtful_);
    doubtful_.reset();
    EXPECT_LE(found.size(), written_.size()) << where();
    // What was not flushed may be lost, but only from the end.
    for (std::size_t i = 0; i < std::min(found.size(), written_.size()); ++i)
      EXPECT_EQ(found[i], written_[i]) << where();
    written_ = std::move(found);
    co_await log->close();
    flushed_ = written_.size();
    auto check = co_await AuditLog::verify(env_, "/home");
    EXPECT_TRUE(check.ok()) << check.problem << where();
  }

  base::SimWorld world_;
  base::Env& env_;
  base::SimDisk& disk_;
  std::unique_ptr<AuditLog> log_;
  std::uint64_t steps_ = 0;
  std::vector<std::uint64_t> written_;  ///< acknowledged, and not found lost since
  std::size_t flushed_ = 0;
  std::optional<std::uint64_t> doubtful_;
};

TEST(AuditCrash, ChainsHoldAndFlushedLinesAreThere) {
  base::set_log_level(base::LogLevel::off);
  const char *one = std::getenv("OPENMCP_SEED"), *wanted = std::getenv("OPENMCP_LONG");
  if (one && *one) History(std::strtoull(one, nullptr, 10)).run();
  const std::uint64_t seeds = one && *one ? 0 : wanted && *wanted ? 3000 : 200;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) History(seed).run();
  base::set_log_level(base::LogLevel::warn);
}

TEST(AuditCrash, RunsAreTheSameForTheSameSeed) {
  base::set_log_level(base::LogLevel::off);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) EXPECT_EQ(History(seed).run(), History(seed).run());
  base::set_log_level(base::LogLevel::warn);
}

TEST(AuditCrash, TheBackgroundFlushesWithinASecondOrSo) {
  base::SimWorld world(7);
  auto& env = world.node("a");
  std::unique_ptr<AuditLog> log;
  auto write = [&]() -> Task<void> {
    log = co_await AuditLog::open(env, "/home");
    log->record({.who = "w", .token = {}, .from = {}, .action = "a", .target = {}, .detail = {}});
    co_await env.sleep(std::chrono::seconds(2));
  };
  world.run(write());
  log.reset();
  world.disk("a").crash();
  auto look = [&]() -> Task<void> {
    auto check = co_await AuditLog::verify(env, "/home");
    EXPECT_EQ(check.lines, 1u);
    EXPECT_TRUE(check.ok());
  };
  world.run(look());
}

TEST(AuditCrash, FailedWritesAreCountedAndLeaveTheChainWhole) {
  base::set_log_level(base::LogLevel::off);
  base::SimWorld world(8);
  auto& env = world.node("a");
  auto main = [&]() -> Task<void> {
    auto log = co_await AuditLog::open(env, "/home");
    world.disk("a").set_faults({.write_error = 0.3, .sync_error = 0.3});
    for (int i = 0; i < 200; ++i) {
      log->record({.who = "w", .token = {}, .from = {}, .action = "a" + std::to_string(i), .target = {}, .detail = {}});
      if (i % 50 == 0) co_await env.sleep(std::chrono::seconds(1));
    }
    world.disk("a").set_faults({});
    EXPECT_GT(log->failures(), 20u);
    EXPECT_GT(log->records(), 100u);
    const auto records = log->records();
    co_await log->close();
    auto check = co_await AuditLog::verify(env, "/home");
    EXPECT_TRUE(check.ok()) << check.problem;
    EXPECT_EQ(check.lines, records);
  };
  world.run(main());
  base::set_log_level(base::LogLevel::warn);
}

}  // namespace
}  // namespace openmcp::api
