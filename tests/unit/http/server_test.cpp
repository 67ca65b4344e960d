// Requests and answers of the server on real sockets, against clients that say what they like.
#include <fmt/format.h>

#include "unit/http/fixture.hpp"

namespace openmcp::http::test {
namespace {

TEST_F(ServerTest, KeepsTheConnectionForTheNextRequest) {
  auto act = [](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    for (int i = 0; i < 3; ++i) {
      co_await raw.say(fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", i));
      auto head = co_await raw.until(kEnd);
      EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
      EXPECT_TRUE(contains(head, "\r\nContent-Length: 7\r\n")) << head;
      EXPECT_TRUE(contains(head, "\r\nDate: ")) << head;
      EXPECT_FALSE(contains(head, "Connection:")) << head;
      EXPECT_EQ(co_await raw.exactly(7), fmt::format("GET /{}\n", i));
    }
    EXPECT_EQ(server.stats().connections, 1u);
  };
  serve(echo, act);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    std::string all;
    for (int i = 0; i < 500; ++i) {
      all += fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{:03}", i, i);
    }
    all += "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    base::TaskGroup group(on);
    group.spawn(raw.say(all));
    for (int i = 0; i < 500; ++i) {
      co_await raw.until(kEnd);
      auto expected = fmt::format("POST /{}\n{:03}", i, i);
      EXPECT_EQ(co_await raw.exactly(expected.size()), expected);
    }
    auto last = co_await raw.rest();
    EXPECT_TRUE(contains(last, "\r\nConnection: close\r\n"));
    EXPECT_TRUE(last.ends_with("\r\n\r\nGET /last\n")) << last;
    co_await group.join();
  };
  serve(echo, act);
}

TEST_F(ServerTest, RequestsMayArriveByteByByte) {
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    std::string text =
        "\r\nPOST /x?y HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;e\r\nde\r\n0\r\nT: "
        "1\r\n\r\n" +
        kGet;
    for (char c : text) co_await raw.say(std::string(1, c));
    co_await raw.until(kEnd);
    EXPECT_EQ(co_await raw.exactly(17),
              "POST /x?y\nabcde"
              "HT");
    co_await raw.until(kEnd);
    EXPECT_EQ(co_await raw.exactly(6), "GET /\n");
  };
  serve(echo, act);
}

TEST_F(ServerTest, TheRequestIsToldAsItWas) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    const auto& request = exchange.request();
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.path, "/a%2Fb");
    EXPECT_EQ(request.query, "q=1");
    EXPECT_EQ(request.authority, "host:1");
    EXPECT_EQ(request.scheme, "http");
    EXPECT_EQ(request.peer.host, "127.0.0.1");
    EXPECT_NE(request.peer.port, 0);
    Response response;
    response.body = request.id + " " + request.trace;
    co_await exchange.send(std::move(response));
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    std::string start = "GET /a%2Fb?q=1 HTTP/1.1\r\nHost: host:1\r\nConnection: close\r\n";
    std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    auto given = co_await ask(on, at, start + "X-Request-Id: mine-1\r\ntraceparent: " + trace + kEnd);
    EXPECT_TRUE(given.ends_with(kEnd + "mine-1 " + trace)) << given;
    EXPECT_TRUE(contains(given, "\r\nX-Request-Id: mine-1\r\n")) << given;
    auto made = co_await ask(on, at, start + "X-Request-Id: no spaces\r\ntraceparent: 00-0-0-01" + kEnd);
    auto body = made.substr(made.find(kEnd) + 4);
    EXPECT_EQ(body.size(), 16u + 1 + 55) << body;
    EXPECT_TRUE(contains(body, " 00-")) << body;
  };
  serve(handler, act);
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    if (exchange.request().path == "/streamed") {
      ResponseHead head;
      head.length = 100'000;
      co_await exchange.start(std::move(head));
      co_await exchange.write(base::SharedBytes(base::Bytes(50'000)));
      co_await exchange.finish();  // what is not sent need not be made
    } else {
      Response response;
      response.body = std::string(1000, 'x');
      co_await exchange.send(std::move(response));
    }
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    co_await raw.say(
        "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nHEAD /streamed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(contains(co_await raw.until(kEnd), "\r\nContent-Length: 1000\r\n"));
    auto second = co_await raw.rest();
    EXPECT_TRUE(contains(second, "\r\nContent-Length: 100000\r\n")) << second;
    EXPECT_TRUE(second.ends_with(kEnd)) << second;
  };
  serve(handler, act);
}

TEST_F(ServerTest, StreamsChunkedOrUntilTheEndOfTheConnection) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    ResponseHead head;
    head.headers.add("X-A", "b");
    co_await exchange.start(std::move(head));
    co_await exchange.write_text("hello ");
    co_await exchange.write_text("");
    co_await exchange.write_text("world, this is it");
    co_await exchange.finish();
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    co_await raw.say(kGet);
    EXPECT_TRUE(contains(co_await raw.until(kEnd), "\r\nTransfer-Encoding: chunked\r\n"));
    std::string body = "6\r\nhello \r\n11\r\nworld, this is it\r\n0\r\n\r\n";
    EXPECT_EQ(co_await raw.exactly(body.size()), body);
    auto old = co_await ask(on, at, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_FALSE(contains(old, "chunked")) << old;
    EXPECT_TRUE(contains(old, "\r\nConnection: close\r\n")) << old;
    EXPECT_TRUE(old.ends_with(kEnd + "hello world, this is it")) << old;
  };
  serve(handler, act);
}

TEST_F(ServerTest, GreatBodiesBothWays) {
  static constexpr std::size_t kSize = 20u << 20;
  auto handler = [](Exchange& exchange) -> Task<void> {
    // Sends back what it reads while it reads.
    ResponseHead head;
    head.length = exchange.body_length();
    co_await exchange.start(std::move(head));
    for (;;) {
      base::Bytes buffer(300'000);
      auto got = co_await exchange.read(buffer);
      if (got == 0) break;
      buffer.resize(got);
      co_await exchange.write(base::SharedBytes(std::move(buffer)));
    }
    co_await exchange.finish();
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    std::string sent(kSize, '\0');
    on.random({reinterpret_cast<std::uint8_t*>(sent.data()), sent.size()});
    base::TaskGroup group(on);
    group.spawn(raw.say(fmt::format("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", kSize) + sent));
    co_await raw.until(kEnd);
    EXPECT_TRUE(co_await raw.exactly(kSize) == sent);
    co_await group.join();
  };
  serve(handler, act);
}

TEST_F(ServerTest, ContinuesWhenTheHandlerReads) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    Response response;
    if (exchange.request().path == "/no") {
      response.status = 403;
    } else {
      response.body = co_await exchange.read_all(100);
    }
    co_await exchange.send(std::move(response));
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    std::string rest = " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    auto raw = co_await Raw::to(on, at);
    co_await raw.say("POST /yes" + rest);
    EXPECT_EQ(co_await raw.until(kEnd), "HTTP/1.1 100 Continue\r\n\r\n");
    co_await raw.say("ab");
    EXPECT_TRUE((co_await raw.until(kEnd)).starts_with("HTTP/1.1 200 "));
    EXPECT_EQ(co_await raw.exactly(2), "ab");
    co_await raw.say("POST /yes" + rest + "cd");
    EXPECT_TRUE((co_await raw.until(kEnd)).starts_with("HTTP/1.1 200 ")) << "one that did not wait needs no word";
    EXPECT_EQ(co_await raw.exactly(2), "cd");
    co_await raw.say("POST /no" + rest);
    auto refused = co_await raw.rest();
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 ")) << refused;
    EXPECT_TRUE(contains(refused, "\r\nConnection: close\r\n")) << "nobody knows whether the body will come";
  };
  serve(handler, act);
}

