#include "api/mcp/header_check.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/mcp/rpc_error.hpp"

namespace openmcp::api::mcp {

namespace {

namespace json = boost::json;

base::Result<std::vector<HeaderParam>> params_of(std::string_view schema) { return header_params(json::parse(schema)); }

TEST(HeaderCheck, AnnotationsAreFoundThroughPropertiesAlone) {
  auto found = params_of(
      R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},
"inner":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}}}})");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).name, "Region");
  EXPECT_EQ(found->at(1).path, (std::vector<std::string>{"inner", "n"}));
}

TEST(HeaderCheck, AnnotationsThatMayNotBe) {
  EXPECT_FALSE(params_of(R"({"properties":{"a":{"type":"string","x-mcp-header":""}}})"));
  EXPECT_FALSE(params_of(R"({"properties":{"a":{"type":"string","x-mcp-header":"a b"}}})"));
  EXPECT_FALSE(params_of(R"({"properties":{"a":{"type":"number","x-mcp-header":"A"}}})"));
  EXPECT_FALSE(params_of(
      R"({"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}})"));
  EXPECT_FALSE(params_of(R"({"properties":{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}})"));
  EXPECT_FALSE(params_of(R"({"anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]})"));
  EXPECT_FALSE(params_of(R"({"type":"string","x-mcp-header":"A"})"));
}

TEST(HeaderCheck, ValuesAreLiteralOrWrappedBase64) {
  EXPECT_EQ(decode_header_value("us-west1"), "us-west1");
  EXPECT_EQ(decode_header_value("SGVsbG8="), "SGVsbG8=");
  EXPECT_EQ(decode_header_value("=?base64?SGVsbG8=?="), "Hello");
  EXPECT_EQ(decode_header_value("=?base64?SGVsbG8sIOS4lueVjA==?="), "Hello, 世界");
  EXPECT_EQ(decode_header_value("=?base64?SGVsbG8="), "=?base64?SGVsbG8=");
  EXPECT_EQ(decode_header_value("=?BASE64?SGVsbG8=?="), "=?BASE64?SGVsbG8=?=");
  EXPECT_FALSE(decode_header_value("=?base64?SGVsbG8?="));
  EXPECT_FALSE(decode_header_value("=?base64?SGVs!!!bG8=?="));
  EXPECT_FALSE(decode_header_value("caf\xc3\xa9"));
  EXPECT_FALSE(decode_header_value(std::string_view("a\0b", 3)));
}

Message call(std::string_view arguments) {
  return *decode_message(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"héllo","arguments":)" +
                         std::string(arguments) + "}}");
}

int standard(http::Headers headers) {
  try {
    check_standard_headers(call("{}"), "2026-07-28", headers);
    return 0;
  } catch (const RpcError& error) {
    EXPECT_EQ(error.http_status(), 400u);
    return error.code();
  }
}

TEST(HeaderCheck, StandardHeaders) {
  http::Headers good{
      {"mcp-protocol-version", "2026-07-28"}, {"MCP-METHOD", "tools/call"}, {"Mcp-Name", "=?base64?aMOpbGxv?="}};
  EXPECT_EQ(standard(good), 0);
  for (auto* name : {"MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"}) {
    auto without = good;
    without.remove(name);
    EXPECT_EQ(standard(without), kHeaderMismatch) << name;
    auto twice = good;
    twice.add(name, std::string(good.get(name)));
    EXPECT_EQ(standard(twice), kHeaderMismatch) << name;
  }
  auto other = good;
  other.set("Mcp-Method", "TOOLS/CALL");
  EXPECT_EQ(standard(other), kHeaderMismatch);
}

int param(std::string_view arguments, http::Headers headers, std::string type = "string") {
  try {
    check_param_headers(call(arguments), {{"P", {"a", "b"}, type}}, headers);
    return 0;
  } catch (const RpcError& error) {
    return error.code();
  }
}

TEST(HeaderCheck, MirroredArguments) {
  EXPECT_EQ(param(R"({"a":{"b":"x"}})", {{"Mcp-Param-P", "x"}}), 0);
  EXPECT_EQ(param(R"({"a":{"b":"x"}})", {{"Mcp-Param-P", "y"}}), kHeaderMismatch);
  EXPECT_EQ(param(R"({"a":{"b":"x"}})", {}), kHeaderMismatch);
  EXPECT_EQ(param(R"({"a":{"b":null}})", {}), 0);
  EXPECT_EQ(param(R"({"a":3})", {}), 0);
  EXPECT_EQ(param(R"({})", {{"Mcp-Param-P", "x"}}), kHeaderMismatch);
  EXPECT_EQ(param(R"({"a":{"b":42}})", {{"Mcp-Param-P", "42.0"}}, "integer"), 0);
  EXPECT_EQ(param(R"({"a":{"b":42}})", {{"Mcp-Param-P", "43"}}, "integer"), kHeaderMismatch);
  EXPECT_EQ(param(R"({"a":{"b":true}})", {{"Mcp-Param-P", "true"}}, "boolean"), 0);
  EXPECT_EQ(param(R"({"a":{"b":true}})", {{"Mcp-Param-P", "True"}}, "boolean"), kHeaderMismatch);
}

}  // namespace

}  // namespace openmcp::api::mcp
