// HTTP/2 below TLS: what streams do, and what clients may not do.
#include <fmt/format.h>

#include "unit/http/fixture.hpp"
#include "unit/http/http2_client.hpp"

namespace openmcp::http::test {
namespace {

class Http2Test : public testing::Test {
protected:
  /// Runs `act` with a client of a connection that `handler` serves.
  template <class Act>
  void serve(Handler handler, Act act, bool takes_all = true) {
    auto main = [](base::Env& on, ServerOptions with, Handler by, Act& body, bool all) -> Task<void> {
      auto core = std::make_shared<ServerCore>(on, std::move(with), std::move(by));
      base::Endpoint any{"127.0.0.1", 0};
      auto listener = co_await on.network().listen(any);
      auto stream = co_await on.network().connect(listener->endpoint());
      Http2Client client(on, std::move(stream), all);
      base::TaskGroup hosting(on);
      hosting.spawn(host_http2(core, co_await listener->accept()));
      co_await body(on, client, *core);
      co_await client.close();
      co_await hosting.join();
      EXPECT_EQ(core->in_flight, 0u);
    };
    env.run_until_done(main(env, options, std::move(handler), act, takes_all));
  }

  base::RealEnv env{1};
  ServerOptions options;
};

TEST_F(Http2Test, ManyStreamsAtATime) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    EXPECT_EQ(exchange.request().version, 20u);
    EXPECT_EQ(exchange.request().authority, "x");
    EXPECT_EQ(exchange.request().query, "q");
    co_await echo(exchange);
  };
  auto act = [](base::Env&, Http2Client& client, ServerCore&) -> Task<void> {
    std::map<std::int32_t, std::string> expected;
    for (int i = 0; i < 90; ++i) {
      std::string body(static_cast<std::size_t>(i) * 1000, 'x');
      auto path = fmt::format("/{}?q", i);
      auto id = i % 3 == 0 ? client.ask(Http2Client::get(path)) : client.ask(Http2Client::put(path), &body);
      expected[id] = i % 3 == 0 ? "GET " + path + "\n" : "PUT " + path + "\n" + body;
    }
    for (const auto& [id, text] : expected) {
      auto answer = co_await client.answer(id);
      EXPECT_EQ(answer.status, "200");
      EXPECT_EQ(answer.error, 0u);
      EXPECT_TRUE(answer.body == text);
      EXPECT_EQ(answer.headers["content-length"], std::to_string(text.size()));
      EXPECT_EQ(answer.headers["content-type"], "text/plain");
    }
  };
  serve(handler, act);
}

TEST_F(Http2Test, AnUnreadBodyIsBoundedByTheWindow) {
  base::Signal go(env.executor());
  auto handler = [&go](Exchange& exchange) -> Task<void> {
    co_await go.wait();
    auto body = co_await exchange.read_all(8u << 20);
    Response response;
    response.body = std::to_string(body.size());
    co_await exchange.send(std::move(response));
  };
  auto act = [&go](base::Env& on, Http2Client& client, ServerCore&) -> Task<void> {
    std::string body(3u << 20, 'x');
    auto id = client.ask(Http2Client::put("/"), &body);
    co_await on.sleep(100ms);
    EXPECT_GT(client.given, 0u);
    EXPECT_LE(client.given, 256u << 10);
    go.wake_all();
    EXPECT_EQ((co_await client.answer(id)).body, "3145728");
  };
  serve(handler, act);
}

