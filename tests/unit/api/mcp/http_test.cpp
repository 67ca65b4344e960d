// Streamable HTTP: eras, headers, tokens, sessions, streams.
#include <boost/json.hpp>

#include "unit/api/mcp/mcp_fixture.hpp"

namespace openmcp::api::mcp::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class McpHttp : public testing::Test, public McpFixture {};
class McpHttpFixtures : public testing::Test, public McpFixture {
protected:
  McpHttpFixtures() : McpFixture(true) {}
};

json::value body_of(const FakeExchange& exchange) { return json::parse(exchange.body()); }
std::int64_t code_of(const FakeExchange& exchange) { return at(body_of(exchange), "/error/code").as_int64(); }

// --- who may
// -----------------------------------------------------------------------------------------------------------

TEST_F(McpHttp, WithoutATokenTheMetadataIsNamed) {
  auto exchange = modern_exchange(Role::reader, "tools/list");
  exchange->asked().headers.remove("Authorization");
  auto answer = base.ask(std::move(exchange));
  EXPECT_EQ(answer->status(), 401u);
  EXPECT_THAT(answer->header("WWW-Authenticate"),
              HasSubstr("resource_metadata=\"http://127.0.0.1:7777/.well-known/oauth-protected-resource/mcp\""));
  EXPECT_EQ(code_of(*answer), -31003);

  auto wrong = modern_exchange(Role::reader, "tools/list");
  wrong->asked().headers.set("Authorization", "Bearer omcp_nothing");
  answer = base.ask(std::move(wrong));
  EXPECT_EQ(answer->status(), 401u);
  EXPECT_THAT(answer->header("WWW-Authenticate"), HasSubstr("error=\"invalid_token\""));

  // A token for another workspace: the audience is checked.
  auto elsewhere = run(base.env, base.auth->create("elsewhere", Role::writer, "another", {}));
  auto foreign = modern_exchange(Role::reader, "tools/list");
  foreign->asked().headers.set("Authorization", "Bearer " + elsewhere.secret);
  answer = base.ask(std::move(foreign));
  EXPECT_EQ(answer->status(), 401u);
  EXPECT_THAT(answer->header("WWW-Authenticate"), HasSubstr("error=\"invalid_token\""));

  for (auto* path : {"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"}) {
    auto metadata = base.ask("GET", path);
    EXPECT_EQ(metadata->status(), 200u);
    EXPECT_EQ(text_at(body_of(*metadata), "/resource"), "http://127.0.0.1:7777/mcp");
  }
}

TEST_F(McpHttp, AReaderReadsAndDoesNotWrite) {
  auto read = base.ask(modern_exchange(Role::reader, "tools/call", {{"name", "status"}}));
  EXPECT_EQ(read->status(), 200u);
  for (bool with_progress : {false, true}) {
    json::object params{{"name", "context_save"}, {"arguments", {{"content", "x"}}}};
    if (with_progress) params["_meta"] = json::object{{"progressToken", 1}};
    auto write = base.ask(modern_exchange(Role::reader, "tools/call", params));
    EXPECT_EQ(write->status(), 403u);
    EXPECT_THAT(write->header("WWW-Authenticate"), HasSubstr("insufficient_scope"));
    EXPECT_THAT(write->header("WWW-Authenticate"), HasSubstr("scope=\"write\""));
    EXPECT_EQ(code_of(*write), -31003);
  }
  auto session = start_session("2025-11-25", "{}", Role::reader);
  auto old = legacy(
      session,
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"context_save","arguments":{"content":"x"}}})",
      Role::reader);
  EXPECT_EQ(old->status(), 403u);
}

// --- what is no request
// --------------------------------------------------------------------------------------------------

TEST_F(McpHttp, BadBodies) {
  auto post = [this](std::string body, std::string type = "application/json") {
    auto headers = base.bearer(Role::writer);
    headers.add("Content-Type", std::move(type));
    return base.ask("POST", "/mcp", std::move(headers), std::move(body));
  };
  EXPECT_EQ(post("{")->status(), 400u);
  EXPECT_EQ(code_of(*post("{")), -32700);
  EXPECT_FALSE(body_of(*post("{")).as_object().contains("id"));
  EXPECT_EQ(post("{}", "text/plain")->status(), 415u);
  EXPECT_EQ(post(std::string((16u << 20) + 1, ' '))->status(), 413u);
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","id":7,"method":"ping","params":1})")->status(), 400u);
  auto headers = base.bearer(Role::writer);
  headers.add("Content-Type", "application/json");
  headers.add("Accept", "text/html");
  EXPECT_EQ(base.ask("POST", "/mcp", headers, "{}")->status(), 406u);
}

