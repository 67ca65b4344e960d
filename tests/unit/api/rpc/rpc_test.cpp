// The original's JSON-RPC: its own tests, re-expressed, with the quirks of both of its servers.
#include "api/rpc/rpc.hpp"

#include <boost/json.hpp>
#include <fstream>

#include "api/rpc/request.hpp"
#include "crypto/hash.hpp"
#include "http/server.hpp"
#include "support/service_fixture.hpp"

namespace openmcp::api::rpc {
namespace {

namespace json = boost::json;
using openmcp::test::FakeExchange;
using openmcp::test::run;

class Rpc : public ::testing::Test {
protected:
  explicit Rpc(bool routes = true) {
    if (routes) add_rpc(*server.router, *server.service);
  }
  json::value send(std::string body, std::string path = "/api/v1/rpc", unsigned status = 200,
                   Role role = Role::writer) {
    auto exchange = server.as(role, "POST", path, std::move(body));
    EXPECT_EQ(exchange->status(), status) << exchange->body();
    return json::parse(exchange->body());
  }
  json::value call(std::string_view method, std::string params, std::string path = "/api/v1/rpc") {
    return send(
        R"({"jsonrpc":"2.0","method":")" + std::string(method) + R"(","params":)" + std::move(params) + R"(,"id":"1"})",
        std::move(path));
  }
  static std::string hash_of(std::string_view text) { return base::to_hex(crypto::sha256(base::as_bytes(text))); }

  openmcp::test::ServiceFixture server;
};

TEST_F(Rpc, CommitsAndGetsByTheTrueHash) {
  for (std::string path : {"/api/v1/rpc", "/api/v1/", "/api/v1", "/mcp-legacy"}) {
    const auto text = "Test content at " + path;
    auto made = call("commit_context", R"({"content":")" + text + R"(","type":"test"})", path);
    EXPECT_EQ(json::serialize(made),
              R"({"jsonrpc":"2.0","id":"1","result":{"content_hash":")" + hash_of(text) + R"(","status":"success"}})");
    auto got = call("get_context", R"({"content_hash":")" + hash_of(text) + "\"}", path);
    EXPECT_EQ(got.at("result"), json::parse(R"({"content":")" + text + R"(","type":"test","metadata":{}})"));
  }
  auto prefixed = call("mcp_commitContext", R"({"content":"p","type":"code","metadata":{"a":0.30}})", "/api/v1/");
  EXPECT_EQ(json::serialize(prefixed.at("result")), R"({"content_hash":")" + hash_of("p") + "\"}");
  auto got = call("mcp_getContext", R"({"content_hash":")" + hash_of("p") + "\"}", "/api/v1/");
  EXPECT_EQ(json::serialize(got.at("result").at("metadata")), json::serialize(json::parse(R"({"a":0.3})")));
}

TEST_F(Rpc, LargeContentsAreFoundByTheirHashToo) {
  const std::string text((2u << 20) + 3, 'x');
  auto made = call("commit_context", R"({"content":")" + text + R"(","type":"test"})");
  EXPECT_EQ(made.at("result").at("content_hash"), json::string(hash_of(text)));
  auto got = call("get_context", R"({"content_hash":")" + hash_of(text) + "\"}");
  EXPECT_EQ(got.at("result").at("content"), json::string(text));
}

