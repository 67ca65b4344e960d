// What stands before every route.
#include "api/router.hpp"

#include <boost/json.hpp>

#include "http/server.hpp"
#include "support/service_fixture.hpp"

namespace openmcp::api {
namespace {

using test::FakeExchange;
using test::ServiceFixture;

/// Answers who asked and what was matched.
void add_echo(Router& router, std::string method, std::string pattern, Role needs, ErrorForm errors = problem,
              bool own_auth = false) {
  Route route{
      .method = std::move(method), .pattern = std::move(pattern), .name = "echo", .needs = needs, .handler = {}};
  route.errors = errors;
  route.own_auth = own_auth;
  route.handler = [](Call& call) -> base::Task<void> {
    std::string text = call.caller.name + "/" + std::string(to_string(call.caller.role));
    for (const auto& value : call.path) text += "|" + value;
    if (!call.refused.empty()) text += "!" + std::string(call.refused);
    http::Response response{.status = 200, .headers = {}, .body = std::move(text)};
    co_await call.exchange.send(std::move(response));
  };
  router.add(std::move(route));
}

class RouterTest : public testing::Test {
protected:
  RouterTest() {
    add_echo(*server.router, "GET", "/open", Role::none);
    add_echo(*server.router, "GET", "/things/{id}", Role::reader);
    add_echo(*server.router, "PUT", "/things/{id}", Role::writer);
    add_echo(*server.router, "POST", "/things/{id}/parts", Role::writer);
    add_echo(*server.router, "GET", "/things/special", Role::reader);
    add_echo(*server.router, "GET", "/files/{*}", Role::none);
    add_echo(*server.router, "DELETE", "/things/{id}", Role::admin);
  }
  std::unique_ptr<FakeExchange> make(std::string method, std::string_view target, http::Headers headers = {}) {
    return std::make_unique<FakeExchange>(server.env, std::move(method), target, std::move(headers));
  }
  static std::string code(const FakeExchange& exchange) {
    auto document = boost::json::parse(exchange.body());
    EXPECT_EQ(document.at("status").as_int64(), exchange.status());
    EXPECT_EQ(document.at("request_id").as_string(), "request-1");
    return std::string(document.at("code").as_string());
  }
  bool page_has(const std::string& line) { return server.metrics.page(false).find(line + "\n") != std::string::npos; }

