#include "ipld/dag_pb.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "codec_support.hpp"
#include "ipld/dag_json.hpp"
#include "support/vectors.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using test::from_hex;
using test::must;

const std::string kCid = "01550000";  // bafkqaaa, the shortest

rc::Gen<PbNode> random_pb_node() {
  return rc::gen::exec([] {
    PbNode node;
    for (int links = *rc::gen::inRange(0, 6); links > 0; --links) {
      PbLink link{*test::random_cid(), std::nullopt, std::nullopt};
      if (*rc::gen::arbitrary<bool>()) link.name = *test::random_text();
      if (*rc::gen::arbitrary<bool>()) link.tsize = (*test::random_integer()).cbor_argument();
      node.links.push_back(std::move(link));
    }
    if (*rc::gen::arbitrary<bool>()) node.data = *test::random_bytes(300);
    return node;
  });
}

TEST(DagPb, TheEmptyNodeIsTheEmptyBlock) {
  EXPECT_TRUE(must(encode_dag_pb(PbNode{})).empty());
  EXPECT_EQ(must(decode_dag_pb({})), PbNode{});
  EXPECT_EQ(base::to_hex(must(encode_dag_pb(PbNode{{}, base::Bytes{}}))), "0a00");
  EXPECT_EQ(must(decode_dag_pb(from_hex("0a00"))).data, base::Bytes{});
}

TEST(DagPb, WritesLinksThenDataAndFieldsInOrder) {
  const Cid cid{};
  const PbNode node{{{cid, std::nullopt, std::nullopt}, {cid, "", 0}, {cid, "a", 300}}, base::Bytes{8, 1}};
  const std::string hex =
      "12060a04" + kCid + "120a0a04" + kCid + "12001800" + "120c0a04" + kCid + "12016118ac02" + "0a020801";
  EXPECT_EQ(base::to_hex(must(encode_dag_pb(node))), hex);
  EXPECT_EQ(must(decode_dag_pb(from_hex(hex))), node);
  EXPECT_EQ(must(dag_pb_links(from_hex(hex))), (std::vector<Cid>{cid, cid, cid}));
}

TEST(DagPb, RefusesEveryOtherForm) {
  const std::string link = "12060a04" + kCid;
  const std::pair<std::string, std::string> cases[] = {
      {"1200", "begin with its hash"},
      {"12020a00", "not a CID"},
      {"12021200", "begin with its hash"},
      {"12021800", "begin with its hash"},
      {"12060a0401550001", "not a CID"},                                // cut-off identity digest
      {"12070a0501550000ff", "not a CID"},                              // bytes behind the CID
      {"120c0a04" + kCid + "0a04" + kCid, "unknown, repeated or out"},  // two hashes
      {"120a0a04" + kCid + "12001200", "unknown, repeated or out"},     // two names
      {"120a0a04" + kCid + "18001800", "unknown, repeated or out"},     // two sizes
      {"120a0a04" + kCid + "18001200", "unknown, repeated or out"},     // size before name
      {"12080a04" + kCid + "2000", "unknown, repeated or out"},         // field 4
      {"12080a04" + kCid + "1000", "unknown, repeated or out"},         // a name that is a number
      {"12080a04" + kCid + "1201", "longer than what is left"},
      {"12070a04" + kCid + "18", "number"},
      {"12090a04" + kCid + "188000", "number"},                  // 0 in two bytes
      {"12110a04" + kCid + "18ffffffffffffffffff02", "number"},  // 65 bits
      {"1205" + std::string("0a04") + "015500", "longer than what is left"},
      {"12", "number"},
      {"1201", "longer than what is left"},
      {"128600" + std::string("0a04") + kCid, "number"},  // a length in two bytes
      {"0a", "number"},
      {"0a0100" + std::string("0a0100"), "data appears twice"},
      {"0a05000102", "longer than what is left"},
      {"1a00", "neither links nor data"},
      {"0800", "neither links nor data"},
      {"1000", "neither links nor data"},
      {"00", "neither"},
      {"8a0000", "neither links nor data"},
      {link + "0a00" + link, "both sides"},
      {"0a00" + link + "0a00", "data comes before links"},
      {"0a00" + link, "data comes before links"},
  };
  for (const auto& [hex, what] : cases) {
    auto node = decode_dag_pb(from_hex(hex));
    ASSERT_FALSE(node) << hex;
    EXPECT_EQ(node.error().code(), Errc::corrupt);
    EXPECT_NE(node.error().message().find(what), std::string::npos) << hex << ": " << node.error().message();
    EXPECT_FALSE(view_dag_pb(from_hex(hex)));
  }
  EXPECT_EQ(decode_dag_pb(from_hex(link + "1a00")).error().message(),
            "dag-pb block, byte 8: a field that is neither links nor data");
}

