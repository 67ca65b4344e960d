// Who may ask a gateway, with what, and how many at once.
#include "gateway_support.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::test {
namespace {

using testing::HasSubstr;

TEST_F(GatewayTest, PagesOfOtherOriginsMayRead) {
  for (auto& answer : {get("/ipfs/bafkqabtimvwgy3yk/"), ask("OPTIONS", "/ipfs/bafkqabtimvwgy3yk/")}) {
    EXPECT_LT(answer.status, 300u);
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "*");
    for (auto method : {"GET", "HEAD", "OPTIONS"})
      EXPECT_TRUE(answer.headers.has_token("Access-Control-Allow-Methods", method));
    for (auto name : {"Content-Type", "Range", "User-Agent", "X-Requested-With"})
      EXPECT_TRUE(answer.headers.has_token("Access-Control-Allow-Headers", name)) << name;
    for (auto name :
         {"Content-Range", "Content-Length", "X-Ipfs-Path", "X-Ipfs-Roots", "X-Chunked-Output", "X-Stream-Output"})
      EXPECT_TRUE(answer.headers.has_token("Access-Control-Expose-Headers", name)) << name;
  }
}

TEST_F(GatewayTest, OnlyReading) {
  for (auto method : {"POST", "PUT", "DELETE", "PATCH", "CONNECT"}) {
    auto answer = ask(method, "/ipfs/bafkqaaa");
    EXPECT_EQ(answer.status, 405u);
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD, OPTIONS");
  }
}

TEST_F(GatewayTest, ATokenWhereOneIsWanted) {
  TempDir temp;
  auto tokens = run(env, api::Auth::open(env, temp.path(), "default"));
  auto reader = run(env, tokens->create("reader", api::Role::reader, "", std::nullopt));
  auth = tokens.get();
  options.open = false;
  auto url = "/ipfs/bafkqabtimvwgy3yk";
  EXPECT_EQ(get(url).status, 401u);
  EXPECT_THAT(get(url).header("WWW-Authenticate"), HasSubstr("Bearer"));
  EXPECT_EQ(get(url, {{"Authorization", "Bearer wrong"}}).status, 401u);
  auto answer = get(url, {{"Authorization", "Bearer " + reader.secret}});
  EXPECT_EQ(answer.status, 200u);
  // What is behind a token stays out of caches that others use.
  EXPECT_EQ(answer.header("Cache-Control"), "private, max-age=29030400, immutable");
  run(env, tokens->revoke(reader.token.id));
  EXPECT_EQ(get(url, {{"Authorization", "Bearer " + reader.secret}}).status, 401u);
  // A preflight has no token.
  EXPECT_EQ(ask("OPTIONS", url).status, 204u);
}

TEST_F(GatewayTest, SoManyAtOnce) {
  options.max_concurrent = 0;
  auto answer = get("/ipfs/bafkqaaa");
  EXPECT_EQ(answer.status, 429u);
  EXPECT_EQ(answer.header("Retry-After"), "1");
}

TEST_F(GatewayTest, RoutingOnTheSamePort) {
  api::gateway::GatewayParts parts{.env = env, .blocks = store};
  std::string asked;
  parts.routing = [&asked](http::Exchange& exchange, api::Caller caller) -> base::Task<void> {
    asked = exchange.request().path + " " + caller.name;
    http::Response response{.status = 200, .headers = {}, .body = "{}"};
    co_await exchange.send(std::move(response));
  };
  auto gateway = api::gateway::make_gateway(parts, options);
  FakeExchange exchange(env, "GET", "/routing/v1/providers/bafkqaaa");
  run(env, gateway(exchange));
  EXPECT_EQ(asked, "/routing/v1/providers/bafkqaaa anonymous");
  EXPECT_EQ(get("/routing/v1/providers/bafkqaaa").status, 404u);
}

}  // namespace
}  // namespace openmcp::test