  ServiceFixture server;
};

TEST_F(RouterTest, MatchesLiteralsBeforeNamesBeforeTails) {
  EXPECT_EQ(server.as(Role::reader, "GET", "/things/special")->body(), "reader/reader");
  EXPECT_EQ(server.as(Role::reader, "GET", "/things/other")->body(), "reader/reader|other");
  EXPECT_EQ(server.ask("GET", "/files/a/b.txt")->body(), "anonymous/none|a/b.txt");
  EXPECT_EQ(server.ask("GET", "/files/")->body(), "anonymous/none|");
  EXPECT_EQ(server.as(Role::writer, "POST", "/things/x%2Fy/parts")->body(), "writer/writer|x/y");
  EXPECT_EQ(server.as(Role::reader, "GET", "/th%69ngs/%73pecial")->body(), "reader/reader");
  EXPECT_EQ(server.ask("GET", "/nowhere")->status(), 404u);
  EXPECT_EQ(server.ask("GET", "/things//parts")->status(), 404u);
}

TEST_F(RouterTest, RefusesPathsThatNothingHonestSends) {
  for (auto path : {"/files/../secret", "/files/%2e%2e/secret", "/files/a/.%2E/b", "/files/./a", "/files/a%2F..%2Fb",
                    "/files/%00", "/files/a%0", "/files/%zz", "/files/%", "/files/..", "/../open"}) {
    auto answer = server.ask("GET", path);
    EXPECT_EQ(answer->status(), 400u) << path;
    EXPECT_EQ(code(*answer), "invalid_argument") << path;
  }
  EXPECT_EQ(server.ask("GET", "/files/" + std::string(9000, 'a'))->status(), 400u);
  std::string deep = "/files";
  for (int i = 0; i < 400; ++i) deep += "/a";
  EXPECT_EQ(server.ask("GET", deep)->status(), 400u);
  EXPECT_EQ(server.ask("GET", "/files/..a/b..")->body(), "anonymous/none|..a/b..");
  EXPECT_EQ(server.ask("OPTIONS", "*")->status(), 404u);
  EXPECT_EQ(server.ask("GET", "/open?a=%")->status(), 400u);
}

TEST_F(RouterTest, AnswersHeadOptionsAndWrongMethods) {
  auto head = server.ask("HEAD", "/open");
  EXPECT_EQ(head->status(), 200u);
  EXPECT_EQ(head->body(), "");
  EXPECT_EQ(head->header("Content-Length"), "14");
  auto wrong = server.as(Role::admin, "POST", "/things/x");
  EXPECT_EQ(wrong->status(), 405u);
  EXPECT_EQ(wrong->header("Allow"), "DELETE, GET, HEAD, OPTIONS, PUT");
  EXPECT_EQ(code(*wrong), "method_not_allowed");
  auto options = server.ask("OPTIONS", "/things/x");  // without a token: browsers ask so
  EXPECT_EQ(options->status(), 204u);
  EXPECT_EQ(options->header("Allow"), "DELETE, GET, HEAD, OPTIONS, PUT");
  EXPECT_EQ(options->header("Access-Control-Allow-Origin"), "");
}

TEST_F(RouterTest, KnowsRoles) {
  EXPECT_EQ(server.as(Role::writer, "PUT", "/things/x")->status(), 200u);
  auto refused = server.as(Role::reader, "PUT", "/things/x");
  EXPECT_EQ(refused->status(), 403u);
  EXPECT_EQ(code(*refused), "insufficient_scope");
  auto challenge = refused->header("WWW-Authenticate");
  EXPECT_NE(challenge.find("error=\"insufficient_scope\""), std::string::npos) << challenge;
  EXPECT_NE(challenge.find("scope=\"writer\""), std::string::npos) << challenge;
  EXPECT_EQ(server.as(Role::writer, "DELETE", "/things/x")->status(), 403u);
  EXPECT_EQ(server.as(Role::admin, "DELETE", "/things/x")->status(), 200u);
  EXPECT_TRUE(page_has("openmcp_auth_failures_total{kind=\"role\"} 2"));
}

TEST_F(RouterTest, ChallengesCallersWithoutAToken) {
  auto answer = server.ask("GET", "/things/x");
  EXPECT_EQ(answer->status(), 401u);
  EXPECT_EQ(answer->header("WWW-Authenticate"),
            "Bearer realm=\"openmcp\", scope=\"reader\", "
            "resource_metadata=\"http://127.0.0.1:7777/.well-known/oauth-protected-resource\"");
  EXPECT_TRUE(page_has("openmcp_auth_failures_total{kind=\"missing\"} 1"));
  EXPECT_TRUE(page_has("openmcp_auth_failures_total{kind=\"expired\"} 0"));
}

TEST_F(RouterTest, RefusesTokensThatAreWrongOrOver) {
  auto good = server.secret(Role::reader);
  auto changed = good;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  auto revoked = test::run(server.env, server.auth->create("gone", Role::admin, "", {}));
  test::run(server.env, server.auth->revoke(revoked.token.id));
  auto elsewhere = test::run(server.env, server.auth->create("elsewhere", Role::admin, "other", {}));
  const auto soon = server.env.now() + std::chrono::seconds(1);
  auto brief = test::run(server.env, server.auth->create("brief", Role::admin, "", soon.time_since_epoch().count()));
  while (server.env.now() < soon) test::run(server.env, server.env.sleep(std::chrono::milliseconds(20)));

  struct Case {
    std::string field, kind;
  };
  for (const auto& [field, kind] : std::vector<Case>{{"Bearer " + changed, "unknown"},
                                                     {"Bearer " + good + "x", "malformed"},
                                                     {"Bearer ", "malformed"},
                                                     {"Bearer nonsense", "malformed"},
                                                     {"Basic dXNlcjpwYXNz", "malformed"},
                                                     {"Bearer " + revoked.secret, "revoked"},
                                                     {"Bearer " + elsewhere.secret, "audience"},
                                                     {"Bearer " + brief.secret, "expired"}}) {
    auto answer = server.ask("GET", "/things/x", {{"Authorization", field}});
    EXPECT_EQ(answer->status(), 401u) << kind;
    EXPECT_NE(answer->header("WWW-Authenticate").find("error=\"invalid_token\""), std::string::npos) << kind;
    EXPECT_EQ(code(*answer), "invalid_token");
    EXPECT_NE(server.metrics.page(false).find("openmcp_auth_failures_total{kind=\"" + kind + "\"}"), std::string::npos);
  }
  EXPECT_TRUE(page_has("openmcp_auth_failures_total{kind=\"malformed\"} 4"));
  EXPECT_EQ(server.ask("GET", "/things/x", {{"Authorization", "bEARER " + good}})->status(), 200u);

  test::run(server.env, server.audit->flush());
  auto log = server.file("audit.log");
  for (const auto& secret : {good, changed, revoked.secret, elsewhere.secret, brief.secret})
    EXPECT_EQ(log.find(secret.substr(18)), std::string::npos);
  EXPECT_NE(log.find("\"auth.refused\""), std::string::npos);
  EXPECT_NE(log.find("revoked, from 127.0.0.1"), std::string::npos);
}

TEST_F(RouterTest, TakesNoTokenFromTheQuery) {
  auto answer = server.ask("GET", "/things/x?access_token=" + server.secret(Role::admin));
  EXPECT_EQ(answer->status(), 401u);
  EXPECT_NE(answer->body().find("query string"), std::string::npos);
  EXPECT_EQ(answer->body().find(server.secret(Role::admin)), std::string::npos);
}

TEST_F(RouterTest, TakesTheSocketFileForItsOwner) {
  auto exchange = make("DELETE", "/things/x");
  exchange->asked().peer = {};
  exchange->asked().authority = "anything";
  EXPECT_EQ(server.ask(std::move(exchange))->body(), "local/admin|x");
}

TEST_F(RouterTest, RefusesForeignHosts) {
  for (auto host : {"127.0.0.1:7777", "localhost:7777", "LOCALHOST:7777", "[::1]:7777"}) {
    auto exchange = make("GET", "/open");
    exchange->asked().authority = host;
    EXPECT_EQ(server.ask(std::move(exchange))->status(), 200u) << host;
  }
  for (auto host : {"evil.example:7777", "127.0.0.1:7778", "127.0.0.1", "localhost.evil.example:7777", "", "localhost",
                    "127.0.0.1:7777.evil.example", "192.168.1.5:7777", "localhost:7777:7777", "localhost:07777"}) {
    auto exchange = make("GET", "/open");
    exchange->asked().authority = host;
    auto answer = server.ask(std::move(exchange));
    EXPECT_EQ(answer->status(), 421u) << host;
    EXPECT_EQ(code(*answer), "misdirected");
  }
}

TEST_F(RouterTest, AllowsTheHostsItListensAtAndThoseThatWereNamed) {
  RouterOptions options = ServiceFixture::unlimited();
  options.hosts = {"openmcp.example", "other.example:9000"};
  ServiceFixture named(options);
  add_echo(*named.router, "GET", "/open", Role::none);
  auto status = [&named](std::string host) {
    auto exchange = std::make_unique<FakeExchange>(named.env, "GET", "/open");
    exchange->asked().authority = std::move(host);
    return named.ask(std::move(exchange))->status();
  };
  EXPECT_EQ(status("openmcp.example"), 200u);
  EXPECT_EQ(status("OpenMCP.example:443"), 200u);
  EXPECT_EQ(status("other.example:9000"), 200u);
  EXPECT_EQ(status("other.example"), 421u);
  EXPECT_EQ(status("192.168.1.5:7777"), 421u);
  named.router->listening({{"192.168.1.5", 7777}, {"0.0.0.0", 8000}, {"/run/openmcp.sock", 0}});
  EXPECT_EQ(status("192.168.1.5:7777"), 200u);
  EXPECT_EQ(status("localhost:7777"), 200u);
  EXPECT_EQ(status("10.1.2.3:8000"), 200u);  // an address is not rebound
  EXPECT_EQ(status("[2001:db8::1]:8000"), 200u);
  EXPECT_EQ(status("10.1.2.3:7777"), 421u);
  EXPECT_EQ(status("name.example:8000"), 421u);
}

TEST_F(RouterTest, RefusesForeignOrigins) {
  for (auto origin : {"null", "http://evil.example", "https://127.0.0.1:7777.evil.example", "http://127.0.0.1:7780",
                      "http://localhost", "file://", "", "http://localhost:7777/path"}) {
    auto answer = server.ask("GET", "/open", {{"Origin", origin}});
    EXPECT_EQ(answer->status(), 403u) << origin;
    EXPECT_EQ(code(*answer), "origin");
    EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "");
    EXPECT_EQ(
        server.ask("OPTIONS", "/things/x", {{"Origin", origin}, {"Access-Control-Request-Method", "PUT"}})->status(),
        403u);
  }
  for (auto origin : {"http://127.0.0.1:7777", "http://localhost:7777", "http://[::1]:7777"}) {
    auto answer = server.ask("GET", "/open", {{"Origin", origin}});
    EXPECT_EQ(answer->status(), 200u) << origin;
    EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "");
  }
  EXPECT_TRUE(page_has("openmcp_origin_rejected_total 16"));
}

