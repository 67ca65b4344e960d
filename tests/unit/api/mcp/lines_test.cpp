// Both eras on one channel of lines.
#include <boost/json.hpp>

#include "unit/api/mcp/mcp_fixture.hpp"

namespace openmcp::api::mcp::test {

namespace {

using openmcp::base::Task;

constexpr std::string_view kMeta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";

std::string modern_line(std::string_view id, std::string_view method, std::string_view params = "") {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) + R"(","params":{)" +
         std::string(params) + (params.empty() ? "" : ",") + std::string(kMeta) + "}}";
}
const std::string kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}}}})";

class McpLines : public testing::Test, public McpFixture {};
class McpLinesFixtures : public testing::Test, public McpFixture {
protected:
  McpLinesFixtures() : McpFixture(true) {}
};

TEST_F(McpLines, BothErasSideBySide) {
  LinesClient client(*this);
  client.run([](LinesClient& lines) -> Task<void> {
    lines.say(modern_line("1", "server/discover"));
    auto discovered = co_await lines.hear();
    EXPECT_EQ(text_at(discovered, "/result/supportedVersions/0"), "2026-07-28");
    lines.say(kInitialize);
    auto opened = co_await lines.hear();
    EXPECT_EQ(text_at(opened, "/result/protocolVersion"), "2025-06-18");
    lines.say(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
    lines.say(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})");
    auto legacy = co_await lines.hear();
    EXPECT_FALSE(at(legacy, "/result").as_object().contains("resultType"));
    lines.say(modern_line("\"m\"", "tools/list"));
    auto modern = co_await lines.hear();
    EXPECT_EQ(text_at(modern, "/id"), "m");
    EXPECT_EQ(text_at(modern, "/result/resultType"), "complete");
    lines.say(kInitialize);
    auto twice = co_await lines.hear();
    EXPECT_EQ(at(twice, "/error/code").as_int64(), -32600);
  });
}

TEST_F(McpLines, WhatCannotBeReadIsAnsweredAndTheChannelGoesOn) {
  LinesClient client(*this);
  client.run([](LinesClient& lines) -> Task<void> {
    lines.say("not json");
    auto answer = co_await lines.hear();
    EXPECT_EQ(at(answer, "/error/code").as_int64(), -32700);
    lines.say(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
    answer = co_await lines.hear();
    EXPECT_EQ(at(answer, "/error/code").as_int64(), -32600);  // before initialize
    lines.say(modern_line("2", "ping"));
    answer = co_await lines.hear();
    EXPECT_EQ(at(answer, "/error/code").as_int64(), -32601);
    lines.say(R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])");
    answer = co_await lines.hear();
    EXPECT_EQ(at(answer, "/error/code").as_int64(), -32600);
    lines.say("");
    lines.say(modern_line("3", "tools/call", R"("name":"status")"));
    answer = co_await lines.hear();
    EXPECT_EQ(at(answer, "/id").as_int64(), 3);
  });
}

TEST_F(McpLines, RequestsThatCameBeforeTheEndAreAnswered) {
  LinesClient client(*this);
  client.run([](LinesClient& lines) -> Task<void> {
    lines.say(modern_line("1", "tools/call", R"("name":"context_save","arguments":{"content":"piped"})"));
    lines.say(modern_line("2", "tools/call", R"("name":"status")"));
    lines.close();
    auto first = co_await lines.hear();
    auto second = co_await lines.hear();
    EXPECT_EQ(at(first, "/id").as_int64() + at(second, "/id").as_int64(), 3);
  });
}

TEST_F(McpLines, ARoleHolds) {
  LinesClient client(*this, Role::reader);
  client.run([](LinesClient& lines) -> Task<void> {
    lines.say(modern_line("1", "tools/call", R"("name":"context_save","arguments":{"content":"x"})"));
    auto answer = co_await lines.hear();
    EXPECT_EQ(at(answer, "/error/code").as_int64(), -31003);
  });
}