TEST(DagPb, DataFirstOnlyWhereItIsAskedFor) {
  const std::string link = "12060a04" + kCid;
  const auto old = from_hex("0a0107" + link + link);
  EXPECT_FALSE(decode_dag_pb(old));
  const PbNode node = must(decode_dag_pb(old, PbForm::data_first));
  EXPECT_EQ(node.links.size(), 2u);
  EXPECT_EQ(node.data, base::Bytes{7});
  EXPECT_EQ(must(dag_pb_links(old)).size(), 2u);
  for (auto hex : {link + "0a0107" + link, "0a0107" + link + "0a0107"}) {
    EXPECT_FALSE(decode_dag_pb(from_hex(hex), PbForm::data_first));
    EXPECT_FALSE(dag_pb_links(from_hex(hex)));
  }
}

TEST(DagPb, SortsStablyByTheBytesOfTheNames) {
  const Cid cid{};
  std::vector<PbLink> links = {{cid, "b", 1},          {cid, "a", 2},    {cid, "", 3}, {cid, "aa", 4},
                               {cid, std::nullopt, 5}, {cid, "\xff", 6}, {cid, "a", 7}};
  EXPECT_EQ(encode_dag_pb(links, std::nullopt).error().code(), Errc::invalid_argument);
  sort_links(links);
  std::vector<std::uint64_t> order;
  for (const auto& link : links) order.push_back(*link.tsize);
  EXPECT_EQ(order, (std::vector<std::uint64_t>{3, 5, 2, 7, 4, 1, 6}));
  EXPECT_TRUE(encode_dag_pb(links, std::nullopt));
}

TEST(DagPb, KeepsTheOrderThatItReads) {
  // Unsorted blocks exist; reading must not sort them (specification, "Link sorting").
  const auto block = from_hex("12090a04" + kCid + "120162" + "12090a04" + kCid + "120161");
  EXPECT_EQ(must(decode_dag_pb(block)).links.at(0).name, "b");
  EXPECT_FALSE(encode_dag_pb(must(decode_dag_pb(block))));
}

TEST(DagPb, NamesThatAreNotUtf8HaveNoFormInTheDataModel) {
  const auto block = must(encode_dag_pb(PbNode{{{Cid(), "\xff", 1}}, std::nullopt}));
  EXPECT_EQ(must(decode_dag_pb(block)).links.at(0).name, "\xff");
  EXPECT_EQ(dag_pb_to_node(must(view_dag_pb(block))).error().code(), Errc::unsupported);
}

TEST(DagPb, RefusesThePublishedNegativeFixtures) {
  OPENMCP_NEED_VECTORS(folder, "codec-fixtures/negative-fixtures/dag-pb");
  int decoded = 0, encoded = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (!file.is_regular_file()) continue;
    auto fixtures = boost::json::parse(test::slurp_text(file.path()));
    for (const auto& fixture : fixtures.as_array()) {
      SCOPED_TRACE(std::string(fixture.at("name").as_string()));
      if (auto hex = fixture.as_object().if_contains("hex")) {
        const auto block = from_hex(hex->as_string());
        for (auto form : {PbForm::canonical, PbForm::data_first}) EXPECT_FALSE(decode_dag_pb(block, form));
        EXPECT_FALSE(dag_pb_links(block));
        ++decoded;
      } else {
        auto node = must(decode_dag_json(boost::json::serialize(fixture.at("dag-json")), JsonForm::relaxed));
        EXPECT_FALSE(dag_pb_from_node(node));
        ++encoded;
      }
    }
  }
  EXPECT_EQ(decoded, 9);
  EXPECT_EQ(encoded, 78);
}

RC_GTEST_PROP(DagPb, NodesComeBack, ()) {
  PbNode node = *random_pb_node();
  sort_links(node.links);
  const auto block = must(encode_dag_pb(node));
  RC_ASSERT(must(decode_dag_pb(block)) == node);
  const PbView view = must(view_dag_pb(block));
  RC_ASSERT(view.links.size() == node.links.size());
  const Node model = must(dag_pb_to_node(view));
  RC_ASSERT(must(dag_pb_from_node(model)) == node);
  std::vector<Cid> links;
  collect_links(model, links);
  RC_ASSERT(must(dag_pb_links(block)) == links);
}

RC_GTEST_PROP(DagPb, DamagedBlocksAreRefusedOrCanonical, ()) {
  PbNode node = *random_pb_node();
  sort_links(node.links);
  auto block = must(encode_dag_pb(node));
  if (block.empty()) return;
  block[*rc::gen::inRange<std::size_t>(0, block.size())] = *rc::gen::arbitrary<std::uint8_t>();
  auto damaged = decode_dag_pb(block);
  if (!damaged) return;
  auto again = encode_dag_pb(*damaged);
  if (again) RC_ASSERT(*again == block);  // else only the order of names was damaged
}

}  // namespace
}  // namespace openmcp::ipld