TEST_F(RouterTest, LetsListedOriginsIn) {
  RouterOptions options = ServiceFixture::unlimited();
  options.origins = {"http://localhost:3000", "https://App.example/"};
  ServiceFixture open(options);
  add_echo(*open.router, "PUT", "/things/{id}", Role::writer);
  auto preflight = open.ask("OPTIONS", "/things/x",
                            {{"Origin", "http://localhost:3000"},
                             {"Access-Control-Request-Method", "PUT"},
                             {"Access-Control-Request-Headers", "authorization,content-type,mcp-param-x"}});
  EXPECT_EQ(preflight->status(), 204u);
  EXPECT_EQ(preflight->header("Access-Control-Allow-Origin"), "http://localhost:3000");
  EXPECT_EQ(preflight->header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(preflight->header("Access-Control-Allow-Methods"), "OPTIONS, PUT");
  EXPECT_EQ(preflight->header("Access-Control-Allow-Headers"), "authorization,content-type,mcp-param-x");
  EXPECT_EQ(preflight->header("Vary"), "Origin");
  auto refused = open.ask("PUT", "/things/x", {{"Origin", "https://app.example"}});
  EXPECT_EQ(refused->status(), 401u);  // the page may read why
  EXPECT_EQ(refused->header("Access-Control-Allow-Origin"), "https://app.example");
}

TEST_F(RouterTest, SetsSecurityHeadersAndLetsHandlersChooseTheirs) {
  for (auto path : {"/open", "/things/x", "/nowhere"}) {
    auto answer = server.ask("GET", path);
    EXPECT_EQ(answer->header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer->header("X-Frame-Options"), "DENY");
    EXPECT_EQ(answer->header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(answer->header("Cache-Control"), "no-store");
  }
  Route cached{.method = "GET", .pattern = "/cached", .name = "cached", .needs = Role::none, .handler = {}};
  cached.handler = [](Call& call) -> base::Task<void> {
    http::Response response{.status = 200, .headers = {{"Cache-Control", "max-age=60"}}, .body = "x"};
    co_await call.exchange.send(std::move(response));
  };
  server.router->add(cached);
  EXPECT_EQ(server.ask("GET", "/cached")->headers().all("Cache-Control").size(), 1u);
}

TEST_F(RouterTest, NeedsTheSessionsValueForChangesByCookie) {
  auto caller = test::run(server.env, [](Auth& auth, std::string secret) -> base::Task<Caller> {
    co_return base::unwrap(auth.check(secret));
  }(*server.auth, server.secret(Role::writer)));
  auto started = server.router->sessions().start(caller, false);
  EXPECT_NE(started.cookie.find("; HttpOnly; SameSite=Strict"), std::string::npos);
  EXPECT_EQ(started.cookie.find("Secure"), std::string::npos);
  auto cookie = "other=1; " + started.cookie.substr(0, started.cookie.find(';')) + "; more=2";

  EXPECT_EQ(server.ask("GET", "/things/x", {{"Cookie", cookie}})->body(), "writer/writer|x");
  auto without = server.ask("PUT", "/things/x", {{"Cookie", cookie}});
  EXPECT_EQ(without->status(), 403u);
  EXPECT_EQ(code(*without), "csrf");
  auto wrong = started.session.csrf;
  wrong[5] = wrong[5] == 'x' ? 'y' : 'x';
  EXPECT_EQ(server.ask("PUT", "/things/x", {{"Cookie", cookie}, {"X-OpenMCP-CSRF", wrong}})->status(), 403u);
  EXPECT_EQ(server.ask("PUT", "/things/x", {{"Cookie", cookie}, {"X-OpenMCP-CSRF", started.session.csrf}})->status(),
            200u);
  // A page of another port of this machine is the same site, but another origin.
  EXPECT_EQ(server.ask("GET", "/things/x", {{"Cookie", cookie}, {"Sec-Fetch-Site", "same-site"}})->status(), 401u);
  EXPECT_EQ(server.ask("GET", "/things/x", {{"Cookie", cookie}, {"Sec-Fetch-Site", "same-origin"}})->status(), 200u);
  EXPECT_EQ(server.ask("GET", "/things/x", {{"Cookie", "openmcp_session=" + std::string(43, 'A')}})->status(), 401u);

  test::run(server.env, server.auth->revoke(server.token_id(Role::writer)));
  EXPECT_EQ(server.ask("GET", "/things/x", {{"Cookie", cookie}})->status(), 401u);
}

TEST_F(RouterTest, LimitsRates) {
  RouterOptions options;
  options.per_token = {0.001, 3};
  options.per_address = {0.001, 20};
  ServiceFixture limited(options);
  add_echo(*limited.router, "GET", "/things/{id}", Role::reader);
  add_echo(*limited.router, "GET", "/open", Role::none);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limited.as(Role::reader, "GET", "/things/x")->status(), 200u);
  auto over = limited.as(Role::reader, "GET", "/things/x");
  EXPECT_EQ(over->status(), 429u);
  EXPECT_EQ(code(*over), "rate_limited");
  EXPECT_GT(std::stoi(over->header("Retry-After")), 0);
  EXPECT_EQ(limited.as(Role::writer, "GET", "/things/x")->status(), 200u);  // another token

  // Two bad tokens cost what twenty requests do.
  const http::Headers bad{{"Authorization", "Bearer nonsense"}};
  EXPECT_EQ(limited.ask("GET", "/things/x", bad)->status(), 401u);
  EXPECT_EQ(limited.ask("GET", "/things/x", bad)->status(), 401u);
  EXPECT_EQ(limited.ask("GET", "/things/x", bad)->status(), 429u);
  EXPECT_EQ(limited.ask("GET", "/open")->status(), 429u);
  EXPECT_EQ(limited.as(Role::writer, "GET", "/things/x")->status(), 200u);  // whoever has a token is not locked out
  auto other = std::make_unique<FakeExchange>(limited.env, "GET", "/open");
  other->asked().peer = {"127.0.0.2", 1};
  EXPECT_EQ(limited.ask(std::move(other))->status(), 200u);
}

TEST_F(RouterTest, LetsAnonymousCallersDoWhatTheyMay) {
  RouterOptions options = ServiceFixture::unlimited();
  options.anonymous = Role::reader;
  ServiceFixture open(options);
  add_echo(*open.router, "GET", "/things/{id}", Role::reader);
  add_echo(*open.router, "PUT", "/things/{id}", Role::writer);
  EXPECT_EQ(open.ask("GET", "/things/x")->body(), "anonymous/reader|x");
  EXPECT_EQ(open.ask("PUT", "/things/x")->status(), 401u);
  // A bad token is not the same as none.
  EXPECT_EQ(open.ask("GET", "/things/x", {{"Authorization", "Bearer nonsense"}})->status(), 401u);
}

TEST_F(RouterTest, LeavesTokensToRoutesThatDecideThemselves) {
  add_echo(*server.router, "POST", "/own", Role::reader, problem, true);
  EXPECT_EQ(server.ask("POST", "/own")->body(), "anonymous/none");
  EXPECT_EQ(server.ask("POST", "/own", {{"Authorization", "Bearer nonsense"}})->body(), "anonymous/none!malformed");
  EXPECT_EQ(server.as(Role::reader, "POST", "/own")->body(), "reader/reader");
  EXPECT_EQ(server.ask("POST", "/own", {{"Origin", "null"}})->status(), 403u);
}

TEST_F(RouterTest, AnswersErrorsInTheFormOfTheRoute) {
  auto add = [this](std::string pattern, ErrorForm form, auto thrown) {
    Route route{.method = "GET", .pattern = std::move(pattern), .name = "fails", .needs = Role::none, .handler = {}};
    route.errors = form;
    route.handler = [thrown](Call&) -> base::Task<void> {
      throw thrown;
      co_return;
    };
    server.router->add(std::move(route));
  };
  const base::Error missing(base::Errc::not_found, "no context 7", "see the list");
  const base::Error broken(base::Errc::internal, "invariant of /secret/path", "nothing");
  add("/problem", problem, missing);
  add("/fastapi", fastapi_error, missing);
  add("/plain", plain_error, missing);
  add("/internal", problem, broken);
  add("/fastapi-internal", fastapi_error, broken);
  add("/other", problem, std::runtime_error("of /secret/path"));
  add("/exact", problem, Answer{{.status = 418, .headers = {{"X-Kind", "exact"}}, .body = "tea"}});
  add("/http", fastapi_error, HttpError(412, "precondition_failed", "another version", "", {{"ETag", "\"x\""}}));

  auto answer = server.ask("GET", "/problem");
  EXPECT_EQ(answer->status(), 404u);
  EXPECT_EQ(answer->header("Content-Type"), "application/problem+json");
  EXPECT_EQ(code(*answer), "not_found");
  EXPECT_EQ(boost::json::parse(answer->body()).at("hint").as_string(), "see the list");
  answer = server.ask("GET", "/fastapi");
  EXPECT_EQ(answer->body(), "{\"detail\":\"no context 7 (see the list)\"}");
  EXPECT_EQ(server.ask("GET", "/plain")->body(), "no context 7 (see the list)\n");
  for (auto path : {"/internal", "/other", "/fastapi-internal"}) {
    answer = server.ask("GET", path);
    EXPECT_EQ(answer->status(), 500u);
    EXPECT_EQ(answer->body().find("secret"), std::string::npos) << answer->body();
  }
  answer = server.ask("GET", "/exact");
  EXPECT_EQ(answer->status(), 418u);
  EXPECT_EQ(answer->header("X-Kind"), "exact");
  EXPECT_EQ(answer->header("X-Content-Type-Options"), "nosniff");
  answer = server.ask("GET", "/http");
  EXPECT_EQ(answer->status(), 412u);
  EXPECT_EQ(answer->header("ETag"), "\"x\"");
}

TEST_F(RouterTest, DoesNotPutAnErrorBehindAnAnswer) {
  Route route{.method = "GET", .pattern = "/half", .name = "half", .needs = Role::none, .handler = {}};
  route.handler = [](Call& call) -> base::Task<void> {
    http::ResponseHead head{.status = 200, .headers = {}, .length = 10};
    co_await call.exchange.start(std::move(head));
    throw base::Error(base::Errc::io, "the disk failed");
  };
  server.router->add(route);
  FakeExchange exchange(server.env, "GET", "/half");
  EXPECT_THROW(test::run(server.env, server.router->handle(exchange)), base::Error);
  EXPECT_FALSE(exchange.finished());
}

TEST_F(RouterTest, TakesJsonOnlyAsJson) {
  Route route{.method = "POST", .pattern = "/json", .name = "json", .needs = Role::none, .handler = {}};
  route.handler = [](Call& call) -> base::Task<void> {
    auto body = co_await json_body(call, 8);
    co_await send_json(call, std::move(body));
  };
  server.router->add(route);
  auto status = [this](std::string type, std::string body) {
    http::Headers headers;
    if (!type.empty()) headers.add("Content-Type", type);
    return server.ask("POST", "/json", headers, std::move(body))->status();
  };
  EXPECT_EQ(status("application/json", "{}"), 200u);
  EXPECT_EQ(status("Application/JSON ; charset=utf-8", "{}"), 200u);
  EXPECT_EQ(status("application/merge-patch+json", "{}"), 200u);
  EXPECT_EQ(status("application/json", "123456789"), 413u);
  for (auto type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"})
    EXPECT_EQ(status(type, "{}"), 415u) << type;
}

TEST_F(RouterTest, CountsAnswersByRoute) {
  EXPECT_TRUE(page_has("openmcp_http_requests_total{code=\"200\",method=\"GET\",route=\"echo\"} 0"));
  http::Request request;
  request.method = "GET";
  auto done = [&](std::string_view route, unsigned status) {
    server.router->done(
        {.request = request, .route = route, .caller = "", .status = status, .took = std::chrono::milliseconds(3)});
  };
  done("echo", 200);
  done("echo", 200);
  done("echo", 503);
  request.method = "BREW";
  done("", 404);
  EXPECT_TRUE(page_has("openmcp_http_requests_total{code=\"200\",method=\"GET\",route=\"echo\"} 2"));
  EXPECT_TRUE(page_has("openmcp_http_requests_total{code=\"503\",method=\"GET\",route=\"echo\"} 1"));
  EXPECT_TRUE(page_has("openmcp_http_requests_total{code=\"404\",method=\"other\",route=\"none\"} 1"));
  EXPECT_TRUE(page_has("openmcp_http_request_duration_seconds_bucket{route=\"echo\",le=\"0.005\"} 3"));
  EXPECT_TRUE(page_has("openmcp_http_in_flight 0"));
}

TEST_F(RouterTest, CountsReadsAndFailedWritesOfContexts) {
  auto add = [this](std::string method, std::string pattern, std::string_view name, Role needs) {
    Route route{
        .method = std::move(method), .pattern = std::move(pattern), .name = name, .needs = needs, .handler = {}};
    server.router->add(std::move(route));
  };
  add("GET", "/c/{id}", "context_get", Role::reader);
  add("PUT", "/c/{id}", "context_put", Role::writer);
  http::Request request;
  auto done = [&](std::string method, std::string_view route, unsigned status) {
    request.method = std::move(method);
    server.router->done({.request = request, .route = route, .caller = "", .status = status});
  };
  done("GET", "context_get", 200);
  done("HEAD", "context_get", 304);
  done("GET", "context_get", 404);
  done("PUT", "context_put", 200);
  done("PUT", "context_put", 412);
  done("PUT", "context_put", 507);
  done("OPTIONS", "context_put", 405);
  done("PUT", "echo", 500);
  EXPECT_TRUE(page_has("openmcp_context_read_seconds_count 2"));
  EXPECT_TRUE(page_has("openmcp_context_writes_total{result=\"refused\"} 1"));
  EXPECT_TRUE(page_has("openmcp_context_writes_total{result=\"error\"} 1"));
}

TEST_F(RouterTest, RefusesToHaveTwoRoutesInOnePlace) {
  EXPECT_THROW(add_echo(*server.router, "GET", "/things/{other}", Role::none), base::Error);
  EXPECT_THROW(add_echo(*server.router, "GET", "things", Role::none), base::Error);
  EXPECT_THROW(add_echo(*server.router, "GET", "/a/{*}/b", Role::none), base::Error);
  EXPECT_THROW(add_echo(*server.router, "GET", "/a/{b", Role::none), base::Error);
}

}  // namespace
}  // namespace openmcp::api
