#include "ipld/dag_cbor.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <limits>

#include "codec_support.hpp"
#include "support/vectors.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using test::from_hex;
using test::must;

bool has_tag(const boost::json::object& vector, std::string_view tag) {
  for (const auto& entry : vector.at("tags").as_array())
    if (entry.as_string() == tag) return true;
  return false;
}

/// What a vector says about dag-cbor. `basic` ones hold for every dialect. A vector of another dialect alone (rfc8949's
/// short floats, CBOR::Core's big numbers, dCBOR's reductions, dasl-cid's fewer CIDs) says nothing about ours.
bool about_dag_cbor(const boost::json::object& vector) {
  return has_tag(vector, "dag-cbor") || has_tag(vector, "basic");
}

TEST(DagCbor, AgreesWithDaslTesting) {
  OPENMCP_NEED_VECTORS(folder, "dasl-testing/fixtures/cbor");
  std::map<std::string, int> counted;
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    ++files;
    auto vectors = boost::json::parse(test::slurp_text(file.path()));
    for (const auto& value : vectors.as_array()) {
      const auto& vector = value.as_object();
      const std::string type(vector.at("type").as_string()), data(vector.at("data").as_string());
      SCOPED_TRACE(file.path().filename().string() + ": " + type + " " + data);
      const auto block = from_hex(data);
      const auto node = decode_dag_cbor(block);
      EXPECT_EQ(node.has_value(), dag_cbor_links(block).has_value());
      if (node) EXPECT_EQ(must(encode_dag_cbor(*node)), block) << "strict: whatever is read is written back alike";
      if (!about_dag_cbor(vector)) {
        ++counted["other dialects"];
      } else if (type == "roundtrip") {
        EXPECT_TRUE(node) << (node ? "" : node.error().message());
        ++counted[type];
      } else {
        EXPECT_FALSE(node);
        ++counted[type];
      }
    }
  }
  EXPECT_EQ(files, 11);
  EXPECT_EQ(counted["roundtrip"], 22);
  EXPECT_EQ(counted["invalid_in"], 54);
  EXPECT_EQ(counted["invalid_out"], 9);
  EXPECT_EQ(counted["other dialects"], 20);
}

TEST(DagCbor, CidsThatDaslForbidsAreCidsHere) {
  // dasl-testing, cid.json, tagged dasl-cid only: CIDv0, a digest that is not 32 bytes, dag-pb, sha1 are all good IPLD.
  for (std::string hex : {"d82a582300122022ad631c69ee983095b5b8acd029ff94aff1dc6c48837878589a92b90dfea317",
                          "d82a5824000155121f5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be",
                          "d82a58250001701220e9822efc7c48027a5429fdbd988d02b2b8e4eaee8f62c32bd1021dcf922e05de",
                          "d82a58190001551114f572d396fae9206628714fb2ce00f72e94f2258f"}) {
    const auto block = from_hex(hex);
    EXPECT_EQ(must(encode_dag_cbor(must(decode_dag_cbor(block)))), block);
    EXPECT_EQ(must(dag_cbor_links(block)).size(), 1u);
  }
  // But an empty digest names nothing (IPIP-512: at least 20 bytes).
  EXPECT_FALSE(decode_dag_cbor(from_hex("d82a450001551200")));
}

