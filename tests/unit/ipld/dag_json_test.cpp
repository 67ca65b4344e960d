#include "ipld/dag_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <limits>

#include "codec_support.hpp"
#include "ipld/json_number.hpp"
#include "support/vectors.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using test::must;

std::string float_text(double value) {
  std::string text;
  append_json_float(text, value);
  return text;
}

TEST(DagJson, WritesTheOneForm) {
  const Cid cid = make_block(Codec::raw, {}).cid;
  const std::pair<Node, std::string> examples[] = {
      {nullptr, "null"},
      {true, "true"},
      {false, "false"},
      {0, "0"},
      {-1, "-1"},
      {UINT64_MAX, "18446744073709551615"},
      {Integer::from_cbor(true, UINT64_MAX), "-18446744073709551616"},
      {1.0, "1.0"},
      {-0.5, "-0.5"},
      {"", R"("")"},
      {"a\"b\\c/d", R"("a\"b\\c/d")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {std::string("\0\x1f\x7f", 3), "\"\\u0000\\u001f\x7f\""},
      {"ü水😀\u2028", "\"ü水😀\u2028\""},
      {base::Bytes{}, R"({"/":{"bytes":""}})"},
      {base::Bytes{0xfb, 0xff}, R"({"/":{"bytes":"+/8"}})"},
      {cid, R"({"/":"bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"})"},
      {must(Cid::v0(cid.hash())), R"({"/":"QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"})"},
      {List{}, "[]"},
      {List{1, "a", nullptr}, R"([1,"a",null])"},
      {Map{}, "{}"},
      {Map{{"b", 1}, {"aa", 2}, {"", 3}}, R"({"":3,"aa":2,"b":1})"},
      {Map{{"/", 1}}, R"({"/":1})"},
      {Map{{"/", cid}}, R"({"/":{"/":"bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}})"},
      {Map{{"/", base::Bytes{1}}}, R"({"/":{"/":{"bytes":"AQ"}}})"},
      {Map{{"/", Map{{"bytes", 1}}}}, R"({"/":{"bytes":1}})"},
      {Map{{"/", "x"}, {".", 1}}, R"({".":1,"/":"x"})"},
      {Map{{"/", Map{{"bytes", "x"}, {"a", 1}}}}, R"({"/":{"a":1,"bytes":"x"}})"},
  };
  for (const auto& [node, text] : examples) {
    EXPECT_EQ(must(encode_dag_json(node)), text);
    EXPECT_EQ(must(decode_dag_json(text)), node) << text;
  }
}