TEST_F(Http2Test, WritingWaitsForTheClientAndGivesUpOnOneThatStalls) {
  options.stall_time = 200ms;
  std::size_t written = 0;
  Errc code{};
  auto handler = [&](Exchange& exchange) -> Task<void> {
    if (exchange.request().path == "/other") {
      co_await echo(exchange);
      co_return;
    }
    ResponseHead head;
    co_await exchange.start(std::move(head));
    auto write = [](Exchange& to, std::size_t& count) -> Task<void> {
      for (int i = 0; i < 1000; ++i) {
        co_await to.write(base::SharedBytes(base::Bytes(10'000)));
        count += 10'000;
      }
    };
    code = co_await code_of(write(exchange, written));
    throw Error(code, "could not write");
  };
  auto act = [&](base::Env&, Http2Client& client, ServerCore&) -> Task<void> {
    auto id = client.ask(Http2Client::get("/"));
    auto answer = co_await client.answer(id);
    EXPECT_EQ(code, Errc::timeout);
    EXPECT_LE(written, 65'535u) << "no more than the client's window";
    EXPECT_FALSE(answer.ended);
    EXPECT_EQ(answer.error, unsigned{NGHTTP2_INTERNAL_ERROR});
  };
  serve(handler, act, false);
}

TEST_F(Http2Test, BadRequestsAreRefused) {
  options.max_head = 2000;
  options.max_fields = 20;
  options.max_body = 1000;
  int handled = 0;
  auto handler = [&handled](Exchange& exchange) -> Task<void> {
    ++handled;
    co_await echo(exchange);
  };
  auto act = [](base::Env&, Http2Client& client, ServerCore&) -> Task<void> {
    using Fields = Http2Client::Fields;
    Fields many = Http2Client::get("/");
    for (int i = 0; i < 30; ++i) many.emplace_back(fmt::format("x-{}", i), "1");
    Fields long_one = Http2Client::get("/");
    long_one.emplace_back("x", std::string(3000, 'x'));
    Fields large = Http2Client::put("/");
    large.emplace_back("content-length", "1001");
    Fields two_hosts = Http2Client::get("/");
    two_hosts.emplace_back("host", "other");
    struct Case {
      Fields fields;
      std::string status;  ///< "": the stream is reset
    };
    const std::vector<Case> cases{
        {many, "431"},
        {long_one, "431"},
        {large, ""},
        {two_hosts, "400"},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a b"}, {":path", "/"}}, ""},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "u@a"}, {":path", "/"}}, "400"},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", "/a b"}}, ""},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", "/a#b"}}, "400"},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}}, ""},
        {{{":method", "GET"}, {":authority", "x"}, {":path", "/"}}, ""},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", "/"}, {"connection", "close"}}, ""},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", "/"}, {"a", "b\nc"}}, ""},
        {{{":method", "CONNECT"}, {":authority", "x"}}, "501"}};
    std::size_t number = 0;
    for (const auto& each : cases) {
      auto id = client.ask(each.fields);
      auto answer = co_await client.answer(id);
      if (each.status.empty()) {
        EXPECT_TRUE(answer.error != 0 || answer.status == "400") << number << ": " << answer.status;
      } else {
        EXPECT_EQ(answer.status, each.status) << number;
      }
      ++number;
      EXPECT_FALSE(client.ended);
    }
    std::string large_body(1001, 'x');
    EXPECT_EQ((co_await client.answer(client.ask(large, &large_body))).status, "413");
    std::string body(5, 'x');
    Fields wrong = Http2Client::put("/");
    wrong.emplace_back("content-length", "9");
    EXPECT_NE((co_await client.answer(client.ask(wrong, &body))).error, 0u) << "a body shorter than it said";
  };
  serve(handler, act);
  EXPECT_LE(handled, 1) << "only the last one was a request at first";
}

TEST_F(Http2Test, ContinueAndHead) {
  auto act = [](base::Env&, Http2Client& client, ServerCore&) -> Task<void> {
    std::string body = "abc";
    auto fields = Http2Client::put("/");
    fields.emplace_back("expect", "100-continue");
    EXPECT_EQ((co_await client.answer(client.ask(fields, &body))).body, "PUT /\nabc");
    auto head = Http2Client::get("/h");
    head[0].second = "HEAD";
    auto answer = co_await client.answer(client.ask(head));
    EXPECT_EQ(answer.headers["content-length"], "8");
    EXPECT_EQ(answer.body, "");
    EXPECT_TRUE(answer.ended);
  };
  serve(echo, act);
}

TEST_F(Http2Test, AHandlerThatFailsLateResetsItsStreamOnly) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    if (exchange.request().path == "/early") throw Error(Errc::conflict, "no");
    if (exchange.request().path == "/late") {
      ResponseHead head;
      head.length = 100;
      co_await exchange.start(std::move(head));
      co_await exchange.write_text("part");
      throw Error(Errc::io, "broken");
    }
    co_await echo(exchange);
  };
  auto act = [](base::Env&, Http2Client& client, ServerCore&) -> Task<void> {
    EXPECT_EQ((co_await client.answer(client.ask(Http2Client::get("/early")))).status, "409");
    auto late = co_await client.answer(client.ask(Http2Client::get("/late")));
    EXPECT_FALSE(late.ended);
    EXPECT_EQ(late.error, unsigned{NGHTTP2_INTERNAL_ERROR});
    EXPECT_EQ((co_await client.answer(client.ask(Http2Client::get("/")))).body, "GET /\n");
  };
  serve(handler, act);
}