TEST_F(Rpc, TellsErrorsAsEachServerDid) {
  auto plain = call("no_such", "{}");
  EXPECT_EQ(plain.at("error"), json::parse(R"({"code":-32601,"message":"Method 'no_such' not found","data":null})"));
  auto second = call("no_such", "{}", "/api/v1/");
  EXPECT_EQ(second.at("error"), json::parse(R"({"code":-32601,"message":"Method not found: no_such"})"));
  EXPECT_EQ(call("mcp_no", "{}").at("error").at("message"), "Method not found: mcp_no");

  auto missing = call("get_context", R"({"content_hash":")" + std::string(64, 'a') + "\"}");
  EXPECT_EQ(missing.at("error").at("code"), -32000);
  EXPECT_TRUE(missing.at("error").at("data").is_null());
  EXPECT_NE(std::string(missing.at("error").at("message").as_string()).find("no context"), std::string::npos);
  EXPECT_FALSE(missing.as_object().contains("result"));
  auto prefixed = call("mcp_getContext", R"({"content_hash":")" + std::string(64, 'a') + "\"}");
  EXPECT_EQ(prefixed.at("error").at("code"), -32603);
  EXPECT_EQ(prefixed.at("error").at("message"), "Internal error");
  EXPECT_NE(std::string(prefixed.at("error").at("data").as_string()).find("no context"), std::string::npos);
  for (auto params : {"{}", R"({"content":5})", "null"})
    EXPECT_EQ(call("commit_context", params).at("error").at("code"), -32000) << params;
  EXPECT_EQ(call("get_context", R"({"content_hash":"zz"})").at("error").at("code"), -32000);
}

TEST_F(Rpc, EchoesEveryIdAndAnswersNotifications) {
  for (auto id : {"\"a\\u00e4\"", "7", "-1", "123456789012345678901234567890", "null"}) {
    auto exchange =
        server.as(Role::reader, "POST", "/api/v1/rpc", R"({"method":"x","params":{},"id":)" + std::string(id) + "}");
    EXPECT_EQ(exchange->status(), 200u);
    EXPECT_NE(exchange->body().find(R"("id":)" + std::string(id) + ","), std::string::npos) << exchange->body();
  }
  EXPECT_TRUE(send(R"({"method":"x"})").at("id").is_null()) << "no id, no jsonrpc, no params: answered all the same";
}

TEST_F(Rpc, RefusesMalformedBodiesAsTheFramework) {
  for (auto bad : {R"([{"method":"x","id":1}])", R"({"jsonrpc":"2.0","id":1})", R"({"method":5})", R"({"method":"x)",
                   R"({"method":"x","params":[1]})", R"({"method":"x","id":1.5})", R"({"method":"x","id":{}})",
                   R"({"method":"x","jsonrpc":2})", R"("x")"}) {
    auto refused = send(bad, "/api/v1/rpc", 422);
    EXPECT_FALSE(refused.at("detail").as_array().empty()) << bad;
  }
}

TEST_F(Rpc, ReadersOnlyRead) {
  auto refused = send(R"({"method":"commit_context","params":{"content":"x","type":"y"},"id":1})", "/api/v1/rpc", 200,
                      Role::reader);
  EXPECT_EQ(refused.at("error").at("code"), -32000);
  EXPECT_NE(std::string(refused.at("error").at("message").as_string()).find("writer"), std::string::npos);
  EXPECT_EQ(server.ask("POST", "/api/v1/rpc")->status(), 401u);
}

TEST_F(Rpc, ProcessesWithTheContextAloneAndSaysSo) {
  call("commit_context", R"({"content":"The walrus sings in winter.","type":"note"})");
  auto done = call("process_context", R"({"content":"When does the walrus sing?","type":"question"})");
  const auto& result = done.at("result");
  EXPECT_NE(std::string(result.at("response").as_string()).find("The walrus sings in winter."), std::string::npos);
  EXPECT_EQ(result.at("metadata").at("assistant"), false);
  EXPECT_EQ(result.at("metadata").at("type"), "question");
  EXPECT_NE(std::string(result.at("metadata").at("note").as_string()).find("no assistant is configured"),
            std::string::npos);
  EXPECT_EQ(result.at("metadata").at("contexts").as_array().size(), 1u);
  auto none = call("mcp_processContext", R"({"content":"zebra"})");
  EXPECT_EQ(none.at("result").at("response"), "");
}