TEST_F(ServerTest, RefusesBadRequestsAndCloses) {
  options.max_head = 1000;
  options.max_body = 50;
  std::vector<unsigned> told;
  options.done = [&told](const Done& done) { told.push_back(done.status); };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    struct Case {
      std::string text;
      int status;
    };
    std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    std::vector<Case> cases{
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: x\n\n", 400},
        {"\r\n\r\n\r\n\r\n\r\n\r\n" + kGet, 400},
        {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505},
        {"GET /" + std::string(1500, 'a'), 414},
        {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(1500, 'a'), 431},
        {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
        {post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
        {post + "Content-Length: 51\r\n\r\n" + std::string(51, 'x'), 413},
        {post + "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400},
        {post + "Transfer-Encoding: chunked\r\n\r\n40\r\n" + std::string(64, 'x') + "\r\n0\r\n\r\n", 413}};
    for (const auto& [text, status] : cases) {
      auto answer = co_await ask(on, at, text + kGet);
      EXPECT_TRUE(answer.starts_with(fmt::format("HTTP/1.1 {} ", status))) << text << "\n" << answer;
      EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "the request behind is not answered: " << answer;
    }
  };
  serve(echo, act);
  EXPECT_EQ(told, (std::vector<unsigned>{400, 400, 400, 505, 414, 431, 501, 400, 413, 400, 413}));
}

TEST_F(ServerTest, AHandlerThatFailsIsAnsweredFor) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    const auto& path = exchange.request().path;
    if (path == "/error") throw Error(Errc::not_found, "no such thing");
    if (path == "/exception") throw std::runtime_error("secret");
    if (path == "/split") {
      Response response;
      response.headers.add("X", "a\r\nb: c");
      co_await exchange.send(std::move(response));
    }
    if (path == "/cut" || path == "/cut-known" || path == "/unfinished") {
      ResponseHead head;
      if (path == "/cut-known") head.length = 10;
      co_await exchange.start(std::move(head));
      co_await exchange.write_text("part");
      if (path != "/unfinished") throw Error(Errc::io, "broken");
    }
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    auto get = [](std::string path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; };
    co_await raw.say(get("/error"));
    EXPECT_TRUE((co_await raw.until(kEnd)).starts_with("HTTP/1.1 404 "));
    co_await raw.until("no such thing\n");
    co_await raw.say(get("/exception"));
    EXPECT_TRUE((co_await raw.until(kEnd)).starts_with("HTTP/1.1 500 "));
    EXPECT_FALSE(contains(co_await raw.until("\n"), "secret"));
    co_await raw.say(get("/split"));
    EXPECT_TRUE((co_await raw.until(kEnd)).starts_with("HTTP/1.1 500 "));
    co_await raw.until("\n");
    co_await raw.say(get("/nothing"));
    EXPECT_TRUE((co_await raw.until(kEnd)).starts_with("HTTP/1.1 500 "));
    for (std::string path : {"/cut", "/cut-known", "/unfinished"}) {
      auto cut = [](base::Env& env_of, base::Endpoint to, std::string text) -> Task<void> {
        co_await ask(env_of, to, std::move(text));
      };
      EXPECT_EQ(co_await code_of(cut(on, at, get(path))), Errc::unavailable)
          << path << ": a reset, so that a part is not taken for the whole";
    }
  };
  serve(handler, act);
}