TEST(DagJson, FloatsAsEcmaScriptWritesThemButNeverLikeIntegers) {
  // ECMA-262, Number::toString: where the exponent form begins and ends.
  const std::pair<double, const char*> examples[] = {
      {0.0, "0.0"},
      {1, "1.0"},
      {-1, "-1.0"},
      {100, "100.0"},
      {1e20, "100000000000000000000.0"},
      {123456789012345680000.0, "123456789012345680000.0"},
      {1e21, "1e+21"},
      {1.5e21, "1.5e+21"},
      {1e300, "1e+300"},
      {0.1, "0.1"},
      {0.000001, "0.000001"},
      {1e-7, "1e-7"},
      {8.940696716308594e-8, "8.940696716308594e-8"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {123.456, "123.456"},
      {-1.25e-10, "-1.25e-10"},
      {9007199254740993.0, "9007199254740992.0"},
  };
  for (const auto& [value, text] : examples) {
    EXPECT_EQ(float_text(value), text);
    EXPECT_EQ(must(decode_dag_json(text)), Node(value)) << text;
  }
}

TEST(DagJson, StrictReadsTheCanonicalTextOnly) {
  for (auto text : {" 1",
                    "1 ",
                    "[1, 2]",
                    "{\"b\":1,\"a\":2}",
                    "{ }",
                    "\"\\/\"",
                    "\"\\u0041\"",
                    "\"\\u001F\"",
                    "\"\\u000a\"",
                    "1e2",
                    "1.50",
                    "1E+21",
                    "1e21",
                    "-0",
                    "-0.0",
                    "0.10",
                    "10e-1",
                    "1.0e+21",
                    R"({"/":"BAFKQAAA"})",
                    R"({"/":"zCT5htke"})",
                    R"({"/":{"bytes":"AQ=="}})",
                    "\n{}"}) {
    auto strict = decode_dag_json(text);
    ASSERT_FALSE(strict) << text;
    EXPECT_EQ(strict.error().code(), Errc::corrupt);
    if (std::string_view(text).find("zCT5") == std::string_view::npos)
      EXPECT_TRUE(decode_dag_json(text, JsonForm::relaxed)) << text;
  }
  EXPECT_EQ(decode_dag_json("[1, 2]").error().message(), "dag-json, byte 3: not in canonical form");
}

TEST(DagJson, RelaxedReadsWhatPeopleWrite) {
  auto relaxed = [](std::string_view text) { return must(decode_dag_json(text, JsonForm::relaxed)); };
  EXPECT_EQ(relaxed(" { \"b\" : [ 1 , 2.50 , 1e2 , -0 , -0.0 ] ,\r\n\t\"a\" : { \"/\" : \"bafkqaaa\" } } "),
            Node(Map{{"a", Cid()}, {"b", List{1, 2.5, 100.0, 0, 0.0}}}));
  EXPECT_EQ(relaxed(R"("\/\u0041\ud83d\ude00\u00FC")"), Node("/A😀ü"));
  EXPECT_EQ(relaxed(R"({"/":{"bytes":"AQI="}})"), Node(base::Bytes{1, 2}));
  EXPECT_EQ(relaxed(R"({"z":1,"/":{"a":2}})"), Node(Map{{"z", 1}, {"/", Map{{"a", 2}}}}));
}

TEST(DagJson, NeitherFormReadsThese) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "missing"},
      {" ", "missing"},
      {"nul", "not a JSON value"},
      {"truefalse", "after the value"},
      {"1 2", "after the value"},
      {"[1,]", "not a JSON value"},
      {"[1", "expected , or ]"},
      {"[", "missing"},
      {"[,", "not a JSON value"},
      {"{\"a\"}", "expected :"},
      {"{a:1}", "double quotes"},
      {"{\"a\":1,}", "double quotes"},
      {"{\"a\":1", "expected , or }"},
      {"{,}", "double quotes"},
      {"'a'", "not a JSON"},
      {"\"a", "no end"},
      {"\"a\nb\"", "control character"},
      {"\"\\x\"", "escape"},
      {"\"\\", "escape"},
      {"\"\\u12\"", "hex digits"},
      {"\"\\u12g4\"", "hex digits"},
      {"\"\\u+123\"", "hex digits"},
      {"\"\\ud800\"", "surrogate"},
      {"\"\\ud800\\u0041\"", "surrogate"},
      {"\"\\udc00\"", "surrogate"},
      {"\"\xff\"", "UTF-8"},
      {"\"\xed\xa0\x80\"", "UTF-8"},
      {"01", "not a JSON value"},
      {"-", "not a JSON value"},
      {"+1", "not a JSON value"},
      {".5", "not a JSON value"},
      {"1.", "ends in a point"},
      {"1e", "exponent"},
      {"1e+", "exponent"},
      {"NaN", "not a JSON value"},
      {"Infinity", "not a JSON value"},
      {"1e999", "out of range"},
      {"18446744073709551616", "out of range"},
      {"-18446744073709551617", "out of range"},
      {"{\"a\":1,\"b\":2,\"a\":3}", "twice"},
      {"{\"a\":1,\"\\u0061\":2}", "twice"},
      // dag-json specification, "Parse rejection modes in the reserved namespace".
      {R"({"/":"foo"})", "not a CID"},
      {R"({"/":"foo","bar":"baz"})", "other keys"},
      {R"({"/":"bafkqaaa","bar":1})", "other keys"},
      {R"({"/":{"bytes":"foo","bar":"baz"}})", "other keys"},
      {R"({"/":{"bytes":"AQ"},"bar":"baz"})", "other keys"},
      {R"({"/":{"bytes":"A"}})", "length"},
      {R"({"/":{"bytes":"-_8"}})", "character"},
      {R"({"/":{"bytes":"AR"}})", "bits after"},
      {R"({"/":{"bytes":"mAQ==="}})", "padding"},
  };
  for (const auto& [text, what] : cases)
    for (auto form : {JsonForm::canonical, JsonForm::relaxed}) {
      auto node = decode_dag_json(text, form);
      ASSERT_FALSE(node) << text;
      EXPECT_EQ(node.error().code(), Errc::corrupt);
      EXPECT_NE(node.error().message().find(what), std::string::npos) << text << ": " << node.error().message();
    }
}