TEST(DagCbor, WritesTheExamplesOfRfc8949) {
  // RFC 8949, appendix A, those that are dag-cbor.
  const std::pair<Node, std::string> examples[] = {
      {0, "00"},
      {23, "17"},
      {24, "1818"},
      {100, "1864"},
      {1000, "1903e8"},
      {1000000, "1a000f4240"},
      {1000000000000, "1b000000e8d4a51000"},
      {UINT64_MAX, "1bffffffffffffffff"},
      {Integer::from_cbor(true, UINT64_MAX), "3bffffffffffffffff"},
      {-1, "20"},
      {-10, "29"},
      {-100, "3863"},
      {-1000, "3903e7"},
      {1.1, "fb3ff199999999999a"},
      {1.0e300, "fb7e37e43c8800759c"},
      {-4.1, "fbc010666666666666"},
      {false, "f4"},
      {true, "f5"},
      {nullptr, "f6"},
      {base::Bytes{}, "40"},
      {base::Bytes{1, 2, 3, 4}, "4401020304"},
      {"", "60"},
      {"IETF", "6449455446"},
      {"\"\\", "62225c"},
      {"ü", "62c3bc"},
      {"水", "63e6b0b4"},
      {"𐅑", "64f0908591"},
      {List{}, "80"},
      {List{1, 2, 3}, "83010203"},
      {List{1, List{2, 3}, List{4, 5}}, "8301820203820405"},
      {Map{}, "a0"},
      {Map{{"a", 1}, {"b", List{2, 3}}}, "a26161016162820203"},
  };
  for (const auto& [node, hex] : examples) {
    EXPECT_EQ(base::to_hex(must(encode_dag_cbor(node))), hex);
    EXPECT_EQ(must(decode_dag_cbor(from_hex(hex))), node);
  }
}

TEST(DagCbor, RefusesEveryOtherForm) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "a value is missing"},
      {"1817", "shortest"},
      {"1900ff", "shortest"},
      {"1a0000ffff", "shortest"},
      {"1b00000000ffffffff", "shortest"},
      {"18", "cut off"},
      {"1b00000001000000", "cut off"},
      {"1c", "reserved"},
      {"1f", "indefinite"},
      {"5f4100ff", "indefinite"},
      {"9fff", "indefinite"},
      {"bfff", "indefinite"},
      {"ff", "simple"},
      {"4200", "longer than what is left"},
      {"5affffffff00", "longer than what is left"},
      {"7bffffffffffffffff00", "longer than what is left"},
      {"9affffffff00", "more items"},
      {"bbffffffffffffffff", "more entries"},
      {"bb8000000000000000", "more entries"},
      {"8201", "more items"},
      {"824100", "a value is missing"},
      {"a16161", "a value is missing"},
      {"a2616101", "more entries"},
      {"a1410000", "not a string"},
      {"a10000", "not a string"},
      {"a26162006161", "out of order"},
      {"a2616200616100", "out of order"},
      {"a262616100616200", "out of order"},
      {"a2616100616101", "twice"},
      {"a161ff00", "UTF-8"},
      {"62c080", "UTF-8"},
      {"63eda080", "UTF-8"},
      {"64f4908080", "UTF-8"},
      {"f7", "simple"},
      {"f800", "simple"},
      {"f820", "simple"},
      {"e0", "simple"},
      {"f90000", "64 bits"},
      {"fa00000000", "64 bits"},
      {"fb00", "cut off"},
      {"fb7ff8000000000000", "not finite"},
      {"fb7ff0000000000000", "not finite"},
      {"fbfff0000000000000", "not finite"},
      {"fb8000000000000000", "-0.0"},
      {"c100", "tag"},
      {"d82b00", "tag"},
      {"d9002a4100", "tag"},
      {"d82a", "tag"},
      {"d82a00", "byte string"},
      {"d82a60", "byte string"},
      {"d82a40", "CID"},
      {"d82a4100", "CID"},
      {"d82a4401550000", "CID"},
      {"d82a4501550000", "longer"},
      {"d82a450155000000", "CID"},
      {"d82a46000155000000", "CID"},
      {"0000", "after the value"},
      {"a0a0", "after"},
  };
  for (const auto& [hex, what] : cases) {
    auto node = decode_dag_cbor(from_hex(hex));
    ASSERT_FALSE(node) << hex;
    EXPECT_EQ(node.error().code(), Errc::corrupt);
    EXPECT_NE(node.error().message().find(what), std::string::npos) << hex << ": " << node.error().message();
    auto links = dag_cbor_links(from_hex(hex));
    ASSERT_FALSE(links) << hex;
    EXPECT_EQ(links.error().message(), node.error().message());
  }
  EXPECT_EQ(decode_dag_cbor(from_hex("820163eda080")).error().message(),
            "dag-cbor block, byte 2: a string is not UTF-8");
}