TEST_F(Http2Test, AnAnswerBeforeTheEndOfTheBodyEndsTheUpload) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    Response response;
    response.status = 403;
    response.body = "no";
    co_await exchange.send(std::move(response));
  };
  auto act = [](base::Env&, Http2Client& client, ServerCore&) -> Task<void> {
    for (int i = 0; i < 10; ++i) {
      std::string body(1u << 20, 'x');
      auto answer = co_await client.answer(client.ask(Http2Client::put("/"), &body));
      EXPECT_EQ(answer.status, "403") << "also when the connection's window was used up by bodies nobody read: " << i;
      EXPECT_EQ(answer.body, "no");
      EXPECT_TRUE(answer.ended);
    }
  };
  serve(handler, act);
}

TEST_F(Http2Test, AResetStreamIsGone) {
  int gone = 0;
  auto handler = [&gone](Exchange& exchange) -> Task<void> {
    ResponseHead head;
    co_await exchange.start(std::move(head));
    co_await exchange.write_text("here");
    co_await exchange.until_gone();
    ++gone;
  };
  auto act = [&gone](base::Env& on, Http2Client& client, ServerCore&) -> Task<void> {
    auto id = client.ask(Http2Client::get("/"));
    while (client.answers[id].body != "here") co_await client.changed.wait();
    nghttp2_submit_rst_stream(client.session(), 0, id, NGHTTP2_CANCEL);
    client.flush();
    while (gone == 0) co_await on.sleep(1ms);
    EXPECT_FALSE(client.ended);
  };
  serve(handler, act);
}

TEST_F(Http2Test, TooManyResetsEndTheConnection) {
  std::size_t most = 0;
  options.max_streams = 20;
  auto handler = [&most, this](Exchange&) -> Task<void> {
    struct Counted {
      explicit Counted(std::size_t& of) : count(of) { ++count; }
      ~Counted() { --count; }
      std::size_t& count;
    };
    static std::size_t running = 0;
    Counted counted(running);
    most = std::max(most, running);
    co_await env.sleep(300ms);
  };
  auto act = [](base::Env& on, Http2Client& client, ServerCore&) -> Task<void> {
    for (int i = 0; i < 1000 && !client.ended; ++i) {
      auto id = client.ask(Http2Client::get("/"));
      co_await on.sleep(100us);
      nghttp2_submit_rst_stream(client.session(), 0, id, NGHTTP2_CANCEL);
      client.flush();
    }
    co_await client.until_ended();
    EXPECT_EQ(client.goaway, unsigned{NGHTTP2_ENHANCE_YOUR_CALM});
  };
  serve(handler, act);
  EXPECT_LE(most, 40u) << "handlers of streams that were reset count as well";
}

TEST_F(Http2Test, MakingTheServerResetEndsTheConnection) {
  auto handler = [this](Exchange&) -> Task<void> { co_await env.sleep(50ms); };
  auto act = [](base::Env& on, Http2Client& client, ServerCore&) -> Task<void> {
    for (int i = 0; i < 1000 && !client.ended; ++i) {
      auto id = client.ask(Http2Client::get("/"));
      co_await on.sleep(100us);
      // WINDOW_UPDATE beyond the greatest window: an error of the stream
      std::string update("\0\0\x04\x08\0\0\0\0\0\x7f\xff\xff\xff", 13);
      update[8] = static_cast<char>(id);
      update[7] = static_cast<char>(id >> 8);
      auto write = [](base::Stream& to, std::string text) -> Task<void> { co_await to.write(base::as_bytes(text)); };
      co_await code_of(write(client.stream(), update));
    }
    co_await client.until_ended();
    EXPECT_EQ(client.goaway, unsigned{NGHTTP2_ENHANCE_YOUR_CALM});
  };
  serve(handler, act);
}