TEST(DagJson, TheReservedNamespaceBothWays) {
  // Valid ones of the specification's examples.
  for (auto text :
       {R"({"/":true,"bar":"baz"})", R"({"/":{"bytes":true},"bar":"baz"})", R"({"/":{"abar":"baz","bytes":"foo"}})",
        R"({".bar":"baz","/":"foo"})", R"({".bar":"baz","/":{"bytes":"foo"}})", R"({"/":{}})", R"({"/":[]})"})
    EXPECT_EQ(must(encode_dag_json(must(decode_dag_json(text)))), text);
  // Maps that would read back as something else cannot be written.
  for (const Node& node :
       {Node(Map{{"/", "foo"}}), Node(Map{{"/", "foo"}, {"bar", 1}}), Node(Map{{"/", Map{{"bytes", "AQ"}}}}),
        Node(Map{{"/", Map{{"bytes", "AQ"}, {"c", 1}}}}), Node(List{Map{{"/", Map{{"bytes", ""}}}, {"0", 1}}})})
    EXPECT_EQ(encode_dag_json(node).error().code(), Errc::invalid_argument);
}

TEST(DagJson, RefusesToWriteWhatNobodyCouldRead) {
  const Node bad[] = {std::nan(""), std::numeric_limits<double>::infinity(), -0.0, "\xff", Map{{"\xff", 1}}};
  for (const Node& node : bad) EXPECT_EQ(encode_dag_json(node).error().code(), Errc::invalid_argument);
}

TEST(DagJson, BoundsTheDepth) {
  auto nested = [](std::size_t levels, std::string inner = "") {
    return std::string(levels, '[') + inner + std::string(levels, ']');
  };
  EXPECT_EQ(depth_of(must(decode_dag_json(nested(kMaxDepth)))), kMaxDepth);
  EXPECT_TRUE(decode_dag_json(nested(kMaxDepth, R"({"/":{"bytes":""}})"))) << "bytes are no level of the data model";
  EXPECT_FALSE(decode_dag_json(nested(kMaxDepth, "{}")));
  EXPECT_FALSE(decode_dag_json(nested(kMaxDepth + 1)));
  EXPECT_FALSE(decode_dag_json(nested(kMaxDepth + 1), JsonForm::relaxed));
  EXPECT_FALSE(decode_dag_json(std::string(1 << 20, '[')));
  EXPECT_FALSE(decode_dag_json(std::string(1 << 20, '{')));
  EXPECT_FALSE(encode_dag_json(List{must(decode_dag_json(nested(kMaxDepth)))}));
}

TEST(DagJson, RefusesThePublishedNegativeFixtures) {
  OPENMCP_NEED_VECTORS(folder, "codec-fixtures/negative-fixtures/dag-json/decode");
  int cases = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    auto fixtures = boost::json::parse(test::slurp_text(file.path()));
    for (const auto& fixture : fixtures.as_array()) {
      auto bytes = test::from_hex(fixture.at("hex").as_string());
      for (auto form : {JsonForm::canonical, JsonForm::relaxed})
        EXPECT_FALSE(decode_dag_json(base::as_text(bytes), form));
      ++cases;
    }
  }
  EXPECT_EQ(cases, 1);
}

RC_GTEST_PROP(DagJson, NodesComeBack, ()) {
  const Node node = *test::random_node();
  auto text = encode_dag_json(node);
  if (!text) RC_DISCARD("a map in the reserved namespace");
  RC_ASSERT(must(decode_dag_json(*text)) == node);
  RC_ASSERT(must(decode_dag_json(*text, JsonForm::relaxed)) == node);
}

RC_GTEST_PROP(DagJson, FloatsComeBack, ()) {
  const double value = *test::random_float();
  RC_ASSERT(std::strtod(float_text(value).c_str(), nullptr) == value);
  RC_ASSERT(must(decode_dag_json(float_text(value))) == Node(value));
}

RC_GTEST_PROP(DagJson, IsJsonThatOthersRead, ()) {
  auto text = encode_dag_json(*test::random_node());
  if (!text) RC_DISCARD("a map in the reserved namespace");
  boost::system::error_code error;
  boost::json::parse(*text, error);
  RC_ASSERT(!error);
}

}  // namespace
}  // namespace openmcp::ipld
