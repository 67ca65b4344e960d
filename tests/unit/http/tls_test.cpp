#include "http/tls.hpp"

#include <fmt/format.h>

#include "http/client.hpp"
#include "support/certificate.hpp"
#include "support/temp_dir.hpp"
#include "unit/http/fixture.hpp"

namespace openmcp::http::test {
namespace {

class TlsTest : public ServerTest {
protected:
  TlsTest() {
    openmcp::test::Certificate own("DNS:localhost,IP:127.0.0.1");
    own.write(folder / "cert.pem", folder / "key.pem");
    options.tls = TlsFiles{folder / "cert.pem", folder / "key.pem"};
    trusting.ca_file = folder / "cert.pem";
  }

  static Task<std::string> get(Client& client, std::string url) {
    ClientRequest request;
    request.url = std::move(url);
    auto response = co_await client.send(std::move(request));
    co_return co_await response.read_all(100u << 20);
  }
  static Task<Errc> get_code(base::Env& on, ClientOptions with, std::string url) {
    Client client(on, std::move(with));
    auto act = [](Client& of, std::string to) -> Task<void> { co_await get(of, std::move(to)); };
    co_return co_await code_of(act(client, std::move(url)));
  }

  /// Runs curl with `arguments` away from the executor; what it prints.
  static Task<std::string> curl(base::Env& on, std::string arguments) {
    auto work = [arguments = std::move(arguments)] {
      std::string out;
      auto* pipe = ::popen(("curl -sS --noproxy '*' " + arguments + " 2>&1").c_str(), "r");
      if (!pipe) return out;
      char buffer[4096];
      for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
      ::pclose(pipe);
      return out;
    };
    co_return co_await on.run(std::move(work));
  }

  openmcp::test::TempDir folder;
  ClientOptions trusting;
};

TEST_F(TlsTest, BothEndsAreOurs) {
  auto handler = [](Exchange& exchange) -> Task<void> {
    EXPECT_EQ(exchange.request().scheme, "https");
    EXPECT_EQ(exchange.request().peer.host, "127.0.0.1");
    Response response;
    response.body = co_await exchange.read_all(10u << 20);
    response.body += exchange.request().path;
    co_await exchange.send(std::move(response));
  };
  auto act = [this](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    Client client(on, trusting);
    for (std::string host : {"127.0.0.1", "localhost"}) {
      auto url = fmt::format("https://{}:{}/x", host, at.port);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await get(client, url), "/x");
    }
    EXPECT_LE(server.stats().connections, 2u) << "connections are kept";
    ClientRequest put;
    put.method = "PUT";
    put.url = fmt::format("https://127.0.0.1:{}/end", at.port);
    put.body = std::string(3u << 20, 'y');
    auto expected = put.body + "/end";
    auto response = co_await client.send(std::move(put));
    EXPECT_TRUE(co_await response.read_all(10u << 20) == expected);
  };
  serve(handler, act);
}

TEST_F(TlsTest, TheClientTrustsOnlyWhatItShould) {
  openmcp::test::Certificate other("DNS:localhost,IP:127.0.0.1");
  other.write(folder / "other.pem", folder / "other-key.pem");
  auto act = [this](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto here = fmt::format("https://127.0.0.1:{}/", at.port);
    EXPECT_EQ(co_await get_code(on, {}, here), Errc::unavailable) << "not one of the system's authorities";
    ClientOptions stranger;
    stranger.ca_file = folder / "other.pem";
    EXPECT_EQ(co_await get_code(on, stranger, here), Errc::unavailable);
    EXPECT_EQ(co_await get_code(on, trusting, here), Errc::internal);
    EXPECT_EQ(co_await get_code(on, trusting, fmt::format("http://127.0.0.1:{}/", at.port)), Errc::unavailable)
        << "plain HTTP to a TLS port";
    ClientOptions missing;
    missing.ca_file = folder / "missing.pem";
    EXPECT_EQ(co_await get_code(on, missing, here), Errc::not_found);
    missing.ca_file = folder / "key.pem";
    EXPECT_EQ(co_await get_code(on, missing, here), Errc::invalid_argument);
  };
  serve(echo, act);
  openmcp::test::Certificate wrong_name("DNS:example.org");
  wrong_name.write(folder / "cert.pem", folder / "key.pem");
  auto named = [this](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    EXPECT_EQ(co_await get_code(on, trusting, fmt::format("https://127.0.0.1:{}/", at.port)), Errc::unavailable);
    EXPECT_EQ(co_await get_code(on, trusting, fmt::format("https://localhost:{}/", at.port)), Errc::unavailable);
  };
  serve(echo, named);
}

TEST_F(TlsTest, ANewCertificateIsTakenAndABadOneIsNot) {
  auto act = [this](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    auto here = fmt::format("https://127.0.0.1:{}/", at.port);
    openmcp::test::Certificate renewed("IP:127.0.0.1");
    renewed.write(folder / "cert.pem", folder / "new-key.pem");
    EXPECT_THROW(server.reload_tls(), Error) << "the key is the old one's";
    EXPECT_EQ(co_await get_code(on, trusting, here), Errc::unavailable) << "the old certificate goes on";
    std::filesystem::rename(folder / "new-key.pem", folder / "key.pem");
    server.reload_tls();
    EXPECT_EQ(co_await get_code(on, trusting, here), Errc::internal);
  };
  serve(echo, act);
  std::filesystem::remove(folder / "key.pem");
  auto listen = [](base::Env& on, ServerOptions with) -> Task<void> {
    Server server(on, std::move(with), echo);
    base::Endpoint any{"127.0.0.1", 0};
    co_await server.listen(any);
  };
  EXPECT_EQ(openmcp::test::run(env, code_of(listen(env, options))), Errc::not_found);
}

TEST_F(TlsTest, AClientThatNeverShakesHandsIsLetGo) {
  options.head_time = 100ms;
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto silent = co_await Raw::to(on, at);
    EXPECT_EQ(co_await silent.rest(), "");
    auto noise = co_await Raw::to(on, at);
    co_await noise.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_FALSE((co_await noise.rest()).starts_with("HTTP"));
  };
  serve(echo, act);
}

