// An MCP surface on a service, asked without a connection: over HTTP in both eras, and over lines.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>
#include <optional>

#include "api/mcp/mcp.hpp"
#include "api/mcp/schema.hpp"
#include "base/sync.hpp"
#include "support/service_fixture.hpp"
#include "support/vectors.hpp"

namespace openmcp::api::mcp::test {

namespace json = boost::json;
using openmcp::test::FakeExchange;
using openmcp::test::run;

inline const json::value& at(const json::value& value, std::string_view pointer) {
  json::error_code error;
  const auto* found = value.find_pointer(pointer, error);
  if (!found) throw std::runtime_error("no " + std::string(pointer) + " in " + json::serialize(value));
  return *found;
}
inline std::string text_at(const json::value& value, std::string_view pointer) {
  return std::string(at(value, pointer).as_string());
}

/// Holds a result of 2026-07-28 against the protocol's own schema, where that is at hand.
inline void expect_valid(std::string_view method, const json::value& result) {
  static const auto schema = []() -> std::optional<Schema> {
    auto folder = openmcp::test::vectors("mcp/schema/2026-07-28");
    if (!folder) return std::nullopt;
    return base::unwrap(Schema::read(openmcp::test::slurp_text(*folder / "schema.json")));
  }();
  static const std::map<std::string_view, std::string_view> types = {
      {"server/discover", "DiscoverResult"},    {"tools/list", "ListToolsResult"},
      {"tools/call", "CallToolResult"},         {"resources/list", "ListResourcesResult"},
      {"resources/read", "ReadResourceResult"}, {"resources/templates/list", "ListResourceTemplatesResult"},
      {"prompts/list", "ListPromptsResult"},    {"prompts/get", "GetPromptResult"},
      {"completion/complete", "CompleteResult"}};
  auto type = types.find(method);
  if (!schema || type == types.end()) return;
  const bool input = result.at("resultType").as_string() == "input_required";
  EXPECT_THAT(schema->problems_of(input ? "InputRequiredResult" : type->second, result), testing::IsEmpty())
      << method << ": " << json::serialize(result);
}

class McpFixture {
public:
  explicit McpFixture(bool conformance = false) {
    base.service->conformance = conformance;
    server = std::make_unique<McpServer>(*base.service);
    server->add_routes(*base.router);
  }

  /// A request of 2026-07-28, with the headers that belong to it.
  std::unique_ptr<FakeExchange> modern_exchange(Role role, std::string method, json::object params = {},
                                                json::object capabilities = {}, json::value id = 1) {
    json::object meta;
    if (auto* given = params.if_contains("_meta")) meta = given->as_object();
    meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
    meta["io.modelcontextprotocol/clientCapabilities"] = std::move(capabilities);
    params["_meta"] = std::move(meta);
    auto headers = base.bearer(role);
    headers.add("Content-Type", "application/json");
    headers.add("Accept", "application/json, text/event-stream");
    headers.add("MCP-Protocol-Version", "2026-07-28");
    headers.add("Mcp-Method", method);
    for (auto* field : {"name", "uri"})
      if (auto* name = params.if_contains(field); name && name->is_string())
        headers.add("Mcp-Name", std::string(name->as_string()));
    json::object message{{"jsonrpc", "2.0"}, {"id", std::move(id)}, {"method", method}, {"params", std::move(params)}};
    return std::make_unique<FakeExchange>(base.env, "POST", "/mcp", std::move(headers), json::serialize(message));
  }
  /// The whole message that answers it.
  json::value modern(std::string method, json::object params = {}, Role role = Role::writer,
                     json::object capabilities = {}) {
    auto exchange = base.ask(modern_exchange(role, method, std::move(params), std::move(capabilities)));
    auto answer = json::parse(exchange->body());
    if (auto* result = answer.as_object().if_contains("result")) expect_valid(method, *result);
    return answer;
  }
  /// The result of a tool.
  json::value call(std::string_view tool, json::object arguments = {}, json::object extra = {},
                   json::object capabilities = {}, Role role = Role::writer) {
    extra["name"] = tool;
    extra["arguments"] = std::move(arguments);
    auto answer = modern("tools/call", std::move(extra), role, std::move(capabilities));
    if (!answer.as_object().contains("result")) throw std::runtime_error(json::serialize(answer));
    return at(answer, "/result");
  }
  json::value structured(std::string_view tool, json::object arguments = {}) {
    auto result = call(tool, std::move(arguments));
    if (result.as_object().contains("isError")) throw std::runtime_error(json::serialize(result));
    return at(result, "/structuredContent");
  }
  std::string save(std::string_view content, json::object more = {}) {
    more["content"] = content;
    return text_at(structured("context_save", std::move(more)), "/id");
  }

