#include "api/mcp/message.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "support/vectors.hpp"

namespace openmcp::api::mcp {

namespace {

int code_of(std::string_view text) {
  auto decoded = decode_message(text);
  return decoded ? 0 : decoded.error().code;
}

TEST(Message, RequestNotificationAndResponse) {
  auto request = decode_message(R"({"jsonrpc":"2.0","id":"a\"b","method":"tools/list","params":{"cursor":"x"}})");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->is_request());
  EXPECT_EQ(request->id, R"("a\"b")");
  EXPECT_EQ(request->params->at("cursor").as_string(), "x");

  auto notification = decode_message(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->kind, Message::Kind::notification);
  ASSERT_TRUE(notification->params);
  EXPECT_TRUE(notification->params->empty());

  auto result = decode_message(R"({"jsonrpc":"2.0","id":-3,"result":{"roots":[]}})");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->kind, Message::Kind::response);
  EXPECT_EQ(result->id, "-3");
  ASSERT_TRUE(result->result);

  auto error = decode_message(R"({"jsonrpc":"2.0","id":3,"error":{"code":-1,"message":"no"}})");
  ASSERT_TRUE(error);
  EXPECT_FALSE(error->result);
  EXPECT_EQ(error->error_code, -1);
  EXPECT_EQ(error->error_message, "no");
}

TEST(Message, WhatIsNoMessage) {
  EXPECT_EQ(code_of("{"), -32700);
  EXPECT_EQ(code_of(""), -32700);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":"ping"} x)"), -32700);
  EXPECT_EQ(code_of("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}"), -32700);
  EXPECT_EQ(code_of(std::string(100, '[') + std::string(100, ']')), -32700);
  EXPECT_EQ(code_of("[]"), -32600);
  EXPECT_EQ(code_of("7"), -32600);
  EXPECT_EQ(code_of(R"({"id":1,"method":"ping"})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"1.0","id":1,"method":"ping"})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":null,"method":"ping"})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":{},"method":"ping"})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":7})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":"ping","result":{}})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","result":{}})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":")" + std::string(300, 'x') + R"(","method":"ping"})"), -32600);
}

TEST(Message, AnErrorKeepsTheIdThatCouldBeRead) {
  auto decoded = decode_message(R"({"jsonrpc":"2.0","id":9,"method":"ping","params":3})");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().id, "9");
}

TEST(Message, Batches) {
  auto batch = decode_batch(R"([{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"}])");
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->array);
  EXPECT_EQ(batch->messages.size(), 2u);
  EXPECT_FALSE(decode_batch("[]"));
  EXPECT_FALSE(decode_batch(R"([{"jsonrpc":"2.0","id":1,"method":"a"},3])"));
  std::string many = "[";
  for (int i = 0; i < 65; ++i) many += std::string(i ? "," : "") + R"({"jsonrpc":"2.0","method":"b"})";
  EXPECT_FALSE(decode_batch(many + "]"));
}

// The protocol's own examples of whole messages.
TEST(Message, PublishedExamples) {
  OPENMCP_NEED_VECTORS(examples, "mcp/schema/2026-07-28/examples");
  std::size_t messages = 0;
  for (auto& entry : std::filesystem::recursive_directory_iterator(examples)) {
    if (!entry.is_regular_file()) continue;
    const auto text = openmcp::test::slurp_text(entry.path());
    auto value = boost::json::parse(text);
    if (!value.is_object() || !value.as_object().contains("jsonrpc")) continue;
    ++messages;
    auto decoded = decode_message(text);
    EXPECT_TRUE(decoded) << entry.path() << ": " << (decoded ? "" : decoded.error().why);
  }
  EXPECT_GT(messages, 30u);
}

}  // namespace

}  // namespace openmcp::api::mcp