TEST_F(McpLines, TheUserIsAskedOnTheSameChannel) {
  auto id = save("to forget", {{"title", "Old"}});
  LinesClient client(*this);
  client.run([id](LinesClient& lines) -> Task<void> {
    lines.say(kInitialize);
    co_await lines.hear();
    lines.say(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"context_forget","arguments":{"ids":[")" +
        id + R"("]}}})");
    auto asked = co_await lines.hear();
    EXPECT_EQ(text_at(asked, "/method"), "elicitation/create");
    lines.say(R"({"jsonrpc":"2.0","id":)" + json::serialize(asked.at("id")) +
              R"(,"result":{"action":"accept","content":{"forget":true}}})");
    for (;;) {
      auto answer = co_await lines.hear();
      if (!answer.as_object().contains("id")) continue;  // the list of resources changed
      EXPECT_EQ(text_at(answer, "/result/structuredContent/forgotten/0"), id);
      break;
    }
  });
}

TEST_F(McpLines, AnErrorOfTheClientIsToldToTheModel) {
  auto id = save("to forget");
  LinesClient client(*this);
  client.run([id](LinesClient& lines) -> Task<void> {
    lines.say(kInitialize);
    co_await lines.hear();
    lines.say(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"context_forget","arguments":{"ids":[")" +
        id + R"("]}}})");
    auto asked = co_await lines.hear();
    lines.say(R"({"jsonrpc":"2.0","id":)" + json::serialize(asked.at("id")) +
              R"(,"error":{"code":-1,"message":"no window"}})");
    auto answer = co_await lines.hear();
    EXPECT_TRUE(at(answer, "/result/isError").as_bool());
    EXPECT_THAT(text_at(answer, "/result/content/0/text"), testing::HasSubstr("no window"));
  });
}

TEST_F(McpLinesFixtures, CancellingEndsARequestWithoutAnAnswer) {
  LinesClient client(*this);
  client.run([](LinesClient& lines) -> Task<void> {
    lines.say(kInitialize);
    co_await lines.hear();
    lines.say(
        R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"test_elicitation","arguments":{"message":"?"}}})");
    auto asked = co_await lines.hear();
    EXPECT_EQ(text_at(asked, "/method"), "elicitation/create");
    lines.say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})");
    lines.say(R"({"jsonrpc":"2.0","id":8,"method":"ping"})");
    auto answer = co_await lines.hear();
    EXPECT_EQ(at(answer, "/id").as_int64(), 8);
  });
  EXPECT_EQ(client.unheard(), 0u);
}

TEST_F(McpLinesFixtures, SeveralSubscriptionsShareTheChannel) {
  LinesClient client(*this);
  client.run([](LinesClient& lines) -> Task<void> {
    lines.say(modern_line("\"a\"", "subscriptions/listen", R"("notifications":{"toolsListChanged":true})"));
    co_await lines.hear();
    lines.say(modern_line("\"b\"", "subscriptions/listen", R"("notifications":{"promptsListChanged":true})"));
    co_await lines.hear();
    lines.say(modern_line("1", "tools/call", R"("name":"test_trigger_tool_change")"));
    std::vector<std::string> heard;
    for (int i = 0; i < 2; ++i) {
      auto message = co_await lines.hear();
      if (auto* params = message.as_object().if_contains("params"))
        heard.emplace_back(params->at("_meta").at("io.modelcontextprotocol/subscriptionId").as_string());
    }
    EXPECT_THAT(heard, testing::ElementsAre("a"));
    lines.say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}})");
    lines.say(modern_line("2", "tools/call", R"("name":"test_trigger_tool_change")"));
    auto answer = co_await lines.hear();
    EXPECT_EQ(at(answer, "/id").as_int64(), 2);
  });
  // The other subscription ended in order, with its result.
  ASSERT_EQ(client.unheard(), 1u);
  EXPECT_EQ(text_at(json::parse(client.next_line()), "/id"), "b");
}

}  // namespace

}  // namespace openmcp::api::mcp::test
