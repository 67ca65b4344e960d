// Coroutine idioms that compilers have got wrong: g++ 12 miscompiles many of them, clang 16 breaks the last test at -O1
// and above. When one fails, suspect the toolchain before the code.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "base/real_env.hpp"
#include "base/result.hpp"
#include "base/sync.hpp"
#include "support/run.hpp"

namespace openmcp::base {
namespace {

/// Counts its living instances and notices a destruction without a construction.
class Tracked {
public:
  explicit Tracked(int value = 0) : value_(value), self_(this) { ++alive; }
  Tracked(const Tracked& other) : value_(other.value()), self_(this) { ++alive; }
  Tracked(Tracked&& other) noexcept : value_(other.value()), self_(this) { ++alive; }
  Tracked& operator=(const Tracked& other) {
    value_ = other.value();
    return *this;
  }
  ~Tracked() {
    EXPECT_EQ(self_, this) << "destroyed what was never constructed";
    self_ = nullptr;
    --alive;
  }
  int value() const {
    EXPECT_EQ(self_, this) << "used outside of its life";
    return value_;
  }
  static inline std::atomic<int> alive = 0;

private:
  int value_;
  const Tracked* self_;
};

struct Canary : testing::Test {
  ~Canary() override { EXPECT_EQ(Tracked::alive, 0) << "something was leaked or destroyed twice"; }
  RealEnv env{2};
};

Task<Tracked> pass(Env& env, Tracked value) {
  auto nothing = [] {};
  co_await env.run(std::move(nothing));  // a real suspension
  co_return value;
}

struct Aggregate {
  Tracked first;
  std::string text;
  Tracked second;
};

Task<int> sum(Env& env, Aggregate parts) {
  auto first = co_await pass(env, parts.first);
  auto second = co_await pass(env, std::move(parts.second));
  co_return first.value() + second.value() + static_cast<int>(parts.text.size());
}

Task<std::pair<Tracked, std::string>> two(Env& env) {
  auto value = co_await pass(env, Tracked(5));
  co_return std::pair(std::move(value), std::string("a text that does not fit into the string itself"));
}

Task<void> fails(Env& env, Tracked kept) {
  co_await pass(env, kept);
  throw Error(Errc::conflict, std::to_string(kept.value()));
}

TEST_F(Canary, ParametersAndResults) {
  auto main = [](Env& on) -> Task<int> {
    auto value = co_await pass(on, Tracked(3));
    co_return value.value() + (co_await pass(on, Tracked(4))).value();
  };
  EXPECT_EQ(test::run(env, main(env)), 7);
}

TEST_F(Canary, NamedLambdasWithCaptures) {
  auto main = [](Env& on) -> Task<int> {
    Tracked outer(10);
    auto job = [outer, moved = Tracked(20)] { return outer.value() + moved.value(); };
    co_return co_await on.run(std::move(job));
  };
  EXPECT_EQ(test::run(env, main(env)), 30);
}

TEST_F(Canary, LambdaCoroutinesThatOwnTheirCaptures) {
  auto main = [](Env& on) -> Task<int> {
    std::optional<Task<int>> task;
    {
      Tracked captured(6);
      auto lambda = [captured, &on](this auto) -> Task<int> {
        auto value = co_await pass(on, captured);
        co_return value.value() + captured.value();
      };
      task.emplace(lambda());
    }
    co_return co_await std::move(*task);
  };
  EXPECT_EQ(test::run(env, main(env)), 12);
}

TEST_F(Canary, NamedAggregates) {
  auto main = [](Env& on) -> Task<int> {
    Aggregate parts{Tracked(1), "four", Tracked(2)};
    int kept = co_await sum(on, parts);
    co_return kept * 100 + co_await sum(on, std::move(parts));
  };
  EXPECT_EQ(test::run(env, main(env)), 707);
}

TEST_F(Canary, StructuredBindings) {
  auto main = [](Env& on) -> Task<int> {
    auto both = co_await two(on);
    auto& [value, text] = both;
    co_return value.value() + static_cast<int>(text.size());
  };
  EXPECT_EQ(test::run(env, main(env)), 52);
}

TEST_F(Canary, ExceptionsThroughManyFrames) {
  auto main = [](Env& on) -> Task<int> {
    int caught = 0;
    for (int i = 0; i < 3; ++i) {
      Tracked local(i);
      try {
        co_await fails(on, local);
      } catch (const Error& error) {
        caught += std::stoi(error.message()) + 1;
      }
    }
    co_return caught;
  };
  EXPECT_EQ(test::run(env, main(env)), 6);
}

TEST_F(Canary, LoopsConditionsAndShortCircuits) {
  auto main = [](Env& on) -> Task<int> {
    int total = 0;
    std::vector<Tracked> values(4, Tracked(1));
    for (const auto& value : values) {
      auto got = co_await pass(on, value);
      if (got.value() == 1 && (co_await pass(on, Tracked(1))).value() == 1) total += got.value();
      if (got.value() == 2 || (co_await pass(on, Tracked(2))).value() == 2) ++total;
    }
    co_return total;
  };
  EXPECT_EQ(test::run(env, main(env)), 8);
}

TEST_F(Canary, ATaskThatIsNeverAwaitedFreesItsParameters) {
  auto main = [](Env& on) -> Task<void> {
    {
      auto unused = pass(on, Tracked(1));
    }
    EXPECT_EQ(Tracked::alive, 0);
    co_return;
  };
  env.run_until_done(main(env));
}

TEST_F(Canary, GroupsOfTasks) {
  auto main = [](Env& on) -> Task<int> {
    int total = 0;
    auto child = [&total](Env& in, Tracked value) -> Task<void> {
      for (int i = 0; i < 10; ++i) total += (co_await pass(in, value)).value();
    };
    TaskGroup group(on);
    for (int i = 1; i <= 10; ++i) group.spawn(child(on, Tracked(i)));
    co_await group.join();
    co_return total;
  };
  EXPECT_EQ(test::run(env, main(env)), 550);
}

/// A loop of its own on each of two threads, eight clients a server, each round over a socket and a worker.
void echo_rounds(std::atomic<int>& rounds) {
  RealEnv env(2);
  auto serve = [](Env& on, std::unique_ptr<Stream> stream) -> Task<void> {
    Bytes buffer(512);
    while (auto got = co_await stream->read(buffer)) {
      auto copy = [&buffer, got] { return to_bytes(BytesView(buffer).first(got)); };
      auto reply = co_await on.run(std::move(copy));
      co_await stream->write(reply);
    }
  };
  auto accept = [&serve](Env& on, Listener& listener) -> Task<void> {
    TaskGroup group(on);
    for (int i = 0; i < 8; ++i) group.spawn(serve(on, co_await listener.accept()));
    co_await group.join();
  };
  auto client = [&rounds](Env& on, Endpoint to) -> Task<void> {
    auto stream = co_await on.network().connect(std::move(to));
    Bytes sent(300), got(300);
    for (int round = 0; round < 50; ++round) {
      Tracked kept(round);
      on.random(sent);
      co_await stream->write(sent);
      for (std::size_t have = 0; have < got.size();) {
        auto size = co_await stream->read(MutableBytes(got).subspan(have));
        if (size == 0) throw Error(Errc::corrupt, "early end");
        have += size;
      }
      EXPECT_EQ(got, sent);
      EXPECT_EQ(kept.value(), round);
      ++rounds;
    }
  };
  auto main = [&](Env& on) -> Task<void> {
    const Endpoint any{"127.0.0.1", 0};
    auto listener = co_await on.network().listen(any);
    TaskGroup group(on);
    group.spawn(accept(on, *listener));
    for (int i = 0; i < 8; ++i) group.spawn(client(on, listener->endpoint()));
    co_await group.join();
  };
  env.run_until_done(main(env));
}

TEST_F(Canary, EchoOnTwoThreads) {
  std::atomic<int> rounds = 0;
  std::thread other([&rounds] { echo_rounds(rounds); });
  echo_rounds(rounds);
  other.join();
  EXPECT_EQ(rounds, 2 * 8 * 50);
}

}  // namespace
}  // namespace openmcp::base
