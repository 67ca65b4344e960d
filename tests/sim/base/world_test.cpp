#include <gtest/gtest.h>

#include <set>

#include "base/result.hpp"
#include "base/sim_env.hpp"
#include "base/sync.hpp"

namespace openmcp::base {
namespace {

using namespace std::chrono_literals;

const Endpoint kServerHere{"0.0.0.0", 4001};
const Endpoint kServer{"10.0.0.1", 4001};
const Endpoint kLocal{"127.0.0.1", 0};

Task<void> serve_one(std::unique_ptr<Stream> stream) {
  Bytes buffer(1000);
  for (;;) {
    auto got = co_await stream->read(buffer);
    if (got == 0) break;
    co_await stream->write(BytesView(buffer).first(got));
  }
  co_await stream->close();
}

Task<void> serve(Env& env) {
  auto listener = co_await env.network().listen(kServerHere);
  for (;;) env.spawn(serve_one(co_await listener->accept()));
}

/// Sleeps, writes to its disk and sends the same bytes to a server and back.
Task<void> client(Env& env, SimWorld& world, std::string name) {
  auto& disk = env.disk();
  disk.make_directories("/data");
  auto append = [&disk](std::uint64_t offset, Bytes bytes) {
    auto file = disk.open("/data/log", OpenMode::create);
    file->write_at(offset, bytes);
    file->sync();
    disk.sync_directory("/data");
  };
  std::uint64_t offset = 0;
  for (int round = 0; round < 5; ++round) {
    co_await env.sleep(Duration(static_cast<std::int64_t>(world.choose("pause/" + name, 5'000'000))));
    Bytes bytes(1 + world.choose("size/" + name, 3000));
    env.random(bytes);
    auto work = [&append, offset, bytes] { append(offset, bytes); };
    co_await env.run(std::move(work));
    offset += bytes.size();
    auto stream = co_await env.network().connect(kServer);
    co_await stream->write(bytes);
    co_await stream->close();
    Bytes echo, buffer(700);
    while (auto got = co_await stream->read(buffer)) echo.insert(echo.end(), buffer.begin(), buffer.begin() + got);
    EXPECT_EQ(echo, bytes);
  }
  EXPECT_EQ(read_file(disk, "/data/log").size(), offset);
}

Task<void> scenario(SimWorld& world, int clients) {
  auto& server = world.node("server");
  server.spawn(serve(server));
  co_await server.sleep(1ms);
  TaskGroup group(server);
  for (int i = 0; i < clients; ++i) {
    auto name = "client" + std::to_string(i);
    group.spawn(client(world.node(name), world, name));
  }
  co_await group.join();
}

std::pair<std::uint64_t, std::uint64_t> run_scenario(std::uint64_t seed, int clients) {
  SimWorld world(seed);
  world.run(scenario(world, clients));
  return {world.trace_hash(), world.events()};
}

TEST(SimWorld, TheSameSeedGivesTheSameTrace) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto first = run_scenario(seed, 4);
    EXPECT_EQ(first, run_scenario(seed, 4)) << "seed " << seed;
    EXPECT_GT(first.second, 250u) << "seed " << seed;
    hashes.insert(first.first);
  }
  EXPECT_EQ(hashes.size(), 200u) << "different seeds must give different worlds";
}

TEST(SimWorld, TimeIsVirtual) {
  SimWorld world(1);
  auto& env = world.node("a");
  auto wall = env.now();
  auto steady = env.steady();
  world.run(env.sleep(10h));
  EXPECT_EQ(env.steady() - steady, 10h);
  EXPECT_EQ(env.now() - wall, 10h);
}

TEST(SimWorld, RandomBytesDependOnSeedAndNode) {
  auto draw = [](std::uint64_t seed, const char* node) {
    SimWorld world(seed);
    Bytes bytes(16);
    world.node(node).random(bytes);
    return bytes;
  };
  EXPECT_EQ(draw(1, "a"), draw(1, "a"));
  EXPECT_NE(draw(1, "a"), draw(1, "b"));
  EXPECT_NE(draw(1, "a"), draw(2, "a"));
}

