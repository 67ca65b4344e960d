#include "ipld/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec_support.hpp"
#include "support/vectors.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using test::must;

/// Every fixture is one value in several codecs; each file is named for its CID.
TEST(Codec, EveryFixtureInEveryCodec) {
  OPENMCP_NEED_VECTORS(folder, "codec-fixtures/fixtures");
  std::size_t values = 0, files = 0;
  for (const auto& value : std::filesystem::directory_iterator(folder)) {
    if (!value.is_directory()) continue;
    SCOPED_TRACE(value.path().filename().string());
    std::map<Codec, base::Bytes> blocks;
    std::map<Codec, Cid> cids;
    for (const auto& file : std::filesystem::directory_iterator(value)) {
      const std::string name = file.path().stem(), extension = file.path().extension().string().substr(1);
      if (extension == "gitattributes") continue;
      const Codec codec = must(codec_from_name(extension));
      blocks[codec] = test::slurp(file.path());
      cids[codec] = must(Cid::parse(name));
      EXPECT_EQ(cids[codec].codec(), codec);
      EXPECT_TRUE(verify_block(cids[codec], blocks[codec]));
    }
    for (const auto& [from, block] : blocks) {
      auto node = decode(from, block);
      ASSERT_TRUE(node) << codec_name(from) << ": " << node.error().message();
      std::vector<Cid> links;
      collect_links(*node, links);
      auto fast = must(links_of(from, block));
      std::ranges::sort(links);
      std::ranges::sort(fast);
      EXPECT_EQ(fast, links);
      for (const auto& [to, expected] : blocks) {
        auto made = encode_block(to, *node);
        ASSERT_TRUE(made) << codec_name(to) << ": " << made.error().message();
        EXPECT_EQ(made->cid, cids[to]) << codec_name(from) << " to " << codec_name(to);
      }
      ++files;
    }
    ++values;
  }
  EXPECT_EQ(values, 128u);
  EXPECT_EQ(files, 273u);
}

TEST(Codec, RefusesTheNegativeFixtureOfDagCbor) {
  // codec-fixtures/negative-fixtures/dag-cbor: two equal keys.
  EXPECT_EQ(decode(Codec::dag_cbor, test::from_hex("a3636261720363666f6f0163666f6f02")).error().code(), Errc::corrupt);
}

TEST(Codec, RawBlocksAreBytesWithoutLinks) {
  const base::Bytes bytes = {1, 2, 3};
  EXPECT_EQ(must(decode(Codec::raw, bytes)), Node(bytes));
  EXPECT_EQ(must(encode(Codec::raw, Node(bytes))), bytes);
  EXPECT_TRUE(must(links_of(Codec::raw, bytes)).empty());
  EXPECT_EQ(encode(Codec::raw, "text").error().code(), Errc::invalid_argument);
}

TEST(Codec, UnknownCodecsAreUnsupportedByName) {
  for (Codec codec : {Codec::cbor, Codec::json, Codec::libp2p_key, static_cast<Codec>(0x90)}) {
    EXPECT_EQ(decode(codec, {}).error().code(), Errc::unsupported);
    EXPECT_EQ(encode(codec, {}).error().code(), Errc::unsupported);
    EXPECT_EQ(links_of(codec, {}).error().code(), Errc::unsupported);
  }
  EXPECT_NE(decode(static_cast<Codec>(0x90), {}).error().message().find("0x90"), std::string::npos);
}

TEST(Codec, BlocksAreBounded) {
  EXPECT_TRUE(encode_block(Codec::raw, Node(base::Bytes(kMaxBlockBytes))));
  EXPECT_EQ(encode_block(Codec::raw, Node(base::Bytes(kMaxBlockBytes + 1))).error().code(), Errc::too_large);
}

TEST(Codec, LinksOfDagJson) {
  const Cid a{}, b = make_block(Codec::raw, {}).cid;
  const auto block = must(encode(Codec::dag_json, List{a, Map{{"k", b}}}));
  EXPECT_EQ(must(links_of(Codec::dag_json, block)), (std::vector<Cid>{a, b}));
  EXPECT_FALSE(links_of(Codec::dag_json, base::as_bytes("{")));
}

}  // namespace
}  // namespace openmcp::ipld
