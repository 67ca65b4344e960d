#include "base/sync.hpp"

#include <gtest/gtest.h>

#include "base/real_env.hpp"
#include "base/result.hpp"

namespace openmcp::base {
namespace {

using namespace std::chrono_literals;

struct SyncTest : testing::Test {
  RealEnv env{1};
};

Task<void> wait_and_note(Signal& signal, std::string& story, char letter) {
  try {
    co_await signal.wait();
    story += letter;
  } catch (const Error& error) {
    story += '!';
  }
}

TEST_F(SyncTest, WakeAllResumesInTheOrderOfWaiting) {
  auto main = [](Env& on) -> Task<void> {
    Signal signal(on.executor());
    std::string story;
    TaskGroup group(on);
    for (char letter : {'a', 'b', 'c'}) group.spawn(wait_and_note(signal, story, letter));
    co_await on.sleep(1ms);
    signal.wake_one();
    story += '1';
    co_await on.sleep(1ms);
    signal.wake_all();
    story += '2';
    co_await group.join();
    EXPECT_EQ(story, "1a2bc");
  };
  env.run_until_done(main(env));
}

TEST_F(SyncTest, ASignalHasNoMemory) {
  auto main = [](Env& on) -> Task<void> {
    Signal signal(on.executor());
    signal.wake_all();
    std::string story;
    TaskGroup group(on);
    group.spawn(wait_and_note(signal, story, 'a'));
    co_await on.sleep(1ms);
    EXPECT_EQ(story, "");
    signal.wake_one();
    co_await group.join();
    EXPECT_EQ(story, "a");
  };
  env.run_until_done(main(env));
}

TEST_F(SyncTest, TheEndOfASignalCancelsItsWaiters) {
  auto main = [](Env& on) -> Task<void> {
    auto signal = std::make_unique<Signal>(on.executor());
    std::string story;
    TaskGroup group(on);
    group.spawn(wait_and_note(*signal, story, 'a'));
    co_await on.sleep(1ms);
    signal.reset();
    co_await group.join();
    EXPECT_EQ(story, "!");
  };
  env.run_until_done(main(env));
}

TEST_F(SyncTest, ASemaphoreBoundsHowManyAreInside) {
  auto main = [](Env& on) -> Task<void> {
    Semaphore semaphore(on.executor(), 3);
    int inside = 0, most = 0, done = 0;
    auto visit = [&](Env& in) -> Task<void> {
      co_await semaphore.acquire();
      most = std::max(most, ++inside);
      co_await in.sleep(100us);
      --inside;
      ++done;
      semaphore.release();
    };
    TaskGroup group(on);
    for (int i = 0; i < 50; ++i) group.spawn(visit(on));
    co_await group.join();
    EXPECT_EQ(most, 3);
    EXPECT_EQ(done, 50);
  };
  env.run_until_done(main(env));
}

TEST_F(SyncTest, ACancelledWaiterOfASemaphoreTakesNoPermit) {
  auto main = [](Env& on) -> Task<void> {
    Semaphore semaphore(on.executor(), 1);
    co_await semaphore.acquire();
    auto waits = [&semaphore]() -> Task<void> { co_await semaphore.acquire(); };
    TaskGroup group(on);
    group.spawn(waits());
    co_await on.sleep(1ms);
    group.cancel();
    try {
      co_await group.join();
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::cancelled);
    }
    semaphore.release();
    co_await semaphore.acquire();
  };
  env.run_until_done(main(env));
}

TEST_F(SyncTest, JoinWaitsForAllAndRethrowsTheFirst) {
  auto main = [](Env& on) -> Task<void> {
    int ended = 0;
    auto child = [&ended](Env& in, Duration after, Errc code) -> Task<void> {
      co_await in.sleep(after);
      ++ended;
      if (code != Errc::internal) throw Error(code, "child");
    };
    TaskGroup group(on);
    group.spawn(child(on, 3ms, Errc::internal));
    group.spawn(child(on, 2ms, Errc::busy));
    group.spawn(child(on, 1ms, Errc::conflict));
    EXPECT_EQ(group.running(), 3u);
    EXPECT_FALSE(group.failed());
    try {
      co_await group.join();
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::conflict);
    }
    EXPECT_EQ(ended, 3);
    EXPECT_EQ(group.running(), 0u);
    group.spawn(child(on, 0ms, Errc::internal));
    co_await group.join();
    EXPECT_EQ(ended, 4) << "a group can be used again";
  };
  env.run_until_done(main(env));
}

TEST_F(SyncTest, WithGroupJoinsWhenItsBodyThrows) {
  bool cleaned = false;
  auto main = [&cleaned](Env& on) -> Task<void> {
    std::string local = "still here";
    auto child = [&cleaned, &local](Env& in) -> Task<void> {
      try {
        co_await in.sleep(1h);
      } catch (const Error&) {
        cleaned = local == "still here";
      }
    };
    auto body = [&child, &on](TaskGroup& group) -> Task<void> {
      group.spawn(child(on));
      co_await on.sleep(1ms);
      throw Error(Errc::corrupt, "body");
    };
    co_await with_group(on, std::move(body));
  };
  try {
    env.run_until_done(main(env));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::corrupt);
  }
  EXPECT_TRUE(cleaned);
}

TEST(TaskGroupDeath, DestroyingARunningGroupAborts) {
  auto forget = [] {
    RealEnv env(1);
    auto child = [](Env& on) -> Task<void> { co_await on.sleep(1h); };
    auto main = [&child](Env& on) -> Task<void> {
      TaskGroup group(on);
      group.spawn(child(on));
      co_await on.sleep(1ms);
    };
    env.run_until_done(main(env));
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(forget(), "join\\(\\) it");
}

}  // namespace
}  // namespace openmcp::base