TEST_F(ServerTest, WhatTheHandlerLeavesOfABodyIsSkipped) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    Response response;
    response.body = "done\n";
    co_await exchange.send(std::move(response));
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    co_await raw.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n" + std::string(50'000, 'x') + kGet);
    co_await raw.until("done\n");
    co_await raw.until("done\n");
    // Too much to skip: the connection ends, but the answer arrives.
    std::string great =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + std::string(500'000, 'x') + kGet;
    auto answer = co_await ask(on, at, great);
    EXPECT_TRUE(answer.ends_with("done\n")) << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos);
  };
  serve(handler, act);
}

TEST_F(ServerTest, ToldWhatWasDone) {
  std::vector<std::string> lines;
  options.done = [&lines](const Done& done) {
    lines.push_back(fmt::format("{} {} {} {} {} {} {}", done.request.method, done.request.path, done.route, done.caller,
                                done.status, done.received, done.sent));
  };
  auto handler = [](Exchange& exchange) -> Task<void> {
    exchange.set_route("things");
    exchange.set_caller("ann");
    exchange.standing_headers().add("X-Standing", "yes");
    exchange.standing_headers().add("Content-Type", "standing");
    co_await echo(exchange);
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    co_await raw.say("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    auto answer = co_await raw.rest();
    EXPECT_TRUE(contains(answer, "\r\nX-Standing: yes\r\n")) << answer;
    EXPECT_TRUE(contains(answer, "\r\nContent-Type: text/plain\r\n")) << answer;
    EXPECT_FALSE(contains(answer, "standing\r\n")) << "the handler's own field wins";
  };
  serve(handler, act);
  EXPECT_EQ(lines, std::vector<std::string>{"PUT /a things ann 200 3 10"});
}

}  // namespace
}  // namespace openmcp::http::test