  /// A POST of a session; "" before it.
  std::unique_ptr<FakeExchange> legacy_exchange(std::string_view session, std::string body, Role role = Role::writer) {
    auto headers = base.bearer(role);
    headers.add("Content-Type", "application/json");
    headers.add("Accept", "application/json, text/event-stream");
    if (!session.empty()) headers.add("Mcp-Session-Id", std::string(session));
    return std::make_unique<FakeExchange>(base.env, "POST", "/mcp", std::move(headers), std::move(body));
  }
  std::unique_ptr<FakeExchange> legacy(std::string_view session, std::string body, Role role = Role::writer) {
    return base.ask(legacy_exchange(session, std::move(body), role));
  }
  /// Says initialize; returns the session.
  std::string start_session(std::string_view version = "2025-11-25", std::string_view capabilities = "{}",
                            Role role = Role::writer) {
    auto exchange = legacy("",
                           R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" +
                               std::string(version) + R"(","capabilities":)" + std::string(capabilities) + "}}",
                           role);
    return exchange->header("Mcp-Session-Id");
  }

  openmcp::test::ServiceFixture base;
  std::unique_ptr<McpServer> server;
};

/// The other end of run_lines.
class LinesClient {
public:
  LinesClient(McpFixture& fixture, Role role = Role::writer)
      : fixture_(fixture), changed_(fixture.base.env.executor()) {
    caller_ = Caller{.name = "local", .token_id = {}, .role = role};
  }
  /// Runs `talk` against the server; its channel is closed when it ends.
  void run(std::function<base::Task<void>(LinesClient&)> talk) {
    auto both = [this, &talk](base::TaskGroup& group) -> base::Task<void> {
      auto read = [this]() -> base::Task<std::optional<std::string>> {
        while (to_server_.empty() && !closed_) co_await changed_.wait();
        if (to_server_.empty()) co_return std::nullopt;
        auto line = std::move(to_server_.front());
        to_server_.pop_front();
        co_return line;
      };
      auto write = [this](std::string line) -> base::Task<void> {
        EXPECT_EQ(line.find('\n'), std::string::npos);
        from_server_.push_back(std::move(line));
        changed_.wake_all();
        co_return;
      };
      group.spawn(fixture_.server->run_lines(caller_, read, write));
      std::exception_ptr failed;
      try {
        co_await talk(*this);
      } catch (...) {
        failed = std::current_exception();
      }
      close();
      co_await group.join();
      if (failed) std::rethrow_exception(failed);
    };
    test::run(fixture_.base.env, base::with_group(fixture_.base.env, both));
  }
  void say(std::string line) {
    to_server_.push_back(std::move(line));
    changed_.wake_all();
  }
  void close() {
    closed_ = true;
    changed_.wake_all();
  }
  base::Task<json::value> hear() {
    while (from_server_.empty()) co_await changed_.wait();
    auto line = std::move(from_server_.front());
    from_server_.pop_front();
    co_return json::parse(line);
  }
  std::size_t unheard() const { return from_server_.size(); }
  std::string next_line() {
    auto line = from_server_.front();
    from_server_.pop_front();
    return line;
  }

private:
  McpFixture& fixture_;
  Caller caller_;
  base::Signal changed_;
  std::deque<std::string> to_server_, from_server_;
  bool closed_ = false;
};

/// The messages of an event stream: their data lines.
inline std::vector<std::pair<std::string, std::string>> events_of(const std::string& body) {
  std::vector<std::pair<std::string, std::string>> events;  // id, data
  std::string id, data;
  bool any = false;
  std::istringstream in(body);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("id: ")) id = line.substr(4), any = true;
    if (line.starts_with("data: ")) data = line.substr(6), any = true;
    if (line.empty() && any) {
      events.emplace_back(std::exchange(id, ""), std::exchange(data, ""));
      any = false;
    }
  }
  return events;
}

}  // namespace openmcp::api::mcp::test