/// An OpenAI-compatible endpoint that answers what the test says.
class WithAssistant : public Rpc {
protected:
  WithAssistant() : Rpc(false) {
    http::Handler handler = [this](http::Exchange& exchange) -> base::Task<void> {
      asked_path = exchange.request().path;
      asked_key = exchange.request().headers.get("Authorization");
      asked = co_await exchange.read_all(1u << 20);
      http::Response response{.status = status, .headers = {{"Content-Type", "application/json"}}, .body = reply};
      co_await exchange.send(std::move(response));
    };
    http::ServerOptions options;
    endpoint = std::make_unique<http::Server>(server.env, options, std::move(handler));
    auto at = run(server.env, endpoint->listen({"127.0.0.1", 0}));
    std::ofstream(server.home("key")) << "  sk-secret-123\n";
    const auto toml = "[assistant]\nurl = \"http://127.0.0.1:" + std::to_string(at.port) +
                      "/v1/\"\nmodel = \"small\"\nkey_file = \"" + server.home("key") + "\"\n";
    base::unwrap(server.config.read_toml(toml, "test"));
    add_rpc(*server.router, *server.service);
    call("commit_context", R"({"content":"The walrus sings in winter.","type":"note"})");
  }
  ~WithAssistant() override { run(server.env, endpoint->drain({})); }
  json::value process() { return call("process_context", R"({"content":"When does the walrus sing?","type":"q"})"); }

  std::unique_ptr<http::Server> endpoint;
  unsigned status = 200;
  std::string reply = R"({"model":"small-1","choices":[{"message":{"role":"assistant","content":"In winter."}}]})";
  std::string asked, asked_path, asked_key;
};

TEST_F(WithAssistant, AsksWithTheContextAndItsKey) {
  auto done = process();
  EXPECT_EQ(done.at("result").at("response"), "In winter.");
  EXPECT_EQ(done.at("result").at("metadata").at("assistant"), true);
  EXPECT_EQ(done.at("result").at("metadata").at("model"), "small-1");
  EXPECT_EQ(done.at("result").at("metadata").at("contexts").as_array().size(), 1u);
  EXPECT_EQ(asked_path, "/v1/chat/completions");
  EXPECT_EQ(asked_key, "Bearer sk-secret-123");
  auto sent = json::parse(asked);
  EXPECT_EQ(sent.at("model"), "small");
  const auto& messages = sent.at("messages").as_array();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].at("role"), "system");
  EXPECT_NE(std::string(messages[0].at("content").as_string()).find("The walrus sings in winter."), std::string::npos);
  EXPECT_EQ(messages[1].at("content"), "When does the walrus sing?");
}

TEST_F(WithAssistant, SaysWhatWentWrongWithoutTheKey) {
  struct Case {
    unsigned status;
    std::string reply, part;
  };
  const Case cases[] = {
      {401, R"({"error":{"message":"bad key"}})", "401: bad key (check assistant.key_file)"},
      {404, R"({"error":{"message":"no such model"}})", "no such model (check assistant.url"},
      {429, R"({"error":"slow down"})", "slow down"},
      {500, "<html>oops</html>", "500: <html>oops"},
      {200, "nonsense", "no JSON object"},
      {200, "{}", "no choices"},
      {200, R"({"choices":[{"message":{}}]})", "no message"},
  };
  for (const auto& each : cases) {
    status = each.status;
    reply = each.reply;
    auto error = process().at("error");
    const std::string text(error.at("message").as_string());
    EXPECT_NE(text.find(each.part), std::string::npos) << text;
    EXPECT_EQ(text.find("sk-secret"), std::string::npos);
    EXPECT_EQ(error.at("code"), -32000);
  }
  run(server.env, endpoint->drain({}));
  endpoint.reset();
  auto error = process().at("error");
  EXPECT_NE(std::string(error.at("message").as_string()).find("asking the assistant at"), std::string::npos)
      << json::serialize(error);
  http::Handler nothing = [](http::Exchange&) -> base::Task<void> { co_return; };
  endpoint = std::make_unique<http::Server>(server.env, http::ServerOptions{}, std::move(nothing));
}

}  // namespace
}  // namespace openmcp::api::rpc