TEST_F(Http2Test, OneThatAsksAndDoesNotReadIsBounded) {
  options.stall_time = 300ms;
  auto act = [](base::Env& on, Http2Client&, ServerCore& core) -> Task<void> {
    base::Endpoint any{"127.0.0.1", 0};
    auto listener = co_await on.network().listen(any);
    auto shared = std::shared_ptr<ServerCore>(&core, [](ServerCore*) {});
    auto stream = co_await on.network().connect(listener->endpoint());
    base::TaskGroup hosting(on);
    hosting.spawn(host_http2(shared, co_await listener->accept()));
    // The heads of requests without a path, each of which is answered with RST_STREAM, and never a byte read.
    std::string text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\x04\0\0\0\0\0", 9);
    for (int id = 1; id < 2'000'000; id += 2) {
      std::string frame("\0\0\x02\x01\x05\0\0\0\0\x82\x87", 11);
      for (int byte = 0; byte < 4; ++byte) frame[5 + byte] = static_cast<char>(id >> (24 - 8 * byte));
      text += frame;
    }
    auto write = [](base::Stream& to, std::string bytes) -> Task<void> { co_await to.write(base::as_bytes(bytes)); };
    EXPECT_EQ(co_await code_of(write(*stream, text)), Errc::unavailable) << "the server ended it";
    co_await hosting.join();
  };
  serve(echo, act);
}

TEST_F(Http2Test, FloodsOfControlFramesEndTheConnection) {
  for (std::string frame : {std::string("\0\0\x08\x06\0\0\0\0\0abcdefgh", 17),           // PING
                            std::string("\0\0\0\x04\0\0\0\0\0", 9),                      // SETTINGS
                            std::string("\0\0\x05\x02\0\0\0\0\x01\0\0\0\0\x10", 14)}) {  // PRIORITY
    auto act = [frame](base::Env& on, Http2Client& client, ServerCore&) -> Task<void> {
      co_await client.answer(client.ask(Http2Client::get("/")));
      std::string flood;
      for (int i = 0; i < 2000; ++i) flood += frame;
      auto write = [](base::Stream& to, std::string text) -> Task<void> { co_await to.write(base::as_bytes(text)); };
      base::TaskGroup group(on);
      group.spawn(write(client.stream(), flood));
      co_await client.until_ended();
      co_await code_of(group.join());
      EXPECT_NE(client.goaway, unsigned{NGHTTP2_NO_ERROR});
    };
    serve(echo, act);
  }
}

TEST_F(Http2Test, NoiseAndSilenceAreLetGo) {
  options.head_time = 150ms;
  options.idle_time = 150ms;
  auto act = [](base::Env& on, Http2Client& client, ServerCore& core) -> Task<void> {
    base::Endpoint any{"127.0.0.1", 0};
    auto listener = co_await on.network().listen(any);
    auto shared = std::shared_ptr<ServerCore>(&core, [](ServerCore*) {});
    for (std::string text : {"", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                             "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff"}) {
      auto raw = co_await Raw::to(on, listener->endpoint());
      base::TaskGroup hosting(on);
      hosting.spawn(host_http2(shared, co_await listener->accept()));
      co_await raw.say(text);
      co_await code_of([](Raw& of) -> Task<void> { co_await of.rest(); }(raw));
      co_await hosting.join();
    }
    co_await client.answer(client.ask(Http2Client::get("/")));
    co_await client.until_ended();
    EXPECT_EQ(client.goaway, unsigned{NGHTTP2_NO_ERROR}) << "idle for too long";
  };
  options.idle_time = 2s;
  serve(echo, act);
}

TEST_F(Http2Test, DrainingLetsStreamsFinish) {
  base::Signal go(env.executor());
  auto handler = [&go](Exchange& exchange) -> Task<void> {
    co_await go.wait();
    co_await echo(exchange);
  };
  auto act = [&go](base::Env& on, Http2Client& client, ServerCore& core) -> Task<void> {
    auto id = client.ask(Http2Client::get("/"));
    while (core.in_flight == 0) co_await on.sleep(1ms);
    core.draining = true;
    core.hosted.front()->connection->drain();
    while (client.goaway != NGHTTP2_NO_ERROR) co_await client.changed.wait();
    EXPECT_FALSE(client.ended);
    go.wake_all();
    auto answer = co_await client.answer(id);
    EXPECT_EQ(answer.body, "GET /\n");
    EXPECT_TRUE(answer.ended);
    co_await client.until_ended();
  };
  serve(handler, act);
}

}  // namespace
}  // namespace openmcp::http::test