TEST(SimWorld, EventsOfOneMomentComeInAnyOrder) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimWorld world(seed);
    auto& env = world.node("a");
    std::string order;
    auto child = [](Env& on, std::string& out, char letter) -> Task<void> {
      co_await on.sleep(1ms);
      out += letter;
    };
    auto main = [&child](Env& on, std::string& out) -> Task<void> {
      TaskGroup group(on);
      for (char letter : {'a', 'b', 'c'}) group.spawn(child(on, out, letter));
      co_await group.join();
    };
    world.run(main(env, order));
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(SimWorld, FindsADeadlockAndSaysWhen) {
  SimWorld world(7);
  auto& env = world.node("a");
  auto main = [](Env& on) -> Task<void> {
    Signal never(on.executor());
    co_await on.sleep(2s);
    co_await never.wait();
  };
  try {
    world.run(main(env));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::timeout);
    EXPECT_NE(error.message().find("deadlock"), std::string::npos) << error.message();
    EXPECT_NE(error.message().find("2.000"), std::string::npos) << error.message();
    EXPECT_NE(error.message().find("seed 7"), std::string::npos) << error.message();
  }
  EXPECT_NO_THROW(world.run(env.sleep(1s))) << "the world stays usable";
}

TEST(SimWorld, KeepsItsLimit) {
  SimWorld world(7);
  auto& env = world.node("a");
  auto main = [](Env& on) -> Task<void> {
    for (;;) co_await on.sleep(1s);
  };
  try {
    world.run(main(env), 1min);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::timeout);
    EXPECT_NE(error.message().find("limit"), std::string::npos) << error.message();
  }
}

TEST(SimWorld, PassesExceptionsOfMainAndOfWork) {
  SimWorld world(7);
  auto& env = world.node("a");
  auto main = [](Env& on) -> Task<void> {
    auto fails = []() -> int { throw PowerLoss(); };
    co_await on.run(std::move(fails));
  };
  EXPECT_THROW(world.run(main(env)), PowerLoss);
}

TEST(SimWorld, SettleRunsWhatIsLeft) {
  SimWorld world(7);
  auto& env = world.node("a");
  int count = 0;
  auto ticks = [](Env& on, int& out) -> Task<void> {
    for (;; ++out) co_await on.sleep(1s);
  };
  env.spawn(ticks(env, count));
  world.settle(10s);
  EXPECT_EQ(count, 10);
}

TEST(SimWorld, DestroysCoroutinesThatStillWait) {
  auto alive = std::make_shared<int>(0);
  {
    SimWorld world(3);
    auto& env = world.node("a");
    auto sleeper = [](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      co_await on.sleep(1h);
      ++*kept;
    };
    auto own_signal = [](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      Signal never(on.executor());
      co_await never.wait();
      ++*kept;
    };
    auto joins = [&sleeper](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      TaskGroup group(on);
      group.spawn(sleeper(on, kept));
      co_await group.join();
      ++*kept;
    };
    auto reads_own_stream = [](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      auto listener = co_await on.network().listen(kLocal);
      auto there = co_await on.network().connect(listener->endpoint());
      auto here = co_await listener->accept();
      Bytes buffer(10);
      co_await here->read(buffer);
      ++*kept;
    };
    auto holds_lock = [](Env& on, std::shared_ptr<int> kept) -> Task<void> {
      std::string holder;
      auto lock = on.disk().try_lock("/lock", "me", holder);
      auto file = on.disk().open("/file", OpenMode::create);
      co_await on.sleep(1h);
      ++*kept;
    };
    env.spawn(sleeper(env, alive));
    env.spawn(own_signal(env, alive));
    env.spawn(joins(env, alive));
    env.spawn(reads_own_stream(env, alive));
    env.spawn(holds_lock(env, alive));
    world.settle(10s);
    EXPECT_EQ(alive.use_count(), 7);
  }
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_EQ(*alive, 0);
}

TEST(SimWorld, ASleepThatIsCancelledEndsAtOnce) {
  SimWorld world(7);
  auto& env = world.node("a");
  auto child = [](Env& on) -> Task<void> { co_await on.sleep(5h); };
  auto main = [&child](Env& on) -> Task<void> {
    TaskGroup group(on);
    group.spawn(child(on));
    group.spawn(child(on));
    co_await on.sleep(1s);
    group.cancel();
    co_await group.join();
  };
  try {
    world.run(main(env));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cancelled);
  }
  EXPECT_EQ(env.steady().time_since_epoch(), 1s);
  world.settle();
  EXPECT_EQ(env.steady().time_since_epoch(), 1s) << "nothing of the sleeps is left";
}

}  // namespace
}  // namespace openmcp::base
