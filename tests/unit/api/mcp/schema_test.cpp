#include "api/mcp/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "support/vectors.hpp"

namespace openmcp::api::mcp {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> check(std::string_view schema, std::string_view value) {
  return base::unwrap(Schema::read(schema)).problems(boost::json::parse(value));
}

TEST(Schema, ObjectsSayWhatIsWrongAndWhere) {
  constexpr std::string_view schema =
      R"({"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":3},
"limit":{"type":"integer","minimum":1,"maximum":50},"tags":{"type":"array","items":{"type":"string"},"maxItems":2}},
"required":["query"],"additionalProperties":false})";
  EXPECT_THAT(check(schema, R"({"query":"a","limit":50,"tags":["x"]})"), IsEmpty());
  EXPECT_THAT(check(schema, R"({})"), ElementsAre("query: is required"));
  EXPECT_THAT(check(schema, R"({"query":7})"), ElementsAre("query: must be a string"));
  EXPECT_THAT(check(schema, R"({"query":"a","limit":51})"), ElementsAre("limit: must be at most 50"));
  EXPECT_THAT(check(schema, R"({"query":"a","limit":1.5})"), ElementsAre("limit: must be an integer"));
  EXPECT_THAT(check(schema, R"({"query":"a","limit":2.0})"), IsEmpty());
  EXPECT_THAT(check(schema, R"({"query":"a","tags":["x",3]})"), ElementsAre("tags[1]: must be a string"));
  EXPECT_THAT(check(schema, R"({"query":"a","tags":["x","y","z"]})"), ElementsAre("tags: must have at most 2 items"));
  EXPECT_THAT(check(schema, R"({"query":"a","other":1})"), ElementsAre("other: is not known"));
  EXPECT_THAT(check(schema, R"({"query":"ääää"})"), ElementsAre("query: must have at most 3 characters"));
  EXPECT_THAT(check(schema, R"({"query":"äää"})"), IsEmpty());
  EXPECT_THAT(check(schema, "[]"), ElementsAre("must be an object"));
}

TEST(Schema, ChoicesAndComposition) {
  EXPECT_THAT(check(R"({"enum":["a",1]})", "1"), IsEmpty());
  EXPECT_THAT(check(R"({"enum":["a",1]})", "2"), ElementsAre(R"(must be one of ["a",1])"));
  EXPECT_THAT(check(R"({"const":true})", "false"), ElementsAre("must be true"));
  EXPECT_THAT(check(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "null"), IsEmpty());
  EXPECT_EQ(check(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "1").size(), 1u);
  EXPECT_EQ(check(R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3").size(), 1u);
  EXPECT_THAT(check(R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "1"), IsEmpty());
  EXPECT_EQ(check(R"({"not":{"type":"string"}})", "\"x\"").size(), 1u);
  constexpr std::string_view conditional =
      R"({"if":{"properties":{"by":{"const":"phone"}},"required":["by"]},"then":{"required":["phone"]},"else":{"required":["email"]}})";
  EXPECT_THAT(check(conditional, R"({"by":"phone"})"), ElementsAre("phone: is required"));
  EXPECT_THAT(check(conditional, R"({})"), ElementsAre("email: is required"));
  constexpr std::string_view referring =
      R"({"$defs":{"a":{"type":"object","properties":{"next":{"$ref":"#/$defs/a"},"n":{"type":"integer"}}}},"$ref":"#/$defs/a"})";
  EXPECT_THAT(check(referring, R"({"next":{"next":{"n":"x"}}})"), ElementsAre("next.next.n: must be an integer"));
}

TEST(Schema, AReferenceToItselfEnds) {
  EXPECT_FALSE(check(R"({"$defs":{"a":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})", "1").empty());
}

TEST(Schema, WhatWouldGoUncheckedIsRefused) {
  EXPECT_EQ(Schema::read(R"({"type":"string","pattern":"^a"})").error().code(), base::Errc::unsupported);
  EXPECT_EQ(Schema::read(R"({"properties":{"a":{"multipleOf":2}}})").error().code(), base::Errc::unsupported);
  EXPECT_EQ(Schema::read(R"({"$ref":"https://example.com/schema"})").error().code(), base::Errc::unsupported);
  EXPECT_EQ(Schema::read("[").error().code(), base::Errc::invalid_argument);
}

// The protocol's own schema takes the protocol's own examples: ours is at least as lenient as it must be.
TEST(Schema, PublishedExamples) {
  OPENMCP_NEED_VECTORS(folder, "mcp/schema/2026-07-28");
  auto schema = Schema::read(openmcp::test::slurp_text(folder / "schema.json"));
  ASSERT_TRUE(schema) << schema.error().message();
  std::size_t examples = 0;
  for (auto& entry : std::filesystem::recursive_directory_iterator(folder / "examples")) {
    if (!entry.is_regular_file()) continue;
    ++examples;
    const auto type = entry.path().parent_path().filename().string();
    EXPECT_THAT(schema->problems_of(type, boost::json::parse(openmcp::test::slurp_text(entry.path()))), IsEmpty())
        << entry.path();
  }
  EXPECT_EQ(examples, 129u);
}

}  // namespace

}  // namespace openmcp::api::mcp
