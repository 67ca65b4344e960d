#include "base/real_env.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <thread>

#include "base/sync.hpp"
#include "support/run.hpp"

namespace openmcp::base {
namespace {

using namespace std::chrono_literals;

TEST(RealEnv, RunsWorkOnAnotherThreadAndReturnsItsValue) {
  RealEnv env(2);
  auto main = [](Env& on) -> Task<int> {
    auto here = std::this_thread::get_id();
    auto elsewhere = [here] { return std::this_thread::get_id() != here ? 42 : 0; };
    int value = co_await on.run(std::move(elsewhere));
    EXPECT_EQ(std::this_thread::get_id(), here) << "a coroutine must not move to the worker";
    co_return value;
  };
  EXPECT_EQ(test::run(env, main(env)), 42);
}

TEST(RealEnv, PassesExceptionsOfWorkAndOfMain) {
  RealEnv env(1);
  auto main = [](Env& on) -> Task<void> {
    auto fails = [] { throw Error(Errc::no_space, "full"); };
    co_await on.run(std::move(fails));
  };
  try {
    env.run_until_done(main(env));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::no_space);
  }
}

TEST(RealEnv, ReturnsMoveOnlyValues) {
  RealEnv env(1);
  auto main = [](Env& on) -> Task<int> {
    auto work = [] { return std::make_unique<int>(7); };
    auto value = co_await on.run(std::move(work));
    co_return *value;
  };
  EXPECT_EQ(test::run(env, main(env)), 7);
}

TEST(RealEnv, SpreadsJobsOverItsWorkers) {
  RealEnv env(2);
  // Two jobs that wait for each other end only when they run at the same time.
  std::atomic<int> inside = 0;
  auto job = [](Env& on, std::atomic<int>& count) -> Task<void> {
    auto meet = [&count] {
      ++count;
      while (count < 2) std::this_thread::yield();
    };
    co_await on.run(std::move(meet));
  };
  auto main = [&job](Env& on, std::atomic<int>& count) -> Task<void> {
    TaskGroup group(on);
    group.spawn(job(on, count));
    group.spawn(job(on, count));
    co_await group.join();
  };
  env.run_until_done(main(env, inside));
  EXPECT_EQ(inside, 2);
}

TEST(RealEnv, SleepsAtLeastAsLongAsAsked) {
  RealEnv env(1);
  auto before = env.steady();
  env.run_until_done(env.sleep(5ms));
  EXPECT_GE(env.steady() - before, 5ms);
}

TEST(RealEnv, RandomFillsEveryByte) {
  RealEnv env(1);
  Bytes big(1000);
  env.random(big);
  // A byte value that is missing among 1000 has a chance of about 2 %; more than 30 missing is impossible.
  EXPECT_GT(std::set<std::uint8_t>(big.begin(), big.end()).size(), 220u);
}

TEST(RealEnv, StopCancelsTheSleepThatMainIsIn) {
  RealEnv env(1);
  auto main = [](Env& on) -> Task<void> { co_await on.sleep(1h); };
  std::thread other([&env] { env.stop(); });
  try {
    env.run_until_done(main(env));
    ADD_FAILURE() << "the sleep ended";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cancelled);
  }
  other.join();
  EXPECT_TRUE(env.stopping());
}

TEST(RealEnv, CancellationIsDeliveredOnceSoThatCleaningUpCanAwait) {
  RealEnv env(1);
  auto main = [](RealEnv& on) -> Task<std::string> {
    std::string story;
    on.stop();
    try {
      co_await on.sleep(1h);
    } catch (const Error& error) {
      story += to_string(error.code());
    }
    auto work = [] { return std::string(", then cleaned up"); };
    story += co_await on.run(std::move(work));
    co_await on.sleep(1ms);
    co_return story;
  };
  EXPECT_EQ(test::run(env, main(env)), "cancelled, then cleaned up");
}

TEST(RealEnv, StopReachesChildrenThroughJoin) {
  RealEnv env(1);
  int ended = 0;
  auto child = [](Env& on, int& count) -> Task<void> {
    try {
      co_await on.sleep(1h);
    } catch (const Error&) {
      ++count;
      throw;
    }
  };
  auto main = [&child](RealEnv& on, int& count) -> Task<void> {
    TaskGroup group(on);
    for (int i = 0; i < 3; ++i) group.spawn(child(on, count));
    on.stop();
    co_await group.join();
  };
  try {
    env.run_until_done(main(env, ended));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cancelled);
  }
  EXPECT_EQ(ended, 3);
}

TEST(RealEnv, AnExceptionOfASpawnedTaskEndsOnlyThatTask) {
  RealEnv env(1);
  auto fails = []() -> Task<void> {
    throw Error(Errc::cancelled, "on purpose");
    co_return;
  };
  auto main = [&fails](Env& on) -> Task<void> {
    on.spawn(fails());
    co_await on.sleep(1ms);
  };
  EXPECT_NO_THROW(env.run_until_done(main(env)));
}

TEST(RealEnv, DestroysCoroutinesThatStillWait) {
  auto alive = std::make_shared<int>(0);
  {
    RealEnv env(1);
    auto sleeper = [](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      co_await on.sleep(1h);
      ++*kept;
    };
    auto waits_on_own_signal = [](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      Signal never(on.executor());
      co_await never.wait();
      ++*kept;
    };
    auto joins = [&sleeper](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      TaskGroup group(on);
      group.spawn(sleeper(on, kept));
      co_await group.join();
    };
    auto works = [](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      for (;;) {
        auto job = [kept] { std::this_thread::sleep_for(100us); };
        co_await on.run(std::move(job));
      }
    };
    env.spawn(sleeper(env, alive));
    env.spawn(waits_on_own_signal(env, alive));
    env.spawn(joins(env, alive));
    for (int i = 0; i < 10; ++i) env.spawn(works(env, alive));
    env.run_until_done(env.sleep(2ms));
    EXPECT_GT(alive.use_count(), 4);
  }
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_EQ(*alive, 0);
}

}  // namespace
}  // namespace openmcp::base
