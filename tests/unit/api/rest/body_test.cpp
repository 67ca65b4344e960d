// Bodies field by field, and where values lie in a JSON text.
#include "api/body.hpp"

#include <gtest/gtest.h>

#include "api/json_spans.hpp"

namespace openmcp::api {
namespace {

TEST(JsonSpans, FindsMembersAndElements) {
  auto members = json_members(R"( { "a" : 1.50 , "b\"": "x,}]" ,"c":[{"d":2},"]"],"a":{ } } )");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 4u);
  EXPECT_EQ((*members)[0].value, "1.50");
  EXPECT_EQ((*members)[1].key, "b\\\"");
  EXPECT_EQ((*members)[1].value, "\"x,}]\"");
  EXPECT_EQ((*members)[2].value, R"([{"d":2},"]"])");
  EXPECT_EQ(json_member(R"({"a":1,"b":2,"a":3})", "a"), "3") << "the last one counts, as for a parser";
  EXPECT_EQ(json_member("{}", "a"), std::nullopt);
  auto elements = json_elements(R"([1, {"a":[2,3]} ,"x"])");
  ASSERT_TRUE(elements);
  EXPECT_EQ(*elements, (std::vector<std::string_view>{"1", R"({"a":[2,3]})", "\"x\""}));
  EXPECT_TRUE(json_elements("[]")->empty());
  for (auto bad : {"", "{", "[", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[1", "[\"", "[\"\\", "{} x", "{\"a\":[}",
                   "[,]", "{a:1}"}) {
    EXPECT_FALSE(json_members(bad)) << bad;
    EXPECT_FALSE(json_elements(bad)) << bad;
  }
}

TEST(Body, ReadsEveryKindOfField) {
  Body body(R"({"t":"x","n":5,"f":true,"l":["a","b"],"m":{"k":1.50,"j":0.3},"o":{"in":"side"},
                "i":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","z":null,
                "c":"bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"})");
  EXPECT_EQ(body.text("t"), "x");
  EXPECT_EQ(body.text("z"), std::nullopt);
  EXPECT_EQ(body.number("n", 1, 9), 5u);
  EXPECT_EQ(body.flag("f"), true);
  EXPECT_EQ(body.texts("l", 2, 5), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(body.metadata("m"), R"({"j":0.3,"k":1.5})");
  EXPECT_EQ(body.id("i")->text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_TRUE(body.cid("c"));
  auto inner = body.object("o");
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->text("in"), "side");
  EXPECT_EQ(body.raw("n"), "5");
  EXPECT_TRUE(body.has("t"));
  EXPECT_FALSE(body.has("z"));
  EXPECT_NO_THROW(body.check());
}

TEST(Body, CollectsEverythingThatIsWrong) {
  Body body(R"({"t":1,"n":-5,"f":"x","l":"a","m":3,"i":"x","c":"x","ll":["a",1]})");
  body.text("t");
  body.number("n", 0, 9);
  body.flag("f");
  body.texts("l", 2, 5);
  body.metadata("m");
  body.id("i");
  body.cid("c");
  body.texts("ll", 2, 5);
  body.text("missing", {.required = true, .min = 0, .max = 5});
  try {
    body.check();
    FAIL();
  } catch (const InvalidRequest& error) {
    std::vector<std::string> types;
    for (const auto& item : error.items()) types.push_back(item.type);
    EXPECT_EQ(types, (std::vector<std::string>{"string_type", "greater_than_equal", "bool_type", "list_type",
                                               "dict_type", "uuid_parsing", "value_error", "string_type", "missing"}));
    EXPECT_EQ(error.items()[7].loc, R"(["body","ll",1])");
  }
}

TEST(Body, NeverSendsMuchBack) {
  Body body(R"({"content":")" + std::string(100'000, 'x') + "\"}");
  body.text("type", {.required = true, .min = 0, .max = 5});
  try {
    body.check();
    FAIL();
  } catch (const InvalidRequest& error) {
    EXPECT_EQ(error.items()[0].input, "null");
  }
}

}  // namespace
}  // namespace openmcp::api