TEST(DagCbor, RefusesToWriteWhatNobodyCouldRead) {
  const Node bad[] = {std::nan(""), std::numeric_limits<double>::infinity(), -0.0, "\xff", Map{{"\xed\xa0\x80", 1}},
                      List{1, -0.0}};
  for (const Node& node : bad) EXPECT_EQ(encode_dag_cbor(node).error().code(), Errc::invalid_argument);
}

TEST(DagCbor, BoundsTheDepth) {
  auto nested = [](std::size_t lists) {
    base::Bytes block(lists, 0x81);
    block.push_back(0x80);
    return block;  // lists + 1 levels
  };
  const auto most = nested(kMaxDepth - 1);
  auto node = must(decode_dag_cbor(most));
  EXPECT_EQ(depth_of(node), kMaxDepth);
  EXPECT_EQ(must(encode_dag_cbor(node)), most);
  EXPECT_FALSE(decode_dag_cbor(nested(kMaxDepth)));
  EXPECT_FALSE(decode_dag_cbor(nested(1 << 20)));
  EXPECT_FALSE(dag_cbor_links(nested(1 << 20)));
  EXPECT_FALSE(encode_dag_cbor(List{node}));
  EXPECT_FALSE(encode_dag_cbor(Map{{"k", node}}));
}

TEST(DagCbor, AnnouncedSizesDoNotMakeRoom) {
  // 250 nested lists, each announcing as many items as bytes are left in 1 MiB: 40 GiB if it were believed.
  base::Bytes block;
  for (int i = 0; i < 250; ++i) {
    const base::Bytes head = {0x9a, 0x00, 0x0f, 0x00, 0x00};
    block.insert(block.end(), head.begin(), head.end());
  }
  block.resize(1 << 20, 0xff);
  EXPECT_FALSE(decode_dag_cbor(block));
}

TEST(DagCbor, TakesOneValueAndLeavesTheRest) {
  const auto bytes = from_hex("8201020304");
  base::BytesView in(bytes);
  EXPECT_EQ(must(take_dag_cbor(in)), Node(List{1, 2}));
  EXPECT_EQ(in.size(), 2u);
}

TEST(DagCbor, LinksInTheirOrder) {
  const Cid a = make_block(Codec::raw, {}).cid, b{};
  const Node node = Map{{"zz", a}, {"y", List{b, a, Map{{"deep", b}}}}, {"text", "no link"}};
  const auto block = must(encode_dag_cbor(node));
  EXPECT_EQ(must(dag_cbor_links(block)), (std::vector<Cid>{b, a, b, a}));
}

RC_GTEST_PROP(DagCbor, NodesComeBack, ()) {
  const Node node = *test::random_node();
  const auto block = must(encode_dag_cbor(node));
  RC_ASSERT(must(decode_dag_cbor(block)) == node);
  std::vector<Cid> links;
  collect_links(node, links);
  RC_ASSERT(must(dag_cbor_links(block)) == links);
}

RC_GTEST_PROP(DagCbor, DamagedBlocksAreRefusedOrCanonical, ()) {
  auto block = must(encode_dag_cbor(*test::random_node(3)));
  const auto at = *rc::gen::inRange<std::size_t>(0, block.size());
  block[at] = *rc::gen::arbitrary<std::uint8_t>();
  auto node = decode_dag_cbor(block);
  RC_ASSERT(dag_cbor_links(block).has_value() == node.has_value());
  if (node) RC_ASSERT(must(encode_dag_cbor(*node)) == block);
}

}  // namespace
}  // namespace openmcp::ipld
