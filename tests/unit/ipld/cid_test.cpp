#include "ipld/cid.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>
#include <unordered_set>

#include "codec_support.hpp"
#include "support/vectors.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using test::from_hex;
using test::must;

base::SharedBytes shared(std::string_view text) { return base::SharedBytes(base::to_bytes(text)); }

TEST(Cid, OfHelloWorldIsTheOneEverybodyKnows) {
  const Block block = make_block(Codec::raw, shared("hello world"));
  // IPIP-499's "hello world" row.
  EXPECT_EQ(block.cid.text(), "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
  EXPECT_EQ(must(block.cid.text('f')), "f01551220b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
  EXPECT_EQ(must(Cid::parse(must(block.cid.text('k')))), block.cid);
  EXPECT_EQ(block.cid.version(), 1u);
  EXPECT_EQ(block.cid.codec(), Codec::raw);
  EXPECT_TRUE(verify_block(block.cid, block.data));
}

TEST(Cid, OfTheEmptyDagPbNodeInBothVersions) {
  // dag-pb specification, "Zero-length blocks".
  const Cid v1 = make_block(Codec::dag_pb, {}).cid, v0 = must(Cid::v0(v1.hash()));
  EXPECT_EQ(v1.text(), "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
  EXPECT_EQ(v0.text(), "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n");
  EXPECT_EQ(must(Cid::parse(v0.text())), v0);
  EXPECT_EQ(must(Cid::parse(v0.text())).codec(), Codec::dag_pb);
  EXPECT_EQ(v0.version(), 0u);
  EXPECT_NE(v0, v1);
  EXPECT_EQ(v0.hash(), v1.hash());
  EXPECT_EQ(v0.text('z').error().code(), Errc::invalid_argument);
  EXPECT_FALSE(Cid::v0(Multihash(HashCode::sha2_256, base::Bytes(20))));
  EXPECT_FALSE(Cid::v0(Multihash(HashCode::blake3, base::Bytes(32))));
}

TEST(Cid, DefaultIsTheEmptyIdentityBlock) {
  EXPECT_EQ(Cid().text(), "bafkqaaa");  // trustless gateway specification, the probe
  EXPECT_TRUE(Cid().identity());
  EXPECT_TRUE(verify_block(Cid(), {}));
  EXPECT_EQ(verify_block(Cid(), base::as_bytes("x")).error().code(), Errc::corrupt);
}

TEST(Cid, RefusesTextThatIsNone) {
  const std::string v0 = "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n";
  for (std::string text :
       {std::string(), std::string("hello"), std::string("Qm"), v0.substr(0, 45), v0 + "n", "z" + v0, "b" + v0,
        std::string("/ipfs/bafkqaaa"), std::string("bafkqaaa "), std::string("bafkqaaaa"), std::string("bafkqaab"),
        std::string("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR10"),          // 0 is not of base58
        std::string("Qmzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"),          // larger than 34 bytes of sha2-256
        must(multibase_encode(Base::base58btc, must(Cid::parse(v0)).bytes())),  // v0 in multibase
        must(multibase_encode(Base::identity, Cid().bytes())),
        must(multibase_encode(Base::base32, from_hex("02550000"))), std::string(5000, 'b')}) {
    auto cid = Cid::parse(text);
    ASSERT_FALSE(cid) << text;
    EXPECT_EQ(cid.error().code(), Errc::invalid_argument) << text;
    EXPECT_FALSE(cid.error().hint().empty());
    EXPECT_LT(cid.error().message().size(), 300u);
  }
}

TEST(Cid, RefusesBytesThatAreNone) {
  for (std::string wire : {"", "01", "0155", "015512", "01551220", "0155122000", "0055122000", "0255000000",
                           "8101550000", "015500000a", "0155000100ff", "1220", "1220aa"})
    EXPECT_FALSE(Cid::from_bytes(from_hex(wire))) << wire;
}

TEST(Cid, TakesOneAndLeavesTheRest) {
  auto bytes = make_block(Codec::dag_cbor, shared("x")).cid.bytes();
  const std::size_t size = bytes.size();
  bytes.insert(bytes.end(), {1, 2, 3});
  base::BytesView in(bytes);
  EXPECT_EQ(must(Cid::take(in)).codec(), Codec::dag_cbor);
  EXPECT_EQ(in.size(), 3u);
  EXPECT_EQ(size, 36u);
}

TEST(Cid, VerifyingABlock) {
  const Block block = make_block(Codec::raw, shared("data"));
  EXPECT_EQ(verify_block(block.cid, base::as_bytes("dato")).error().code(), Errc::corrupt);
  const Cid unknown = Cid::v1(Codec::raw, Multihash(static_cast<HashCode>(0xb221), base::Bytes(32)));
  EXPECT_EQ(verify_block(unknown, base::as_bytes("data")).error().code(), Errc::unsupported);
  EXPECT_EQ(verify_block(block.cid, base::Bytes(kMaxBlockBytes + 1)).error().code(), Errc::too_large);
  const base::Bytes largest(kMaxBlockBytes);
  EXPECT_TRUE(verify_block(make_block(Codec::raw, base::SharedBytes(largest)).cid, largest));
  // A digest longer than the function's own cannot match.
  base::Bytes longer = base::to_bytes(block.cid.hash().digest());
  longer.push_back(0);
  EXPECT_EQ(verify_block(Cid::v1(Codec::raw, Multihash(HashCode::sha2_256, longer)), block.data).error().code(),
            Errc::corrupt);
}

TEST(Cid, NamesOfCodecsAreThoseOfTheTable) {
  OPENMCP_NEED_VECTORS(folder, "multicodec");
  std::map<std::string, std::uint64_t> table;
  std::istringstream lines(test::slurp_text(folder / "table.csv"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string name, tag, code;
    std::getline(cells, name, ',');
    std::getline(cells, tag, ',');
    std::getline(cells, code, ',');
    if (auto at = code.find("0x"); at != std::string::npos) table[name] = std::stoull(code.substr(at), nullptr, 16);
  }
  ASSERT_GT(table.size(), 500u);
  for (Codec codec :
       {Codec::raw, Codec::dag_pb, Codec::dag_cbor, Codec::libp2p_key, Codec::dag_json, Codec::cbor, Codec::json}) {
    const std::string name = codec_name(codec);
    ASSERT_TRUE(table.contains(name)) << name;
    EXPECT_EQ(table[name], static_cast<std::uint64_t>(codec));
    EXPECT_EQ(must(codec_from_name(name)), codec);
  }
  for (auto [name, code] : {std::pair{"identity", HashCode::identity},
                            {"sha1", HashCode::sha1},
                            {"sha2-256", HashCode::sha2_256},
                            {"sha2-512", HashCode::sha2_512},
                            {"sha3-256", HashCode::sha3_256},
                            {"keccak-256", HashCode::keccak_256},
                            {"blake3", HashCode::blake3},
                            {"murmur3-x64-64", HashCode::murmur3_x64_64},
                            {"blake2b-256", HashCode::blake2b_256}})
    EXPECT_EQ(table[name], static_cast<std::uint64_t>(code)) << name;
}

TEST(Cid, UnknownCodecsKeepTheirNumber) {
  EXPECT_EQ(codec_name(static_cast<Codec>(0x90)), "0x90");
  EXPECT_EQ(must(codec_from_name("0x90")), static_cast<Codec>(0x90));
  EXPECT_EQ(must(codec_from_name("0x71")), Codec::dag_cbor);
  for (auto name : {"", "0x", "0xzz", "dag_cbor", "0x8000000000000000"}) EXPECT_FALSE(codec_from_name(name)) << name;
}

RC_GTEST_PROP(Cid, ComesBackFromBytesAndText, ()) {
  const Cid a = *test::random_cid(), b = *test::random_cid();
  RC_ASSERT(must(Cid::from_bytes(a.bytes())) == a);
  RC_ASSERT(a.bytes().size() == a.wire_size());
  RC_ASSERT(a.bytes().size() <= kMaxCidBytes);
  RC_ASSERT(must(Cid::parse(a.text())) == a);
  if (a.version() == 1)
    for (char prefix : {'b', 'z', 'k', 'f', 'm', 'u', '0', '9', 'V'})
      RC_ASSERT(must(Cid::parse(must(a.text(prefix)))) == a);
  RC_ASSERT((a <=> b) == (a.bytes() <=> b.bytes()));
  RC_ASSERT(std::hash<Cid>()(a) == std::hash<Cid>()(must(Cid::parse(a.text()))));
}

}  // namespace
}  // namespace openmcp::ipld
