// What the server says of itself, and to whom.
#include "api/ops/ops.hpp"

#include <boost/json.hpp>
#include <cstdlib>

#include "base/log.hpp"
#include "http/server.hpp"
#include "support/service_fixture.hpp"

namespace openmcp::api::ops {
namespace {

using test::FakeExchange;
using test::run;
using test::ServiceFixture;
namespace json = boost::json;

class OpsTest : public testing::Test {
protected:
  OpsTest() {
    OpsSources sources;
    sources.connections = [] { return std::size_t{3}; };
    add_ops(*server.router, *server.service, draining, sources);
  }
  context::CommitResult commit(const std::string& text) {
    context::CommitRequest request;
    request.content = base::SharedBytes(base::to_bytes(text));
    request.title = "title of " + text;
    return run(server.env, server.workspace->commit(std::move(request)));
  }
  static json::value parsed(const FakeExchange& exchange) {
    EXPECT_EQ(exchange.header("Content-Type"), "application/json") << exchange.body();
    return json::parse(exchange.body());
  }
  /// Logs in; the Cookie field and the session's value.
  std::pair<std::string, std::string> login(Role role) {
    auto answer = server.ask("POST", "/api/v1/session", {{"Content-Type", "application/json"}},
                             "{\"token\":\"" + server.secret(role) + "\"}");
    EXPECT_EQ(answer->status(), 200u) << answer->body();
    auto cookie = answer->header("Set-Cookie");
    return {cookie.substr(0, cookie.find(';')), std::string(parsed(*answer).at("csrf").as_string())};
  }

  bool draining = false;
  ServiceFixture server;
};

TEST_F(OpsTest, LivesWithoutAnything) {
  auto answer = server.ask("GET", "/livez");
  EXPECT_EQ(answer->status(), 200u);
  EXPECT_EQ(answer->body(), "ok\n");
  draining = true;
  run(server.env, server.workspace->close());
  EXPECT_EQ(server.ask("GET", "/livez")->status(), 200u);
}

TEST_F(OpsTest, IsReadyUntilItDrains) {
  auto answer = server.ask("GET", "/readyz");
  EXPECT_EQ(answer->status(), 200u);
  EXPECT_EQ(answer->body(), "ok\n");
  EXPECT_EQ(server.ask("GET", "/readyz?verbose")->body(),
            "[+]serving ok\n[+]store ok\n[+]catalog ok\n[+]search ok\nreadyz check passed\n");
  draining = true;
  answer = server.ask("GET", "/readyz");
  EXPECT_EQ(answer->status(), 503u);
  EXPECT_EQ(answer->body(), "[-]serving failed\n[+]store ok\n[+]catalog ok\n[+]search ok\nreadyz check failed\n");
}

TEST_F(OpsTest, IsNotReadyWithoutItsCatalog) {
  run(server.env, server.workspace->close());
  auto answer = server.ask("GET", "/readyz?verbose");
  EXPECT_EQ(answer->status(), 503u);
  EXPECT_EQ(answer->body(), "[+]serving ok\n[+]store ok\n[-]catalog failed\n[-]search failed\nreadyz check failed\n");
  auto health = parsed(*server.as(Role::reader, "GET", "/api/v1/server/health"));
  EXPECT_FALSE(health.at("ready").as_bool());
}

TEST_F(OpsTest, SaysWhatIsNotWell) {
  EXPECT_EQ(server.ask("GET", "/api/v1/server/health")->status(), 401u);
  auto health = parsed(*server.as(Role::reader, "GET", "/api/v1/server/health"));
  EXPECT_TRUE(health.at("ready").as_bool());
  std::vector<std::string> names;
  for (const auto& check : health.at("checks").as_array()) {
    names.emplace_back(check.at("name").as_string());
    EXPECT_TRUE(check.at("ok").as_bool()) << check;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"serving", "store", "catalog", "search", "audit", "space"}));
  run(server.env, server.audit->close());
  server.audit->record({.who = "x", .token = {}, .from = {}, .action = "lost", .target = {}, .detail = {}});
  health = parsed(*server.as(Role::reader, "GET", "/api/v1/server/health"));
  EXPECT_TRUE(health.at("ready").as_bool());  // it can still serve
  EXPECT_FALSE(health.at("checks").at(4).at("ok").as_bool());
}