TEST_F(McpHttp, InitializeNeverNegotiatesTheModernRevision) {
  for (auto* wanted : {"2026-07-28", "2099-01-01", "2024-11-05"}) {
    auto answer = legacy("", R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":")" +
                                 std::string(wanted) + R"(","capabilities":{}}})");
    EXPECT_EQ(text_at(body_of(*answer), "/result/protocolVersion"), "2025-11-25");
  }
  for (auto* wanted : {"2025-11-25", "2025-06-18", "2025-03-26"}) {
    auto answer = legacy("", R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":")" +
                                 std::string(wanted) + R"(","capabilities":{}}})");
    EXPECT_EQ(text_at(body_of(*answer), "/result/protocolVersion"), wanted);
  }
}

TEST_F(McpHttp, ModernResultsSayWhoAnswered) {
  auto answer = modern("tools/list");
  EXPECT_EQ(text_at(answer, "/result/resultType"), "complete");
  EXPECT_EQ(answer.at("result").at("_meta").at("io.modelcontextprotocol/serverInfo").at("version").as_string(),
            "9.9.9");
  auto session = start_session();
  auto old = legacy(session, R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  EXPECT_FALSE(at(body_of(*old), "/result").as_object().contains("resultType"));
  EXPECT_FALSE(at(body_of(*old), "/result").as_object().contains("ttlMs"));
}

TEST_F(McpHttp, FixturesAreOnlyThereWhenAskedFor) {
  auto answer = modern("tools/call", {{"name", "test_simple_text"}});
  EXPECT_EQ(at(answer, "/error/code").as_int64(), -32602);
}

TEST_F(McpHttpFixtures, FixturesStandBesideTheProduct) {
  auto answer = modern("tools/call", {{"name", "test_simple_text"}});
  EXPECT_EQ(text_at(answer, "/result/content/0/text"), "This is a simple text response for testing.");
  EXPECT_EQ(text_at(modern("tools/call", {{"name", "test_error_handling"}}), "/result/content/0/text"),
            "This tool intentionally returns an error for testing");
  EXPECT_EQ(text_at(modern("tools/call", {{"name", "status"}}), "/result/structuredContent/server"), "openmcp");
}

// --- sessions
// ------------------------------------------------------------------------------------------------------------

TEST_F(McpHttp, SessionsBelongToOneCaller) {
  auto session = start_session();
  EXPECT_THAT(session, SizeIs(48));
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  EXPECT_EQ(legacy(session, ping)->status(), 200u);
  EXPECT_EQ(legacy("", ping)->status(), 400u);
  EXPECT_EQ(legacy("0123", ping)->status(), 404u);
  EXPECT_EQ(legacy(session, ping, Role::admin)->status(), 404u);
  auto wrong = legacy_exchange(session, ping);
  wrong->asked().headers.add("MCP-Protocol-Version", "1999-01-01");
  EXPECT_EQ(base.ask(std::move(wrong))->status(), 400u);

  auto headers = base.bearer(Role::admin);
  headers.add("Mcp-Session-Id", session);
  EXPECT_EQ(base.ask("DELETE", "/mcp", headers)->status(), 404u);
  headers = base.bearer(Role::writer);
  headers.add("Mcp-Session-Id", session);
  EXPECT_EQ(base.ask("DELETE", "/mcp", headers)->status(), 204u);
  EXPECT_EQ(legacy(session, ping)->status(), 404u);
  EXPECT_EQ(base.ask("DELETE", "/mcp", headers)->status(), 404u);
}

TEST_F(McpHttp, NotificationsAndResponsesAreAccepted) {
  auto session = start_session();
  auto told = legacy(session, R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  EXPECT_EQ(told->status(), 202u);
  EXPECT_EQ(told->body(), "");
  EXPECT_EQ(legacy(session, R"({"jsonrpc":"2.0","id":99,"result":{}})")->status(), 202u);
}

TEST_F(McpHttp, BatchesBelongToOneRevision) {
  const std::string batch =
      R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":2,"method":"nope"}])";
  auto old = legacy(start_session("2025-03-26"), batch);
  EXPECT_EQ(old->status(), 200u);
  auto answers = body_of(*old);
  ASSERT_EQ(answers.as_array().size(), 2u);
  EXPECT_EQ(at(answers, "/0/id").as_int64(), 1);
  EXPECT_EQ(at(answers, "/1/error/code").as_int64(), -32601);
  EXPECT_EQ(legacy(start_session("2025-11-25"), batch)->status(), 400u);
}

TEST_F(McpHttp, MoreSessionsThanAreKeptPushTheOldestOut) {
  auto first = start_session();
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  for (int i = 0; i < 512; ++i) start_session();
  EXPECT_EQ(legacy(first, ping)->status(), 404u);
}

// --- streams
// -------------------------------------------------------------------------------------------------------------

TEST_F(McpHttpFixtures, ProgressComesOnTheRequestsOwnStream) {
  auto answer = base.ask(modern_exchange(Role::reader, "tools/call",
                                         {{"name", "test_tool_with_progress"}, {"_meta", {{"progressToken", "p"}}}}));
  EXPECT_EQ(answer->header("Content-Type"), "text/event-stream");
  EXPECT_EQ(answer->header("X-Accel-Buffering"), "no");
  auto events = events_of(answer->body());
  ASSERT_THAT(events, SizeIs(4));
  EXPECT_EQ(events[0].first, "");  // this era has no event ids
  EXPECT_EQ(text_at(json::parse(events[1].second), "/params/progressToken"), "p");
  EXPECT_EQ(at(json::parse(events[1].second), "/params/progress").to_number<double>(), 50);
  EXPECT_EQ(text_at(json::parse(events[3].second), "/result/resultType"), "complete");
}

TEST_F(McpHttpFixtures, ClosingAModernStreamCancels) {
  auto exchange = modern_exchange(Role::reader, "tools/call",
                                  {{"name", "test_tool_with_progress"}, {"_meta", {{"progressToken", "p"}}}});
  auto both = [&](openmcp::base::TaskGroup& group) -> openmcp::base::Task<void> {
    group.spawn([](auto& router, auto& asked) -> openmcp::base::Task<void> {
      try {
        co_await router.handle(asked);
      } catch (const openmcp::base::Error&) {
        // the client is gone
      }
    }(*base.router, *exchange));
    co_await exchange->until_sent("\"progress\":0");
    exchange->go();
  };
  run(base.env, openmcp::base::with_group(base.env, both));
  EXPECT_THAT(exchange->body(), testing::Not(HasSubstr("result")));
  EXPECT_FALSE(exchange->finished());
}

TEST_F(McpHttpFixtures, ALostStreamIsTakenUpAgain) {
  auto session = start_session();
  auto posted =
      legacy(session,
             R"({"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"test_reconnection","arguments":{}}})");
  EXPECT_THAT(posted->body(), HasSubstr("retry: "));
  auto events = events_of(posted->body());
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].second, "");
  auto headers = base.bearer(Role::writer);
  headers.add("Mcp-Session-Id", session);
  headers.add("Accept", "text/event-stream");
  headers.add("Last-Event-ID", events[0].first);
  auto resumed = base.ask("GET", "/mcp", headers);
  events = events_of(resumed->body());
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(at(json::parse(events[0].second), "/id").as_int64(), 5);
  headers.set("Last-Event-ID", events[0].first);
  EXPECT_THAT(events_of(base.ask("GET", "/mcp", headers)->body()), SizeIs(0));
  for (auto* bad : {"77-1", "x", "1-", "-1", "1-x", "99999999999999999999999-1"}) {
    headers.set("Last-Event-ID", bad);
    EXPECT_EQ(base.ask("GET", "/mcp", headers)->status(), 404u) << bad;
  }
}

