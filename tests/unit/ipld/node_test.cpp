#include "ipld/node.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "codec_support.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using test::must;

static_assert(sizeof(Node) <= 40, "lists of Nodes should stay small");
static_assert(std::is_nothrow_move_constructible_v<Node>);
static_assert(Integer(-1) < Integer(0) && Integer(INT64_MIN) < Integer(-1) && Integer(UINT64_MAX) > Integer(INT64_MAX));
static_assert(Integer::from_cbor(true, UINT64_MAX) < Integer(INT64_MIN));
static_assert(Integer(INT64_MIN).int64() == INT64_MIN && Integer(-1).cbor_argument() == 0 && !Integer(-1).uint64());
static_assert(!Integer(UINT64_MAX).int64() && Integer(UINT64_MAX).uint64() == UINT64_MAX);
static_assert(Integer(std::uint8_t{200}).int64() == 200 && Integer(std::int8_t{-128}).int64() == -128);

TEST(Integer, TextOfTheWholeRange) {
  EXPECT_EQ(Integer::from_cbor(true, UINT64_MAX).text(), "-18446744073709551616");
  EXPECT_EQ(Integer::from_cbor(true, UINT64_MAX - 1).text(), "-18446744073709551615");
  EXPECT_EQ(Integer(UINT64_MAX).text(), "18446744073709551615");
  EXPECT_EQ(Integer(INT64_MIN).text(), "-9223372036854775808");
  EXPECT_EQ(Integer(0).text(), "0");
  for (auto text : {"", "-", "-0", "00", "01", "+1", "1 ", " 1", "1.0", "0x1", "18446744073709551616",
                    "-18446744073709551617", "99999999999999999999999", "-99999999999999999999999"})
    EXPECT_FALSE(Integer::parse(text)) << text;
}

RC_GTEST_PROP(Integer, ComesBackFromText, ()) {
  const Integer value = *test::random_integer();
  RC_ASSERT(must(Integer::parse(value.text())) == value);
}

TEST(Map, KeepsTheOrderOfDagCborAndOneEntryAKey) {
  Map map{{"bb", 1}, {"a", 2}, {"", 3}, {"ccc", 4}, {"ab", 5}, {"a", 6}};
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"", "a", "ab", "bb", "ccc"}));
  EXPECT_EQ(must(map.find("a")->as<std::int64_t>()), 6);
  EXPECT_EQ(map.find("x"), nullptr);
  map.set("x", "new");
  map.set("bb", "other");
  EXPECT_EQ(map.size(), 6u);
  EXPECT_EQ(*map.find("bb"), Node("other"));
  EXPECT_TRUE(map.erase("x"));
  EXPECT_FALSE(map.erase("x"));
  EXPECT_FALSE(map.append("b", 1));
  EXPECT_FALSE(map.append("ccc", 1));
  EXPECT_TRUE(map.append("ccd", 1));
  EXPECT_EQ(map.size(), 6u);
}

TEST(Map, FromEntriesRefusesARepeatedKey) {
  EXPECT_EQ(must(Map::from_entries({{"bb", 1}, {"a", 2}})), (Map{{"a", 2}, {"bb", 1}}));
  auto twice = Map::from_entries({{"k", 1}, {"a", 2}, {"k", 3}});
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message().find("'k'"), std::string::npos);
}

TEST(Node, MakesEveryKind) {
  const Cid cid{};
  const Node nodes[] = {nullptr, true, 1, 1.5, "text", base::Bytes{1}, List{1, "two"}, Map{{"k", 1}}, cid};
  for (std::size_t i = 0; i < std::size(nodes); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(nodes[i].kind()), i);
    for (std::size_t j = 0; j < std::size(nodes); ++j) EXPECT_EQ(nodes[i] == nodes[j], i == j);
    Node copy = nodes[i];
    EXPECT_EQ(copy, nodes[i]);
  }
  EXPECT_EQ(Node(std::string_view("x")).kind(), Kind::string);
  EXPECT_EQ(Node(std::uint64_t{UINT64_MAX}), Node(Integer(UINT64_MAX)));
  EXPECT_NE(Node(1), Node(1.0)) << "an integer is not a float";
  EXPECT_EQ(*nodes[8].if_link(), cid);
}

TEST(Node, GivesTypedValuesOrSaysWhatItFound) {
  const Node node = Map{{"name", "n"},
                        {"size", 7},
                        {"low", -7},
                        {"large", Integer(UINT64_MAX)},
                        {"ratio", 0.5},
                        {"ok", true},
                        {"raw", base::Bytes{1, 2}},
                        {"tags", List{"a"}},
                        {"more", Map{}},
                        {"link", Cid()}};
  EXPECT_EQ(must(node.field<std::string_view>("name")), "n");
  EXPECT_EQ(must(node.field<std::string>("name")), "n");
  EXPECT_EQ(must(node.field<std::int64_t>("low")), -7);
  EXPECT_EQ(must(node.field<std::uint64_t>("large")), UINT64_MAX);
  EXPECT_EQ(must(node.field<Integer>("size")), Integer(7));
  EXPECT_EQ(must(node.field<double>("ratio")), 0.5);
  EXPECT_EQ(must(node.field<bool>("ok")), true);
  EXPECT_EQ(must(node.field<base::BytesView>("raw")).size(), 2u);
  EXPECT_EQ(must(node.field<const List*>("tags"))->size(), 1u);
  EXPECT_TRUE(must(node.field<const Map*>("more"))->empty());
  EXPECT_EQ(must(node.field<Cid>("link")), Cid());
  EXPECT_EQ(must(node.optional_field<std::string>("none")), std::nullopt);
  EXPECT_EQ(must(node.optional_field<std::string>("name")), "n");

  EXPECT_EQ(node.field<std::uint64_t>("low").error().message(), "field 'low': number -7 is out of range");
  EXPECT_EQ(node.field<std::int64_t>("large").error().code(), Errc::corrupt);
  EXPECT_EQ(node.field<std::string>("size").error().message(), "field 'size': expected string, found int");
  EXPECT_EQ(node.field<std::string>("none").error().message(), "field 'none' is missing");
  EXPECT_FALSE(node.optional_field<std::string>("size"));
  EXPECT_FALSE(Node(1).field<std::string>("name"));
  EXPECT_FALSE(Node(1).optional_field<std::string>("name"));
}

TEST(Node, DepthAndLinks) {
  const Cid a{}, b = make_block(Codec::raw, {}).cid;
  EXPECT_EQ(depth_of(1), 0u);
  EXPECT_EQ(depth_of(List{}), 1u);
  EXPECT_EQ(depth_of(Map{{"k", List{Node(List{})}}, {"m", 1}}), 3u);
  Node deep = List{};
  for (int i = 0; i < 300; ++i) deep = List{deep};
  EXPECT_EQ(depth_of(deep), kMaxDepth + 1);
  std::vector<Cid> links;
  collect_links(Map{{"z", a}, {"list", List{b, 1, a}}, {"m", Map{{"l", b}}}}, links);
  EXPECT_EQ(links, (std::vector<Cid>{b, a, b, a})) << "in the order of the entries: m, z, list";
}

}  // namespace
}  // namespace openmcp::ipld