TEST_F(OpsTest, TellsItsStatus) {
  commit("one");
  auto second = commit("two");
  auto status = parsed(*server.as(Role::reader, "GET", "/api/v1/server/status"));
  EXPECT_EQ(status.at("version").as_string(), "9.9.9");
  EXPECT_EQ(status.at("workspace").as_string(), "default");
  EXPECT_EQ(status.at("contexts").as_int64(), 2);
  EXPECT_EQ(status.at("versions").as_int64(), 2);
  EXPECT_EQ(status.at("by_type").at("other").as_int64(), 2);
  EXPECT_EQ(status.at("content_bytes").as_int64(), 6);
  EXPECT_EQ(status.at("blocks").as_int64(), 6);
  EXPECT_EQ(status.at("pins").as_int64(), 2);
  EXPECT_EQ(status.at("connections").as_int64(), 3);
  EXPECT_EQ(status.at("origin").as_string(), "http://127.0.0.1:7777");
  EXPECT_GT(status.at("memory_bytes").as_int64(), 1'000'000);
  EXPECT_GT(status.at("disk_bytes").as_int64(), 0);
}

TEST_F(OpsTest, ServesMetricsToReaders) {
  commit("one");
  EXPECT_EQ(server.ask("GET", "/metrics")->status(), 401u);
  auto answer = server.as(Role::reader, "GET", "/metrics");
  EXPECT_EQ(answer->header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  for (auto line :
       {"openmcp_ready 1", "openmcp_contexts 1", "openmcp_blockstore_blocks 3", "openmcp_pins{state=\"pinned\"} 1",
        "openmcp_gc_freed_bytes_total 0", "openmcp_audit_chain_valid 1", "openmcp_audit_write_failures_total 0",
        "openmcp_context_writes_total{result=\"ok\"} 1", "openmcp_context_writes_total{result=\"error\"} 0",
        "openmcp_auth_failures_total{kind=\"missing\"} 1", "openmcp_origin_rejected_total 0",
        "openmcp_http_connections 3", "openmcp_build_info{commit=\"\",version=\"9.9.9\"} 1"}) {
    EXPECT_NE(answer->body().find(std::string("\n") + line + "\n"), std::string::npos) << line;
  }
  for (auto name : {"process_resident_memory_bytes", "openmcp_blockstore_bytes", "openmcp_storage_free_bytes",
                    "openmcp_storage_capacity_bytes", "openmcp_context_read_seconds_count"})
    EXPECT_NE(answer->body().find(std::string("\n") + name + " "), std::string::npos) << name;
  auto headers = server.bearer(Role::reader);
  headers.add("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
  auto modern = server.ask("GET", "/metrics", headers);
  EXPECT_EQ(modern->header("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(modern->body().ends_with("# EOF\n"));

  if (std::system("promtool --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
  std::ofstream(server.home("page")) << answer->body();
  const auto command = "promtool check metrics < '" + server.home("page") + "' > '" + server.home("out") + "' 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << server.file("out");
}

TEST_F(OpsTest, CountsWhatCollectionsGaveBack) {
  auto freed = [this] {
    const std::string name = "\nopenmcp_gc_freed_bytes_total ",
                      page = server.as(Role::reader, "GET", "/metrics")->body();
    auto found = page.find(name);
    return found == std::string::npos ? -1 : std::stod(page.substr(found + name.size()));
  };
  context::CommitRequest large;
  large.content = base::SharedBytes(base::to_bytes(std::string(300'000, 'x')));
  auto made = run(server.env, server.workspace->commit(std::move(large)));
  commit("stays");
  EXPECT_EQ(freed(), 0);
  context::ForgetRequest request;
  request.ids = {made.id};
  run(server.env, server.workspace->forget(std::move(request)));  // and collects
  const auto once = freed();
  EXPECT_GE(once, 300'000);
  run(server.env, server.store->collect({}));
  EXPECT_EQ(freed(), once) << "there was nothing more";
}

TEST_F(OpsTest, OpensAndEndsSessions) {
  EXPECT_EQ(server.ask("GET", "/api/v1/session")->status(), 401u);
  EXPECT_EQ(server.as(Role::admin, "GET", "/api/v1/session")->status(), 401u);  // a token is no session
  auto [cookie, csrf] = login(Role::admin);
  auto current = server.ask("GET", "/api/v1/session", {{"Cookie", cookie}});
  EXPECT_EQ(current->status(), 200u);
  EXPECT_EQ(parsed(*current).at("role").as_string(), "admin");
  EXPECT_EQ(parsed(*current).at("csrf").as_string(), csrf);
  EXPECT_EQ(current->body().find(server.secret(Role::admin)), std::string::npos);

  const std::string body = "{\"name\":\"by the page\",\"role\":\"reader\"}";
  http::Headers changing{{"Cookie", cookie}, {"Content-Type", "application/json"}};
  EXPECT_EQ(server.ask("POST", "/api/v1/tokens", changing, body)->status(), 403u);
  changing.add("X-OpenMCP-CSRF", csrf);
  EXPECT_EQ(server.ask("POST", "/api/v1/tokens", changing, body)->status(), 201u);

  EXPECT_EQ(server.ask("DELETE", "/api/v1/session", {{"Cookie", cookie}})->status(), 403u);
  auto ended = server.ask("DELETE", "/api/v1/session", {{"Cookie", cookie}, {"X-OpenMCP-CSRF", csrf}});
  EXPECT_EQ(ended->status(), 204u);
  EXPECT_NE(ended->header("Set-Cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(server.ask("GET", "/api/v1/session", {{"Cookie", cookie}})->status(), 401u);
}

TEST_F(OpsTest, RefusesLoginsThatAreWrong) {
  auto login = [this](std::string body, std::string type = "application/json") {
    return server.ask("POST", "/api/v1/session", {{"Content-Type", type}}, std::move(body))->status();
  };
  EXPECT_EQ(login("{\"token\":\"nonsense\"}"), 401u);
  EXPECT_EQ(login("{\"token\":7}"), 400u);
  EXPECT_EQ(login("{}"), 400u);
  EXPECT_EQ(login("[]"), 400u);
  EXPECT_EQ(login("{\"token\":\"x\",\"more\":1}"), 400u);
  EXPECT_EQ(login("token=x", "application/x-www-form-urlencoded"), 415u);
  EXPECT_EQ(login(std::string(5000, ' ')), 413u);

  RouterOptions options;
  options.per_address = {0.001, 25};
  ServiceFixture limited(options);
  add_ops(*limited.router, *limited.service, draining);
  std::vector<unsigned> got;
  for (int i = 0; i < 4; ++i)
    got.push_back(
        limited.ask("POST", "/api/v1/session", {{"Content-Type", "application/json"}}, "{\"token\":\"x\"}")->status());
  EXPECT_EQ(got, (std::vector<unsigned>{401, 401, 429, 429}));
}

TEST_F(OpsTest, ManagesTokens) {
  const std::string body = R"({"name":"ci","role":"write","workspace":"default","expires_in_seconds":3600})";
  EXPECT_EQ(server.as(Role::writer, "POST", "/api/v1/tokens", body)->status(), 403u);
  EXPECT_EQ(server.as(Role::writer, "GET", "/api/v1/tokens")->status(), 403u);
  auto made = server.as(Role::admin, "POST", "/api/v1/tokens", body);
  ASSERT_EQ(made->status(), 201u) << made->body();
  auto token = parsed(*made).at("token");
  const auto id = std::string(token.at("id").as_string());
  const auto secret = std::string(parsed(*made).at("secret").as_string());
  EXPECT_EQ(token.at("role").as_string(), "writer");
  EXPECT_TRUE(token.at("revoked").is_null());
  EXPECT_TRUE(token.at("expires").is_string());
  EXPECT_EQ(server.ask("GET", "/api/v1/server/status", {{"Authorization", "Bearer " + secret}})->status(), 200u);

  auto list = server.as(Role::admin, "GET", "/api/v1/tokens");
  EXPECT_EQ(list->body().find(secret.substr(18)), std::string::npos);
  EXPECT_EQ(parsed(*list).at("tokens").as_array().size(), 4u);  // the first, this one, and the two that ask
  auto revoked = server.as(Role::admin, "DELETE", "/api/v1/tokens/" + id);
  EXPECT_EQ(revoked->status(), 200u);
  EXPECT_TRUE(parsed(*revoked).at("revoked").is_string());
  EXPECT_EQ(server.ask("GET", "/api/v1/server/status", {{"Authorization", "Bearer " + secret}})->status(), 401u);
  EXPECT_EQ(server.as(Role::admin, "DELETE", "/api/v1/tokens/nosuchtoken1")->status(), 404u);
  for (auto bad :
       {"{\"name\":\"x\",\"role\":\"root\"}", "{\"name\":\"\"}", "{\"role\":\"reader\"}",
        "{\"name\":\"x\",\"expires_in_seconds\":0}", "{\"name\":\"x\",\"expires_in_seconds\":1e30}",
        "{\"name\":\"x\",\"expires_in_seconds\":9223372036854775807}", "{\"name\":\"x\",\"admin\":true}", "{"})
    EXPECT_EQ(server.as(Role::admin, "POST", "/api/v1/tokens", bad)->status(), 400u) << bad;

  auto lines = parsed(*server.as(Role::admin, "GET", "/api/v1/audit?limit=50")).at("lines").as_array();
  std::vector<std::string> actions;
  for (const auto& line : lines) actions.emplace_back(line.at("action").as_string());
  EXPECT_NE(std::find(actions.begin(), actions.end(), "token.create"), actions.end());
  EXPECT_NE(std::find(actions.begin(), actions.end(), "token.revoke"), actions.end());
  EXPECT_EQ(server.file("audit.log").find(secret.substr(18)), std::string::npos);
}

TEST_F(OpsTest, ShowsAndChecksTheAuditLog) {
  for (int i = 0; i < 5; ++i)
    server.audit->record(
        {.who = "w", .token = {}, .from = "rest", .action = "a" + std::to_string(i), .target = {}, .detail = {}});
  EXPECT_EQ(server.as(Role::writer, "GET", "/api/v1/audit")->status(), 403u);
  auto page = parsed(*server.as(Role::admin, "GET", "/api/v1/audit?limit=2"));
  const auto newest = page.at("lines").at(0).at("seq").as_int64();
  EXPECT_EQ(page.at("lines").as_array().size(), 2u);
  EXPECT_EQ(page.at("next").as_int64(), newest - 1);
  auto next = parsed(*server.as(Role::admin, "GET", "/api/v1/audit?limit=2&before=" + std::to_string(newest - 1)));
  EXPECT_EQ(next.at("lines").at(0).at("seq").as_int64(), newest - 2);
  for (auto query : {"?limit=1001", "?limit=x", "?before=-1", "?limit="})
    EXPECT_EQ(server.as(Role::admin, "GET", std::string("/api/v1/audit") + query)->status(), 400u) << query;
  auto check = parsed(*server.as(Role::admin, "GET", "/api/v1/audit/verify"));
  EXPECT_TRUE(check.at("ok").as_bool());
  EXPECT_GE(check.at("lines").as_int64(), 5);
  EXPECT_EQ(check.at("head").as_string().size(), 64u);
}

class EventsTest : public OpsTest {
protected:
  /// Opens the stream with `headers`, does `meanwhile` with it, and waits for its end.
  template <class Meanwhile>
  std::string streamed(http::Headers headers, Meanwhile meanwhile) {
    for (const auto& [name, value] : server.bearer(Role::reader)) headers.add(name, value);
    FakeExchange exchange(server.env, "GET", "/api/v1/events", std::move(headers));
    auto both = [&]() -> base::Task<void> {
      auto body = [&](base::TaskGroup& group) -> base::Task<void> {
        group.spawn(server.router->handle(exchange));
        co_await exchange.until_sent("retry:");
        co_await meanwhile(exchange);
        co_await group.join();
      };
      co_await base::with_group(server.env, body);
    };
    run(server.env, both());
    EXPECT_EQ(exchange.header("Content-Type"), "text/event-stream");
    return exchange.body();
  }
  base::Task<void> publish(std::string title) {
    server.events->publish(
        {.kind = Event::Kind::committed, .id = {}, .version = "v", .type = "code", .title = std::move(title)});
    co_return;
  }
};

TEST_F(EventsTest, StreamsWhatHappens) {
  auto meanwhile = [this](FakeExchange& exchange) -> base::Task<void> {
    context::CommitRequest request;
    request.content = base::SharedBytes(base::to_bytes("text"));
    request.title = "a title";
    auto result = co_await server.workspace->commit(std::move(request));
    co_await exchange.until_sent("\"version\":\"" + result.version.text());
    exchange.go();
  };
  auto body = streamed({}, meanwhile);
  EXPECT_NE(body.find("event: committed\nid: 1\ndata: {\"seq\":1,\"kind\":\"committed\",\"id\":\""), std::string::npos)
      << body;
  EXPECT_NE(body.find("\"title\":\"a title\",\"created\":true"), std::string::npos) << body;
}

TEST_F(EventsTest, GoOnWhereAClientWas) {
  for (int i = 1; i <= 3; ++i) run(server.env, publish("t" + std::to_string(i)));
  auto until_third = [](FakeExchange& exchange) -> base::Task<void> {
    co_await exchange.until_sent("id: 3\n");
    exchange.go();
  };
  auto body = streamed({{"Last-Event-ID", "1"}}, until_third);
  EXPECT_EQ(body.find("id: 1\n"), std::string::npos);
  EXPECT_NE(body.find("id: 2\n"), std::string::npos);

  // Without a number, or with one that we never gave: new events only.
  for (const std::string last : {"", "900", "x", "-1"}) {
    auto until_new = [this, last](FakeExchange& exchange) -> base::Task<void> {
      co_await publish("new for '" + last + "'");
      co_await exchange.until_sent("new for '" + last + "'");
      exchange.go();
    };
    body = streamed({{"Last-Event-ID", last}}, until_new);
    EXPECT_EQ(body.find("id: 3\n"), std::string::npos) << last;
    EXPECT_EQ(body.find("event: ", body.find("event: ") + 1), std::string::npos) << body;
  }
}

TEST_F(EventsTest, AnswerHeadAtOnce) {
  auto answer = server.as(Role::reader, "HEAD", "/api/v1/events");
  EXPECT_EQ(answer->status(), 200u);
  EXPECT_EQ(answer->header("Content-Type"), "text/event-stream");
  EXPECT_TRUE(answer->finished());
}

TEST_F(EventsTest, EndWhenTheTokenIsRevoked) {
  auto revoke = [this](FakeExchange& exchange) -> base::Task<void> {
    co_await server.auth->revoke(server.token_id(Role::reader));
    co_await publish("after");
    while (!exchange.finished()) co_await server.env.sleep(std::chrono::milliseconds(1));
  };
  auto body = streamed({}, revoke);
  EXPECT_EQ(body.find("after"), std::string::npos);
}

TEST_F(OpsTest, SecretsAreInNoLogAndNoAudit) {
  const auto log = server.home("server.log");
  base::set_log_file(log);
  base::set_log_level(base::LogLevel::trace);
  const auto secret = server.secret(Role::admin);
  auto wrong = secret;
  wrong.back() = wrong.back() == 'q' ? 'r' : 'q';
  auto [cookie, csrf] = login(Role::admin);
  server.ask("GET", "/api/v1/tokens", {{"Authorization", "Bearer " + wrong}});
  server.ask("GET", "/api/v1/tokens", {{"Authorization", "Bearer x" + secret}});
  server.ask("GET", "/api/v1/tokens?access_token=" + secret);
  server.ask("POST", "/api/v1/session", {{"Content-Type", "application/json"}}, "{\"token\":\"" + wrong + "\"}");
  server.ask("POST", "/api/v1/session", {{"Content-Type", "application/json"}}, "{\"token\":\"" + secret);
  server.ask("POST", "/api/v1/tokens", {{"Cookie", cookie}, {"X-OpenMCP-CSRF", "no"}}, "{}");
  auto made = server.as(Role::admin, "POST", "/api/v1/tokens", "{\"name\":\"x\"}");
  const auto fresh = std::string(parsed(*made).at("secret").as_string());
  run(server.env, server.audit->flush());
  base::set_log_level(base::LogLevel::warn);
  for (const auto& file : {std::string("server.log"), std::string("audit.log"), std::string("tokens.json")}) {
    const auto text = server.file(file);
    for (const auto& each : {secret.substr(18), wrong.substr(18), fresh.substr(18), cookie.substr(16), csrf})
      EXPECT_EQ(text.find(each), std::string::npos) << file;
  }
  EXPECT_NE(server.file("audit.log").find("auth.refused"), std::string::npos);
}

}  // namespace
}  // namespace openmcp::api::ops