TEST_F(McpHttpFixtures, OlderRevisionsGetNoEventsWithoutData) {
  auto session = start_session("2025-06-18");
  auto posted =
      legacy(session, R"({"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"test_tool_with_logging"}})");
  auto events = events_of(posted->body());
  ASSERT_THAT(events, SizeIs(4));
  for (auto& event : events) EXPECT_NE(event.second, "");
}

TEST_F(McpHttpFixtures, TheServerAsksOnTheStreamAndTheAnswerComesByPost) {
  auto session = start_session("2025-11-25", R"({"elicitation":{}})");
  auto asking = legacy_exchange(
      session,
      R"({"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"test_elicitation","arguments":{"message":"hello?"}}})");
  auto both = [&](openmcp::base::TaskGroup& group) -> openmcp::base::Task<void> {
    group.spawn(base.router->handle(*asking));
    co_await asking->until_sent("elicitation/create");
    auto request = json::parse(events_of(asking->body()).back().second);
    EXPECT_EQ(text_at(request, "/params/message"), "hello?");
    json::object answer{{"jsonrpc", "2.0"},
                        {"id", request.at("id")},
                        {"result", {{"action", "accept"}, {"content", {{"username", "u"}, {"email", "e"}}}}}};
    auto answering = legacy_exchange(session, json::serialize(answer));
    co_await base.router->handle(*answering);
    EXPECT_EQ(answering->status(), 202u);
  };
  run(base.env, openmcp::base::with_group(base.env, both));
  auto result = json::parse(events_of(asking->body()).back().second);
  EXPECT_THAT(text_at(result, "/result/content/0/text"), HasSubstr("action=accept"));
}

