#include <gtest/gtest.h>

#include "base/result.hpp"
#include "base/sim_env.hpp"
#include "base/sync.hpp"

namespace openmcp::base {
namespace {

using namespace std::chrono_literals;

const Endpoint kAny{"0.0.0.0", 0};
const Endpoint kHttpHere{"0.0.0.0", 80};
const Endpoint kHttpOfB{"10.0.0.2", 80};
const Endpoint kHttpOfC{"10.0.0.3", 80};
const Endpoint kSocketFile{"/run/x.sock", 0};

/// Two nodes with a connection between them.
struct Pair {
  std::unique_ptr<Stream> here, there;
};

Task<Pair> connect_pair(Env& a, Env& b) {
  auto listener = co_await b.network().listen(kAny);
  Endpoint to{"10.0.0.2", listener->endpoint().port};
  Pair pair;
  pair.here = co_await a.network().connect(std::move(to));
  pair.there = co_await listener->accept();
  co_return pair;
}

Task<Bytes> read_all(Stream& stream) {
  Bytes all, buffer(999);
  while (auto got = co_await stream.read(buffer)) all.insert(all.end(), buffer.begin(), buffer.begin() + got);
  co_return all;
}

Task<Errc> code_of(Task<void> act) {
  try {
    co_await std::move(act);
  } catch (const Error& error) {
    co_return error.code();
  }
  co_return Errc::internal;
}

Task<void> read_some(Stream& stream, std::size_t size = 1) {
  Bytes buffer(size);
  co_await stream.read(buffer);
}

struct SimNetworkTest : testing::Test {
  SimWorld world{11};
  Env& a = world.node("a");
  Env& b = world.node("b");
};

TEST_F(SimNetworkTest, BytesArriveInOrderWhateverTheJitter) {
  world.network().set_faults({.latency = 1ms, .jitter = 50ms});
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto pair = co_await connect_pair(one, two);
    Bytes sent;
    for (int i = 0; i < 200; ++i) {
      Bytes part(static_cast<std::size_t>(1 + i * 7 % 90), static_cast<std::uint8_t>(i));
      sent.insert(sent.end(), part.begin(), part.end());
      co_await pair.here->write(part);
    }
    co_await pair.here->close();
    EXPECT_EQ(co_await read_all(*pair.there), sent);
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, TakesAsLongAsTheLink) {
  world.network().set_faults({.latency = 100ms, .jitter = 0ns, .bytes_per_second = 1'000'000});
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto pair = co_await connect_pair(one, two);
    auto start = one.steady();
    Bytes sent(100'000);
    co_await pair.here->write(sent);
    co_await pair.here->close();
    auto got = co_await read_all(*pair.there);
    EXPECT_EQ(got.size(), sent.size());
    EXPECT_GE(one.steady() - start, 200ms);
    EXPECT_LE(one.steady() - start, 201ms);
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, AHalfClosedStreamStillAnswers) {
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto pair = co_await connect_pair(one, two);
    auto question = to_bytes("question"), answer = to_bytes("answer");
    co_await pair.here->write(question);
    co_await pair.here->close();
    EXPECT_EQ(co_await read_all(*pair.there), question);
    co_await pair.there->write(answer);
    co_await pair.there->close();
    EXPECT_EQ(co_await read_all(*pair.here), answer);
    EXPECT_EQ(co_await code_of(pair.here->write(question)), Errc::invalid_argument);
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, AWriterWaitsForItsReader) {
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto pair = co_await connect_pair(one, two);
    bool written = false;
    auto send = [](Stream& stream, bool& done) -> Task<void> {
      Bytes big(1u << 20);
      co_await stream.write(big);
      done = true;
      co_await stream.close();
    };
    TaskGroup group(one);
    group.spawn(send(*pair.here, written));
    co_await one.sleep(1min);
    EXPECT_FALSE(written) << "a megabyte does not fit into the window";
    auto got = co_await read_all(*pair.there);
    EXPECT_EQ(got.size(), 1u << 20);
    co_await group.join();
    EXPECT_TRUE(written);
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, ResetReachesBothSides) {
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto pair = co_await connect_pair(one, two);
    Errc here{}, there{};
    auto reads = [](Stream& stream, Errc& code) -> Task<void> { code = co_await code_of(read_some(stream)); };
    TaskGroup group(one);
    group.spawn(reads(*pair.here, here));
    group.spawn(reads(*pair.there, there));
    co_await one.sleep(1s);
    pair.here->reset();
    co_await group.join();
    EXPECT_EQ(here, Errc::unavailable);
    EXPECT_EQ(there, Errc::unavailable);
    Bytes byte(1);
    EXPECT_EQ(co_await code_of(pair.here->write(byte)), Errc::unavailable);
    EXPECT_EQ(co_await code_of(pair.there->write(byte)), Errc::unavailable);
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, TheEndOfAStreamObjectEndsTheStream) {
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto pair = co_await connect_pair(one, two);
    pair.here.reset();
    EXPECT_EQ((co_await read_all(*pair.there)).size(), 0u);
    // Nobody reads there any more: after a round trip the writer learns it.
    Bytes byte(1);
    co_await pair.there->write(byte);
    co_await one.sleep(1s);
    EXPECT_EQ(co_await code_of(pair.there->write(byte)), Errc::unavailable);
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, RandomResetsHitWrites) {
  world.network().set_faults({.reset = 1});
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto pair = co_await connect_pair(one, two);
    Bytes byte(1);
    EXPECT_EQ(co_await code_of(pair.here->write(byte)), Errc::unavailable);
    EXPECT_EQ(co_await code_of(read_some(*pair.there)), Errc::unavailable);
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, APartitionHoldsBytesBackUntilItHeals) {
  auto main = [](SimWorld& in, Env& one, Env& two) -> Task<void> {
    auto pair = co_await connect_pair(one, two);
    in.network().partition("a", "b");
    auto sent = to_bytes("through");
    co_await pair.here->write(sent);
    co_await pair.here->close();
    std::optional<Instant> arrived;
    auto receive = [](Env& on, Stream& stream, Bytes expected, std::optional<Instant>& when) -> Task<void> {
      EXPECT_EQ(co_await read_all(stream), expected);
      when = on.steady();
    };
    TaskGroup group(one);
    group.spawn(receive(two, *pair.there, sent, arrived));
    co_await one.sleep(1h);
    EXPECT_FALSE(arrived);
    auto healed = one.steady();
    in.network().heal();
    co_await group.join();
    EXPECT_TRUE(arrived && *arrived > healed && *arrived < healed + 1s);
  };
  world.run(main(world, a, b));
}

TEST_F(SimNetworkTest, AConnectThroughAPartitionTimesOutOrSucceedsWhenItHeals) {
  auto main = [](SimWorld& in, Env& one, Env& two) -> Task<void> {
    auto listener = co_await two.network().listen(kHttpOfB);
    in.network().partition("b", "a");
    auto dial = [](Env& on) -> Task<void> { co_await on.network().connect(kHttpOfB); };
    auto start = one.steady();
    EXPECT_EQ(co_await code_of(dial(one)), Errc::timeout);
    EXPECT_EQ(one.steady() - start, 10s);
    auto heal_soon = [](SimWorld& world_in, Env& on) -> Task<void> {
      co_await on.sleep(2s);
      world_in.network().heal();
    };
    TaskGroup group(one);
    group.spawn(heal_soon(in, one));
    co_await dial(one);
    co_await group.join();
  };
  world.run(main(world, a, b));
}

TEST_F(SimNetworkTest, LinksAndPartitionsAreOfTheirNodesOnly) {
  auto& c = world.node("c");
  world.network().set_link("a", "c", {.latency = 5s, .jitter = 0ns});
  world.network().partition("a", "b");
  auto main = [](Env& one, Env& three) -> Task<void> {
    auto listener = co_await three.network().listen(kHttpOfC);
    auto start = one.steady();
    auto stream = co_await one.network().connect(kHttpOfC);
    EXPECT_GE(one.steady() - start, 5s);
    EXPECT_LT(one.steady() - start, 6s) << "the way back has its own latency";
  };
  world.run(main(a, c));
}

TEST_F(SimNetworkTest, RefusesWhereNobodyListens) {
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto dial = [](Env& on, Endpoint to) -> Task<void> { co_await on.network().connect(std::move(to)); };
    Endpoint nobody{"10.0.0.2", 81}, nowhere{"10.9.9.9", 80};
    EXPECT_EQ(co_await code_of(dial(one, nobody)), Errc::unavailable);
    EXPECT_EQ(co_await code_of(dial(one, nowhere)), Errc::unavailable);
    auto first = co_await two.network().listen(kHttpOfB);
    auto again = [](Env& on) -> Task<void> { co_await on.network().listen(kHttpHere); };
    EXPECT_EQ(co_await code_of(again(two)), Errc::busy);
    first->close();
    auto accept = [](Listener& listener) -> Task<void> { co_await listener.accept(); };
    EXPECT_EQ(co_await code_of(accept(*first)), Errc::cancelled);
    EXPECT_EQ(co_await code_of(again(two)), Errc::internal) << "the port is free again";
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, ConnectFailures) {
  world.network().set_faults({.connect_failure = 0.5});
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto listener = co_await two.network().listen(kHttpOfB);
    auto dial = [](Env& on) -> Task<void> { co_await on.network().connect(kHttpOfB); };
    int failed = 0;
    for (int i = 0; i < 200; ++i) failed += co_await code_of(dial(one)) == Errc::unavailable;
    EXPECT_GT(failed, 50);
    EXPECT_LT(failed, 150);
  };
  world.run(main(a, b));
}

TEST_F(SimNetworkTest, DisconnectIsTheDeathOfAProcess) {
  auto main = [](SimWorld& in, Env& one, Env& two) -> Task<void> {
    auto listener = co_await two.network().listen(kHttpHere);
    auto stream = co_await one.network().connect(kHttpOfB);
    in.network().disconnect("b");
    EXPECT_EQ(co_await code_of(read_some(*stream)), Errc::unavailable);
    auto dial = [](Env& on) -> Task<void> { co_await on.network().connect(kHttpOfB); };
    EXPECT_EQ(co_await code_of(dial(one)), Errc::unavailable);
    auto again = co_await two.network().listen(kHttpHere);
    EXPECT_EQ(co_await code_of(dial(one)), Errc::internal) << "a restarted node can listen again";
  };
  world.run(main(world, a, b));
}

TEST_F(SimNetworkTest, SocketFilesBelongToTheirNode) {
  auto main = [](Env& one, Env& two) -> Task<void> {
    auto listener = co_await one.network().listen(kSocketFile);
    auto dial = [](Env& on) -> Task<void> { co_await on.network().connect(kSocketFile); };
    EXPECT_EQ(co_await code_of(dial(one)), Errc::internal);
    EXPECT_EQ(co_await code_of(dial(two)), Errc::unavailable);
  };
  world.run(main(a, b));
}

}  // namespace
}  // namespace openmcp::base
