// How long the server keeps connections, how many, and how they end.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/sse.hpp"
#include "unit/http/fixture.hpp"

namespace openmcp::http::test {
namespace {

TEST_F(ServerTest, SlowClientsAreLetGo) {
  options.head_time = 250ms;
  options.idle_time = 250ms;
  options.stall_time = 250ms;
  auto handler = [](Exchange& exchange) -> Task<void> {
    if (exchange.request().path == "/big") {
      Response response;
      response.body = std::string(64u << 20, 'x');
      co_await exchange.send(std::move(response));
    } else {
      co_await echo(exchange);
    }
  };
  auto act = [](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    EXPECT_EQ(co_await ask(on, at, ""), "") << "one that says nothing";
    auto head = co_await ask(on, at, "GET / HT");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 408 ")) << head;
    auto body = co_await ask(on, at, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_TRUE(body.starts_with("HTTP/1.1 408 ")) << body;
    auto chunked = co_await ask(on, at, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    EXPECT_TRUE(chunked.starts_with("HTTP/1.1 408 ")) << chunked;
    auto idle = co_await ask(on, at, kGet);
    EXPECT_TRUE(idle.ends_with("GET /\n")) << "an idle connection is closed without a word: " << idle;
    // A byte now and then does not help.
    auto loris = co_await Raw::to(on, at);
    auto drip = [](base::Env& env_of, Raw& raw) -> Task<void> {
      for (;;) {
        co_await raw.say("a");
        co_await env_of.sleep(20ms);
      }
    };
    base::TaskGroup group(on);
    group.spawn(drip(on, loris));
    EXPECT_TRUE((co_await loris.until("\r\n")).starts_with("HTTP/1.1 408 "));
    loris.reset();
    EXPECT_EQ(co_await code_of(group.join()), Errc::unavailable);
    auto reader = co_await Raw::to(on, at);
    co_await reader.say("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    while (server.stats().in_flight == 0) co_await on.sleep(1ms);
    while (server.stats().connections > 0) co_await on.sleep(5ms);
    EXPECT_EQ(co_await code_of([](Raw& raw) -> Task<void> { co_await raw.exactly(64u << 20); }(reader)),
              Errc::unavailable);
  };
  serve(handler, act);
}

TEST_F(ServerTest, BoundsConnections) {
  options.max_connections = 3;
  auto act = [](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    std::vector<Raw> held;
    for (int i = 0; i < 3; ++i) {
      held.push_back(co_await Raw::to(on, at));
      co_await held.back().say(kGet);
      co_await held.back().until("GET /\n");
    }
    auto one_more = [](base::Env& env_of, base::Endpoint to) -> Task<void> { co_await ask(env_of, to, kGet); };
    EXPECT_EQ(co_await code_of(one_more(on, at)), Errc::unavailable);
    EXPECT_EQ(server.stats().connections, 3u);
    held.pop_back();
    while (server.stats().connections > 2) co_await on.sleep(1ms);
    auto raw = co_await Raw::to(on, at);
    co_await raw.say(kGet);
    co_await raw.until("GET /\n");
  };
  serve(echo, act);
}

TEST_F(ServerTest, SurvivesRunningOutOfFiles) {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "sanitizers open files of their own";
#endif
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto act = [before](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    auto probe = ::dup(0);
    ::close(probe);
    auto few = before;
    few.rlim_cur = static_cast<rlim_t>(probe) + 8;
    std::vector<Raw> held;
    // Both ends take a file: with one more than is enough for pairs, the last client is not accepted.
    while (server.stats().connections == held.size()) {
      ++few.rlim_cur;
      ::setrlimit(RLIMIT_NOFILE, &few);
      try {
        for (;;) {
          held.push_back(co_await Raw::to(on, at));
          co_await on.sleep(5ms);
        }
      } catch (const Error&) {  // no file left for another client
      }
    }
    EXPECT_LT(server.stats().connections, held.size());
    auto waiting = std::move(held.back());
    co_await waiting.say(kGet);
    held.clear();
    EXPECT_TRUE((co_await waiting.until("GET /\n")).starts_with("HTTP/1.1 200 ")) << "accepted after a pause";
    ::setrlimit(RLIMIT_NOFILE, &before);
  };
  serve(echo, act);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(ServerTest, NothingIsAnsweredBehindTheLastRequest) {
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto answer = co_await ask(on, at, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + kGet + kGet);
    EXPECT_TRUE(answer.ends_with("GET /a\n")) << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << answer;
  };
  serve(echo, act);
}

TEST_F(ServerTest, AHalfClosedClientIsAnswered) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    if (exchange.request().path == "/upload") {
      EXPECT_EQ(co_await code_of([](Exchange& of) -> Task<void> { co_await of.read_all(100); }(exchange)),
                Errc::unavailable);
    }
    Response response;
    response.body = "done\n";
    co_await exchange.send(std::move(response));
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    co_await raw.say(kGet);
    co_await raw.close();
    EXPECT_TRUE((co_await raw.rest()).ends_with("done\n"));
    auto upload = co_await Raw::to(on, at);
    co_await upload.say("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
    co_await upload.close();
    EXPECT_TRUE((co_await upload.rest()).ends_with("done\n"));
  };
  serve(handler, act);
}

TEST_F(ServerTest, EventsUntilTheClientIsGone) {
  int gone = 0;
  auto handler = [this, &gone](Exchange& exchange) -> Task<void> {
    EventStream events(exchange);
    co_await events.start();
    co_await events.send("one\ntwo\r\nthree", "note", "7");
    co_await events.comment("here");
    co_await events.retry(3s);
    auto tick = [](base::Env& on, EventStream& to) -> Task<void> {
      for (;;) {
        co_await on.sleep(5ms);
        co_await to.send("tick");
      }
    };
    base::TaskGroup group(env);
    group.spawn(tick(env, events));
    co_await exchange.until_gone();
    ++gone;
    group.cancel();
    co_await code_of(group.join());
  };
  auto act = [&gone](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    {
      auto raw = co_await Raw::to(on, at);
      co_await raw.say(kGet + kGet);  // one more lies behind: it does not hide the end
      auto head = co_await raw.until(kEnd);
      EXPECT_TRUE(contains(head, "\r\nContent-Type: text/event-stream\r\n")) << head;
      EXPECT_TRUE(contains(head, "\r\nCache-Control: no-store\r\n")) << head;
      co_await raw.until("event: note\nid: 7\ndata: one\ndata: two\ndata: three\n\n");
      co_await raw.until(": here\n\n");
      co_await raw.until("retry: 3000\n\n");
      co_await raw.until("data: tick\n\n");
    }
    while (server.stats().connections > 0) co_await on.sleep(1ms);
    EXPECT_EQ(gone, 1);
    // And when the server drains.
    auto raw = co_await Raw::to(on, at);
    co_await raw.say(kGet);
    co_await raw.until("data: tick\n\n");
    co_await server.drain(10s);
    EXPECT_EQ(gone, 2);
    EXPECT_EQ(server.stats().connections, 0u);
  };
  serve(handler, act);
}

TEST_F(ServerTest, WaitingForTheEndDoesNotEatTheNextRequest) {
  auto handler = [this](Exchange& exchange) -> Task<void> {
    if (exchange.request().path == "/wait") {
      base::TaskGroup group(env);
      group.spawn(exchange.until_gone());
      co_await env.sleep(30ms);
      group.cancel();
      EXPECT_EQ(co_await code_of(group.join()), Errc::cancelled);
    }
    co_await echo(exchange);
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    for (int i = 0; i < 3; ++i) {
      co_await raw.say("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n");
      co_await on.sleep(5ms);
      co_await raw.say("abcGET /next HT");  // arrives while the handler waits
      co_await on.sleep(5ms);
      co_await raw.say("TP/1.1\r\nHost: x\r\n\r\n");
      co_await raw.until("POST /wait\nabc");
      co_await raw.until("GET /next\n");
    }
  };
  serve(handler, act);
}

TEST_F(ServerTest, DrainingLetsWorkFinish) {
  base::Signal go(env.executor());
  auto handler = [&go](Exchange& exchange) -> Task<void> {
    if (exchange.request().path == "/work") co_await go.wait();
    if (exchange.request().path == "/forever") {
      for (;;) co_await go.wait();
    }
    co_await echo(exchange);
  };
  auto act = [&go](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    auto idle = co_await Raw::to(on, at);
    co_await idle.say(kGet);
    co_await idle.until("GET /\n");
    auto fresh = co_await Raw::to(on, at);
    auto work = co_await Raw::to(on, at);
    co_await work.say("GET /work HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
    while (server.stats().in_flight < 1) co_await on.sleep(1ms);
    base::TaskGroup group(on);
    group.spawn(server.drain(10s));
    EXPECT_EQ(co_await idle.rest(), "") << "closed at once";
    EXPECT_EQ(co_await fresh.rest(), "");
    EXPECT_EQ(group.running(), 1u);
    go.wake_all();
    auto answer = co_await work.rest();
    EXPECT_TRUE(contains(answer, "\r\nConnection: close\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("GET /work\n")) << answer;
    work.reset();  // its second request was not read: the server would wait a moment for it to leave
    co_await group.join();
    auto dial = [](base::Env& env_of, base::Endpoint to) -> Task<void> { co_await Raw::to(env_of, to); };
    EXPECT_EQ(co_await code_of(dial(on, at)), Errc::unavailable);
  };
  serve(handler, act);
}

TEST_F(ServerTest, DrainingEndsWhatDoesNotFinish) {
  auto handler = [this](Exchange&) -> Task<void> { co_await env.sleep(1h); };
  auto act = [](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    auto work = co_await Raw::to(on, at);
    co_await work.say(kGet);
    while (server.stats().in_flight < 1) co_await on.sleep(1ms);
    co_await server.drain(20ms);
    EXPECT_EQ(server.stats().connections, 0u);
    EXPECT_EQ(server.stats().in_flight, 0u);
  };
  serve(handler, act);
}

TEST_F(ServerTest, SocketFilesToo) {
  auto root = fmt::format("/tmp/openmcp-http-{}", ::getpid());
  auto act = [root](base::Env& on, Server& server, base::Endpoint) -> Task<void> {
    base::Endpoint file{root, 0};
    auto at = co_await server.listen(file);
    auto answer = co_await ask(on, at, "GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.ends_with("GET /f\n")) << answer;
  };
  serve(
      [](Exchange& exchange) -> Task<void> {
        EXPECT_EQ(exchange.request().peer.host, "");
        co_await echo(exchange);
      },
      act);
}

}  // namespace
}  // namespace openmcp::http::test