TEST_F(McpHttpFixtures, ARequestThatWasCancelledIsNotAnswered) {
  auto session = start_session("2025-11-25", R"({"elicitation":{}})");
  auto asking = legacy_exchange(
      session,
      R"({"jsonrpc":"2.0","id":"five","method":"tools/call","params":{"name":"test_elicitation","arguments":{"message":"?"}}})");
  auto both = [&](openmcp::base::TaskGroup& group) -> openmcp::base::Task<void> {
    group.spawn(base.router->handle(*asking));
    co_await asking->until_sent("elicitation/create");
    auto cancelling = legacy_exchange(
        session, R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"five"}})");
    co_await base.router->handle(*cancelling);
  };
  run(base.env, openmcp::base::with_group(base.env, both));
  EXPECT_TRUE(asking->finished());
  EXPECT_THAT(asking->body(), testing::Not(HasSubstr("\"result\"")));
}

// --- subscriptions
// ---------------------------------------------------------------------------------------------------------

TEST_F(McpHttp, ListeningHearsOfWhatWasAskedForAndEndsInOrder) {
  auto id = save("watched");
  auto exchange = modern_exchange(
      Role::reader, "subscriptions/listen",
      {{"notifications",
        {{"resourcesListChanged", true}, {"resourceSubscriptions", {"context://" + id, "ipfs://bafkqaaa"}}}}},
      {}, "sub-1");
  auto both = [&](openmcp::base::TaskGroup& group) -> openmcp::base::Task<void> {
    group.spawn(base.router->handle(*exchange));
    co_await exchange->until_sent("subscriptions/acknowledged");
    context::EditRequest edit;
    edit.id = *context::ContextId::parse(id);
    edit.add_tags = {"new"};
    co_await base.workspace->edit(std::move(edit));
    co_await exchange->until_sent("resources/updated");
    context::CommitRequest commit;
    commit.content = openmcp::base::SharedBytes(openmcp::base::to_bytes(std::string_view("another")));
    co_await base.workspace->commit(std::move(commit));
    co_await exchange->until_sent("list_changed");
    server->close();
  };
  run(base.env, openmcp::base::with_group(base.env, both));
  EXPECT_TRUE(exchange->finished());
  auto events = events_of(exchange->body());
  ASSERT_THAT(events, SizeIs(4));
  std::vector<json::value> messages;
  for (auto& event : events) messages.push_back(json::parse(event.second));
  EXPECT_EQ(json::serialize(at(messages[0], "/params/notifications")),
            R"({"resourcesListChanged":true,"resourceSubscriptions":["context://)" + id + R"("]})");
  EXPECT_EQ(text_at(messages[1], "/params/uri"), "context://" + id);
  for (int i : {0, 1, 2})
    EXPECT_EQ(messages[i].at("params").at("_meta").at("io.modelcontextprotocol/subscriptionId").as_string(), "sub-1");
  EXPECT_EQ(text_at(messages[3], "/result/resultType"), "complete");
  EXPECT_EQ(text_at(messages[3], "/id"), "sub-1");
}

TEST_F(McpHttp, ASessionHearsOfChangesOnItsStandaloneStream) {
  auto id = save("watched");
  auto session = start_session();
  legacy(session,
         R"({"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"context://)" + id + "\"}}");
  auto headers = base.bearer(Role::writer);
  headers.add("Mcp-Session-Id", session);
  headers.add("Accept", "text/event-stream");
  FakeExchange get(base.env, "GET", "/mcp", headers), newer(base.env, "GET", "/mcp", headers);
  auto both = [&](openmcp::base::TaskGroup& group) -> openmcp::base::Task<void> {
    group.spawn(base.router->handle(get));
    co_await get.until_sent("id: 0-0");
    context::EditRequest edit;
    edit.id = *context::ContextId::parse(id);
    edit.add_tags = {"new"};
    co_await base.workspace->edit(std::move(edit));
    co_await get.until_sent("resources/updated");
    // The same message never goes on two streams: a newer reader takes the place of the older.
    group.spawn(base.router->handle(newer));
    co_await newer.until_sent("id: ");
    edit = {};
    edit.id = *context::ContextId::parse(id);
    edit.add_tags = {"newer"};
    co_await base.workspace->edit(std::move(edit));
    co_await newer.until_sent("resources/updated");
    newer.go();
  };
  run(base.env, openmcp::base::with_group(base.env, both));
  EXPECT_TRUE(get.finished());
  auto count = [](const std::string& body) {
    std::size_t found = 0;
    for (auto& event : events_of(body)) found += event.second.find("updated") != std::string::npos;
    return found;
  };
  EXPECT_EQ(count(get.body()), 1u);
  EXPECT_EQ(count(newer.body()), 1u);
}

}  // namespace

}  // namespace openmcp::api::mcp::test