TEST_F(TlsTest, CurlSpeaksBothVersions) {
  auto version = openmcp::test::run(env, curl(env, "--version"));
  if (version.find("HTTP2") == std::string::npos) GTEST_SKIP() << "no curl with HTTP/2 here";
  auto handler = [](Exchange& exchange) -> Task<void> {
    auto body = co_await exchange.read_all(20u << 20);
    ResponseHead head;
    head.headers.add("X-Version", fmt::format("{}", exchange.request().version));
    co_await exchange.start(std::move(head));
    co_await exchange.write_text(exchange.request().method + " " + exchange.request().path + "\n");
    if (exchange.request().path == "/big") {
      for (int i = 0; i < 50; ++i) co_await exchange.write(base::SharedBytes(base::Bytes(100'000, 'z')));
    }
    co_await exchange.write_text(fmt::format("{}", body.size()));
    co_await exchange.finish();
  };
  base::Bytes upload(5'000'000, 'u');
  {
    auto file = env.disk().open(folder / "upload", base::OpenMode::create);
    file->write_at(0, upload);
  }
  auto act = [this](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto url = fmt::format("https://localhost:{}", at.port);
    auto ca = "--cacert " + folder / "cert.pem";
    for (std::string flag : {"--http1.1", "--http2"}) {
      auto expected = flag == "--http2" ? "20" : "11";
      auto got = co_await curl(on, fmt::format("{} {} -D - {}/a", flag, ca, url));
      EXPECT_NE(got.find(fmt::format("ersion: {}\r\n", expected)), std::string::npos) << got;
      EXPECT_TRUE(got.ends_with("GET /a\n0")) << got;
      auto up = co_await curl(on, fmt::format("{} {} -T {} {}/up", flag, ca, folder / "upload", url));
      EXPECT_EQ(up, "PUT /up\n5000000") << flag;
      auto big = co_await curl(on, fmt::format("{} {} {}/big {}/big -o {} -o {} -w '%{{size_download}} '", flag, ca,
                                               url, url, folder / "1", folder / "2"));
      EXPECT_EQ(big, "5000010 5000010 ") << flag;
      auto head = co_await curl(on, fmt::format("{} {} -I -w '%{{http_code}}' -o /dev/null {}/a", flag, ca, url));
      EXPECT_EQ(head, "200") << flag;
    }
    auto many = fmt::format("--http2 {} --parallel --parallel-max 30 '{}/n[1-200]' -o /dev/null -w '%{{http_code}}\\n'",
                            ca, url);
    auto codes = co_await curl(on, many);
    std::size_t answered = 0;
    for (auto found = codes.find("200\n"); found != std::string::npos; found = codes.find("200\n", found + 1))
      ++answered;
    EXPECT_EQ(answered, 200u) << codes;
  };
  serve(handler, act);
}

}  // namespace
}  // namespace openmcp::http::test
