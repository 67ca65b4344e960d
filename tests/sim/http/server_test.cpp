// Server and client in simulated worlds: latency, slow links, resets, partitions, clients that vanish. Whatever
// happens, an answer that is read to its end is the right one, nothing is done twice, and in the end nothing is left.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/result.hpp"
#include "base/sim_env.hpp"
#include "base/sync.hpp"
#include "http/client.hpp"
#include "http/server.hpp"
#include "http/sse.hpp"
#include "unit/http/http2_client.hpp"

namespace openmcp::http::test {
namespace {

using base::Errc;
using base::Error;
using base::Task;
using namespace std::chrono_literals;

const base::Endpoint kPort{"0.0.0.0", 80};

struct Tally {
  std::map<std::string, int> handled;  ///< by path
  int answered = 0, failed = 0;
};

/// Echoes the body, in pieces, or sends as many bytes as the query says.
struct Echo {
  base::Env& env;
  Tally& tally;

  Task<void> operator()(Exchange& exchange) const {
    ++tally.handled[exchange.request().path];
    if (exchange.request().path.starts_with("/big")) {
      auto size = std::stoull(exchange.request().query);
      ResponseHead head;
      if (size % 2 == 0) head.length = size;
      co_await exchange.start(std::move(head));
      for (std::uint64_t sent = 0; sent < size;) {
        auto piece = std::min<std::uint64_t>(size - sent, 30'000);
        base::Bytes bytes(piece, static_cast<std::uint8_t>('a' + size % 26));
        co_await exchange.write(base::SharedBytes(std::move(bytes)));
        sent += piece;
      }
      co_await exchange.finish();
      co_return;
    }
    auto body = co_await exchange.read_all(4u << 20);
    co_await env.sleep(std::chrono::milliseconds(body.size() % 50));
    Response response;
    response.body = exchange.request().path + ":" + body;
    co_await exchange.send(std::move(response));
  }
};

/// One client of one node: asks again and again, now and then leaving in the middle.
Task<void> visit(base::SimWorld& world, base::Env& env, std::string server, int number, Tally& tally) {
  ClientOptions options;
  options.stall_time = 20s;
  Client client(env, std::move(options));
  for (int i = 0; i < 12; ++i) {
    auto path = fmt::format("/{}/{}", number, i);
    ClientRequest request;
    std::string expected;
    auto kind = world.choose("kind", 4);
    if (kind == 0) {
      auto size = 1 + world.choose("size", 300'000);
      path = "/big" + path;
      request.url = fmt::format("http://{}{}?{}", server, path, size);
      expected = std::string(size, static_cast<char>('a' + size % 26));
    } else {
      request.method = kind == 1 ? "POST" : "PUT";
      request.url = fmt::format("http://{}{}", server, path);
      auto size = world.choose("size", kind == 3 ? 400'000 : 3'000);
      std::string body(size, static_cast<char>('A' + i));
      expected = path + ":" + body;
      if (kind == 2) {
        auto left = std::make_shared<std::string>(std::move(body));
        request.stream = [left](base::MutableBytes into) -> Task<std::size_t> {
          auto take = std::min<std::size_t>({into.size(), left->size(), 999});
          std::copy_n(left->data(), take, into.data());
          left->erase(0, take);
          co_return take;
        };
      } else {
        request.body = std::move(body);
      }
    }
    bool leaves = world.choose("leaves", 10) == 0;
    bool repeatable = request.method != "POST" && !request.stream;
    bool done = false;
    try {
      auto response = co_await client.send(std::move(request));
      if (leaves) continue;
      auto got = co_await response.read_all(1u << 20);
      if (response.status == 408) throw Error(Errc::timeout, "a partition held the body back");
      EXPECT_EQ(response.status, 200u);
      EXPECT_TRUE(got == expected) << path << ": " << got.size() << " instead of " << expected.size();
      done = true;
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == Errc::unavailable || error.code() == Errc::timeout)
          << path << ": " << error.message();
    }
    ++(done ? tally.answered : tally.failed);
    EXPECT_GE(tally.handled[path], done ? 1 : 0);
    if (!repeatable) EXPECT_LE(tally.handled[path], 1) << path << " was done twice";
    co_await env.sleep(std::chrono::milliseconds(world.choose("pause", 6'000)));
  }
}

struct Outcome {
  std::uint64_t trace = 0;
  Tally tally;
};

Outcome run_world(std::uint64_t seed) {
  base::SimWorld world(seed);
  auto& home = world.node("server");  // 10.0.0.1
  std::vector<base::Env*> visitors;
  for (int i = 0; i < 4; ++i) visitors.push_back(&world.node(fmt::format("visitor{}", i)));
  base::NetworkFaults faults{.latency = 5ms, .jitter = 20ms, .connect_failure = 0.02, .reset = 0.01};
  if (seed % 3 == 0) faults.bytes_per_second = 200'000;
  world.network().set_faults(faults);
  Outcome outcome;
  auto main = [](base::SimWorld& in, base::Env& on, std::vector<base::Env*> from, Tally& tally) -> Task<void> {
    ServerOptions options;
    options.head_time = 10s;
    options.idle_time = 3s;  // often shorter than a visitor's pause: kept connections turn out closed
    options.stall_time = 10s;
    options.max_connections = 16;
    Server server(on, std::move(options), Echo{on, tally});
    co_await server.listen(kPort);
    base::TaskGroup visits(on);
    for (int i = 0; i < 12; ++i) {
      auto& env = *from[static_cast<std::size_t>(i) % from.size()];
      visits.spawn(visit(in, env, "10.0.0.1", i, tally));
    }
    auto trouble = [](base::SimWorld& world_in, base::Env& env, base::TaskGroup& all) -> Task<void> {
      while (all.running() > 1) {
        co_await env.sleep(std::chrono::milliseconds(world_in.choose("calm", 8'000)));
        auto node = fmt::format("visitor{}", world_in.choose("who", 4));
        if (world_in.choose("what", 4) == 0) {
          world_in.network().disconnect(node);  // its process dies
        } else {
          world_in.network().partition("server", node);
          co_await env.sleep(std::chrono::milliseconds(world_in.choose("parted", 30'000)));
          world_in.network().heal();
        }
      }
    };
    visits.spawn(trouble(in, on, visits));
    co_await visits.join();
    in.network().heal();
    co_await server.drain(60s);
    EXPECT_EQ(server.stats().connections, 0u);
    EXPECT_EQ(server.stats().in_flight, 0u);
  };
  world.run(main(world, home, visitors, outcome.tally));
  outcome.trace = world.trace_hash();
  return outcome;
}

TEST(HttpInTheSimulation, SurvivesItsNetwork) {
  int answered = 0, failed = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    auto outcome = run_world(seed);
    answered += outcome.tally.answered;
    failed += outcome.tally.failed;
  }
  EXPECT_GT(answered, 20 * 70) << "most requests get through";
  EXPECT_GT(failed, 20) << "the network was not as bad as this test wants it";
}

TEST(HttpInTheSimulation, TheSameSeedIsTheSameRun) {
  auto one = run_world(77), again = run_world(77), other = run_world(78);
  EXPECT_EQ(one.trace, again.trace);
  EXPECT_EQ(one.tally.handled, again.tally.handled);
  EXPECT_NE(one.trace, other.trace);
}

TEST(HttpInTheSimulation, LimitsHoldInVirtualTime) {
  base::SimWorld world(5);
  auto& home = world.node("server");
  auto& away = world.node("client");
  auto main = [](base::Env& on, base::Env& from) -> Task<void> {
    Tally tally;
    ServerOptions options;
    Server server(on, options, Echo{on, tally});
    co_await server.listen(kPort);
    base::Endpoint to{"10.0.0.1", 80};
    auto time_until_closed = [](base::Env& env, base::Endpoint at, std::string text) -> Task<base::Duration> {
      auto stream = co_await env.network().connect(at);
      auto start = env.steady();
      co_await stream->write(base::as_bytes(text));
      base::Bytes buffer(1000);
      while (co_await stream->read(buffer) > 0) {
      }
      co_return env.steady() - start;
    };
    auto silent = co_await time_until_closed(from, to, "");
    EXPECT_GE(silent, 14s);
    EXPECT_LE(silent, 17s);
    auto half = co_await time_until_closed(from, to, "GET / HTTP/1.1\r\nHo");
    EXPECT_GE(half, 14s);
    EXPECT_LE(half, 17s);
    auto idle = co_await time_until_closed(from, to, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_GE(idle, 74s);
    EXPECT_LE(idle, 77s);
    auto body = co_await time_until_closed(from, to, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
    EXPECT_GE(body, 29s);
    EXPECT_LE(body, 32s);
    co_await on.sleep(5s);  // what was refused lingers for a moment
    EXPECT_EQ(server.stats().connections, 0u);
    co_await server.drain(1s);
  };
  world.run(main(home, away));
}

TEST(HttpInTheSimulation, ASlowReaderIsNotAStalledOne) {
  base::SimWorld world(9);
  auto& home = world.node("server");
  auto& away = world.node("client");
  auto main = [](base::SimWorld& in, base::Env& on, base::Env& from) -> Task<void> {
    Tally tally;
    ServerOptions options;  // stall_time is 30 s
    Server server(on, std::move(options), Echo{on, tally});
    co_await server.listen(kPort);
    // The first bytes go into buffers at once; then the line shows how slow it is.
    in.network().set_link("server", "client", {.bytes_per_second = 2'000});
    auto start = from.steady();
    auto get = [](base::Env& env, std::uint64_t size) -> Task<std::string> {
      Client client(env, {});
      ClientRequest request;
      request.url = fmt::format("http://10.0.0.1/big?{}", size);
      auto response = co_await client.send(std::move(request));
      co_return co_await response.read_all(size);
    };
    auto got = co_await get(from, 1'000'000);
    EXPECT_EQ(got.size(), 1'000'000u);
    EXPECT_GT(from.steady() - start, 400s);
    // One that takes nothing at all is let go.
    base::Endpoint to{"10.0.0.1", 80};
    auto stalled = co_await from.network().connect(to);
    co_await stalled->write(base::as_bytes("GET /big?10000000 HTTP/1.1\r\nHost: x\r\n\r\n"));
    co_await on.sleep(10s);
    EXPECT_EQ(server.stats().in_flight, 1u);
    co_await on.sleep(5min);
    EXPECT_EQ(server.stats().connections, 0u);
    co_await server.drain(1s);
  };
  world.run(main(world, home, away));
}

TEST(HttpInTheSimulation, OneAddressGetsOnlyItsShare) {
  base::SimWorld world(8);
  auto& home = world.node("server");
  auto& greedy = world.node("greedy");
  auto& other = world.node("other");
  auto main = [](base::Env& on, base::Env& first, base::Env& second) -> Task<void> {
    ServerOptions options;
    options.max_connections_peer = 3;
    auto handler = [](Exchange& exchange) -> Task<void> {
      Response response;
      response.body = exchange.request().peer.host;
      co_await exchange.send(std::move(response));
    };
    Server server(on, std::move(options), handler);
    co_await server.listen(kPort);
    base::Endpoint to{"10.0.0.1", 80};
    std::vector<std::unique_ptr<base::Stream>> held;
    for (int i = 0; i < 10; ++i) held.push_back(co_await first.network().connect(to));
    co_await on.sleep(1s);
    EXPECT_EQ(server.stats().connections, 3u);
    auto get = [](base::Env& from) -> Task<std::string> {
      Client client(from, {});
      ClientRequest request;
      request.url = "http://10.0.0.1/";
      auto response = co_await client.send(std::move(request));
      co_return co_await response.read_all(100);
    };
    EXPECT_EQ(co_await get(second), "10.0.0.3");
    held.clear();
    co_await on.sleep(1s);
    EXPECT_EQ(co_await get(first), "10.0.0.2");
    co_await server.drain(1s);
  };
  world.run(main(home, greedy, other));
}

TEST(HttpInTheSimulation, EventsEndWithTheirReader) {
  base::SimWorld world(6);
  auto& home = world.node("server");
  auto& away = world.node("client");
  auto main = [](base::SimWorld& in, base::Env& on, base::Env& from) -> Task<void> {
    int sent = 0, ended = 0;
    auto handler = [&on, &sent, &ended](Exchange& exchange) -> Task<void> {
      EventStream events(exchange);
      co_await events.start();
      auto tick = [](base::Env& env, EventStream& to, int& count) -> Task<void> {
        for (;; ++count) {
          co_await to.send("tick");
          co_await env.sleep(1s);
        }
      };
      base::TaskGroup group(on);
      group.spawn(tick(on, events, sent));
      co_await exchange.until_gone();
      group.cancel();
      try {
        co_await group.join();
      } catch (const Error&) {
      }
      ++ended;
    };
    Server server(on, {}, handler);
    co_await server.listen(kPort);
    Client client(from, {});
    for (int i = 0; i < 3; ++i) {
      ClientRequest request;
      request.url = "http://10.0.0.1/";
      auto response = co_await client.send(std::move(request));
      base::Bytes buffer(100);
      for (int event = 0; event < 5; ++event) co_await response.read(buffer);
      if (i == 1) in.network().disconnect("client");
    }
    co_await from.sleep(5s);
    EXPECT_EQ(ended, 3);
    auto before = sent;
    co_await from.sleep(60s);
    EXPECT_EQ(sent, before) << "nobody reads: nothing is written";
    co_await server.drain(1s);
  };
  world.run(main(world, home, away));
}

TEST(HttpInTheSimulation, Http2OverABadNetwork) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    base::SimWorld world(seed);
    auto& home = world.node("server");
    auto& away = world.node("client");
    base::NetworkFaults faults{.latency = 5ms, .jitter = 20ms, .reset = 0.002};
    if (seed % 2 == 0) faults.bytes_per_second = 300'000;
    world.network().set_faults(faults);
    auto main = [](base::SimWorld& in, base::Env& on, base::Env& from) -> Task<void> {
      Tally tally;
      auto core = std::make_shared<ServerCore>(on, ServerOptions{}, Echo{on, tally});
      auto listener = co_await on.network().listen(kPort);
      base::Endpoint to{"10.0.0.1", 80};
      for (int round = 0; round < 4; ++round) {
        auto stream = co_await from.network().connect(to);
        Http2Client client(from, std::move(stream));
        base::TaskGroup hosting(on);
        hosting.spawn(host_http2(core, co_await listener->accept()));
        std::map<std::int32_t, std::string> expected;
        for (int i = 0; i < 20; ++i) {
          auto size = 1 + in.choose("size", 200'000);
          auto path = fmt::format("/{}/{}", round, i);
          if (in.choose("kind", 2) == 0) {
            auto id = client.ask(Http2Client::get(fmt::format("/big{}?{}", path, size)));
            expected[id] = std::string(size, static_cast<char>('a' + size % 26));
          } else {
            std::string body(size, 'b');
            expected[client.ask(Http2Client::put(path), &body)] = path + ":" + body;
          }
        }
        for (const auto& [id, text] : expected) {
          auto answer = co_await client.answer(id);
          if (answer.ended) EXPECT_TRUE(answer.body == text) << id;
          if (!client.ended) EXPECT_TRUE(answer.ended) << id;
        }
        co_await client.close();
        co_await hosting.join();
        EXPECT_EQ(core->in_flight, 0u);
      }
    };
    world.run(main(world, home, away));
  }
}

}  // namespace
}  // namespace openmcp::http::test
