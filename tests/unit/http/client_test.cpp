// The client against our server, and against servers that misbehave.
#include "http/client.hpp"

#include <fmt/format.h>

#include "unit/http/fixture.hpp"

namespace openmcp::http::test {
namespace {

class ClientTest : public ServerTest {
protected:
  /// Runs `act` against a listener whose connections get `script` in turn: read until an empty line, then say it, then
  /// close.
  template <class Act>
  void against(std::vector<std::string> scripts, Act act) {
    auto main = [](base::Env& on, std::vector<std::string> says, Act& body) -> Task<void> {
      base::Endpoint any{"127.0.0.1", 0};
      auto listener = co_await on.network().listen(any);
      auto answer = [](base::Listener& at, std::vector<std::string> texts) -> Task<void> {
        for (auto& text : texts) {
          Raw raw(co_await at.accept());
          if (co_await code_of([](Raw& of) -> Task<void> { co_await of.until("\r\n\r\n"); }(raw)) != Errc::internal) {
            continue;
          }
          co_await raw.say(text);
        }
      };
      base::TaskGroup group(on);
      group.spawn(answer(*listener, std::move(says)));
      co_await body(on, listener->endpoint());
      group.cancel();
      co_await code_of(group.join());
    };
    env.run_until_done(main(env, std::move(scripts), act));
  }
};

std::string url_of(const base::Endpoint& at, std::string_view target) {
  return fmt::format("http://{}:{}{}", at.host, at.port, target);
}

Task<std::string> get(Client& client, std::string url, unsigned expected = 200) {
  ClientRequest request;
  request.url = std::move(url);
  auto response = co_await client.send(std::move(request));
  EXPECT_EQ(response.status, expected);
  co_return co_await response.read_all(10u << 20);
}

Task<Errc> get_code(Client& client, std::string url) {
  auto act = [](Client& with, std::string to) -> Task<void> { co_await get(with, std::move(to)); };
  co_return co_await code_of(act(client, std::move(url)));
}

TEST_F(ClientTest, AsksOverOneConnection) {
  auto act = [](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    Client client(on, {});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(co_await get(client, url_of(at, "/a?b")), "GET /a?b\n");
    ClientRequest post;
    post.method = "POST";
    post.url = url_of(at, "/p");
    post.body = std::string(100'000, 'x');
    auto response = co_await client.send(std::move(post));
    EXPECT_EQ(co_await response.read_all(1u << 20), "POST /p\n" + std::string(100'000, 'x'));
    EXPECT_EQ(response.headers.get("content-type"), "text/plain");
    EXPECT_EQ(server.stats().connections, 1u);
  };
  serve(echo, act);
}

TEST_F(ClientTest, StreamsBodies) {
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    Client client(on, {});
    for (bool known : {false, true}) {
      ClientRequest put;
      put.method = "PUT";
      put.url = url_of(at, "/");
      int pieces = 0;
      auto piece = [&pieces](base::MutableBytes into) -> Task<std::size_t> {
        if (pieces == 10) co_return 0;
        std::size_t size = 1000 + static_cast<std::size_t>(pieces++);
        std::fill_n(into.begin(), size, std::uint8_t('a'));
        co_return size;
      };
      put.stream = piece;
      if (known) put.stream_length = 10'045;
      auto response = co_await client.send(std::move(put));
      EXPECT_EQ(co_await response.read_all(1u << 20), "PUT /\n" + std::string(10'045, 'a'));
    }
    ClientRequest broken;
    broken.method = "PUT";
    broken.url = url_of(at, "/");
    broken.stream = [](base::MutableBytes) -> Task<std::size_t> {
      throw Error(Errc::io, "the source broke");
      co_return 0;
    };
    auto send = [](Client& with, ClientRequest request) -> Task<void> { co_await with.send(std::move(request)); };
    EXPECT_EQ(co_await code_of(send(client, std::move(broken))), Errc::io);
  };
  serve(echo, act);
}

TEST_F(ClientTest, ReadsAllFramings) {
  const std::vector<std::string> scripts{
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.0 200\r\n\r\nhello",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"};
  auto act = [&scripts](base::Env& on, base::Endpoint at) -> Task<void> {
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      Client client(on, {});
      EXPECT_EQ(co_await get(client, url_of(at, "/")), "hello") << scripts[i];
    }
  };
  against(scripts, act);
}

TEST_F(ClientTest, RefusesBadAnswers) {
  struct Case {
    std::string text;
    Errc code;
  };
  const std::vector<Case> cases{
      {"", Errc::unavailable},
      {"HTTP/1.1 200", Errc::unavailable},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", Errc::unavailable},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Errc::unavailable},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhellooo", Errc::invalid_argument},
      {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", Errc::invalid_argument},
      {"SSH-2.0-x\r\n\r\n", Errc::invalid_argument},
      {"HTTP/1.1 101 Switching\r\n\r\n", Errc::invalid_argument},
      {"HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'a') + "\r\n\r\n", Errc::invalid_argument},
  };
  std::vector<std::string> scripts;
  for (const auto& each : cases) scripts.push_back(each.text);
  auto act = [&cases](base::Env& on, base::Endpoint at) -> Task<void> {
    for (const auto& each : cases) {
      Client client(on, {});
      EXPECT_EQ(co_await get_code(client, url_of(at, "/")), each.code) << each.text;
    }
  };
  against(scripts, act);
}

TEST_F(ClientTest, ReplacesAKeptConnectionThatIsClosed) {
  // The scripts close behind each answer, as a server does that stops.
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  auto act = [](base::Env& on, base::Endpoint at) -> Task<void> {
    Client client(on, {});
    EXPECT_EQ(co_await get(client, url_of(at, "/")), "ok");
    EXPECT_EQ(co_await get(client, url_of(at, "/")), "ok");
    ClientRequest post;
    post.method = "POST";
    post.url = url_of(at, "/");
    auto send = [](Client& with, ClientRequest request) -> Task<void> { co_await with.send(std::move(request)); };
    EXPECT_EQ(co_await code_of(send(client, std::move(post))), Errc::unavailable)
        << "a POST may have been done: it is not repeated";
  };
  against({text, text}, act);
}

TEST_F(ClientTest, AnEarlyAnswerIsReadThoughTheBodyWasNotTaken) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    Response response;
    response.status = 413;
    response.body = "no";
    co_await exchange.send(std::move(response));
  };
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    Client client(on, {});
    ClientRequest put;
    put.method = "PUT";
    put.url = url_of(at, "/");
    put.body = std::string(500'000, 'x');
    auto response = co_await client.send(std::move(put));
    EXPECT_EQ(response.status, 413u);
  };
  serve(handler, act);
}

TEST_F(ClientTest, GivesUpOnServersThatStall) {
  auto handler = [this](Exchange& exchange) -> Task<void> {
    if (exchange.request().path == "/body") {
      ResponseHead head;
      co_await exchange.start(std::move(head));
      co_await exchange.write_text("part");
    }
    co_await code_of(env.sleep(1h));
  };
  auto act = [](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    ClientOptions options;
    options.stall_time = 100ms;
    {
      Client client(on, options);
      EXPECT_EQ(co_await get_code(client, url_of(at, "/head")), Errc::timeout);
      EXPECT_EQ(co_await get_code(client, url_of(at, "/body")), Errc::timeout);
    }
    co_await server.drain(0s);
  };
  serve(handler, act);
}

TEST_F(ClientTest, ConnectsOnlyWhereItIsAllowed) {
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    ClientOptions options;
    options.allowed = [](const base::Endpoint& to) { return to.host != "127.0.0.1"; };
    Client client(on, std::move(options));
    EXPECT_EQ(co_await get_code(client, url_of(at, "/")), Errc::permission);
    EXPECT_EQ(co_await get_code(client, "http://[127.0.0.1]/"), Errc::invalid_argument);
    EXPECT_EQ(co_await get_code(client, "gopher://127.0.0.1/"), Errc::invalid_argument);
    Client any(on, {});
    base::Endpoint nobody{at.host, 1};
    EXPECT_EQ(co_await get_code(any, url_of(nobody, "/")), Errc::unavailable);
  };
  serve(echo, act);
}

TEST_F(ClientTest, NamesAreResolved) {
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    Client client(on, {});
    // Where localhost is ::1 first, nobody listens there and the next address is tried.
    EXPECT_EQ(co_await get(client, fmt::format("http://localhost:{}/n", at.port)), "GET /n\n");
    EXPECT_NE(co_await get_code(client, "http://does-not-exist.invalid/"), Errc::internal);
  };
  serve(echo, act);
}

TEST_F(ClientTest, TalksToSocketFiles) {
  auto root = fmt::format("/tmp/openmcp-client-{}", ::getpid());
  auto act = [root](base::Env& on, Server& server, base::Endpoint) -> Task<void> {
    base::Endpoint file{root, 0};
    co_await server.listen(file);
    ClientOptions options;
    options.socket = root;
    Client client(on, std::move(options));
    EXPECT_EQ(co_await get(client, "http://store/x"), "GET /x\n");
  };
  serve(echo, act);
}

TEST_F(ClientTest, ADroppedAnswerClosesItsConnection) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    ResponseHead head;
    co_await exchange.start(std::move(head));
    for (;;) co_await exchange.write(base::SharedBytes(base::Bytes(100'000)));
  };
  auto act = [](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    Client client(on, {});
    {
      ClientRequest request;
      request.url = url_of(at, "/");
      auto response = co_await client.send(std::move(request));
      base::Bytes some(1000);
      EXPECT_GT(co_await response.read(some), 0u);
      EXPECT_EQ(co_await code_of([](ClientResponse& of) -> Task<void> { co_await of.read_all(1000); }(response)),
                Errc::too_large);
    }
    while (server.stats().connections > 0) co_await on.sleep(1ms);
  };
  serve(handler, act);
}

}  // namespace
}  // namespace openmcp::http::test
