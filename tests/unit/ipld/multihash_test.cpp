#include "ipld/multihash.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <sstream>

#include "codec_support.hpp"
#include "ipld/cid.hpp"
#include "support/vectors.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using test::from_hex;
using test::must;

TEST(Multihash, AgreesWithThePublishedVectors) {
  OPENMCP_NEED_VECTORS(folder, "multihash/tests/values");
  std::istringstream lines(test::slurp_text(folder / "test_cases.csv"));
  std::string line;
  std::getline(lines, line);
  std::size_t whole = 0, cut = 0, refused = 0;
  while (std::getline(lines, line)) {
    SCOPED_TRACE(line);
    std::istringstream cells(line);
    std::string name, bits, input_text, wire_hex;
    std::getline(cells, name, ',');
    std::getline(cells, bits, ',');
    std::getline(cells, input_text, ',');
    std::getline(cells, wire_hex, ',');
    const auto wire = from_hex(wire_hex), input = base::to_bytes(input_text);
    base::BytesView in(wire);
    auto hash = Multihash::take(in);
    if (std::stoul(bits) / 8 < kMinDigest) {
      EXPECT_FALSE(hash);
      ++refused;
      continue;
    }
    ASSERT_TRUE(hash) << hash.error().message();
    EXPECT_TRUE(in.empty());
    EXPECT_EQ(hash->bytes(), wire);
    EXPECT_EQ(hash->wire_size(), wire.size());
    if (name == "sha3") continue;  // 512 bits, cut to each length: carried, not computed
    const Cid cid = Cid::v1(Codec::raw, *hash);
    EXPECT_TRUE(verify_block(cid, input));
    auto other = input;
    other.push_back(0);
    EXPECT_EQ(verify_block(cid, other).error().code(), Errc::corrupt);
    auto computed = must(openmcp::ipld::hash(hash->code(), input));
    (computed == *hash ? whole : cut) += 1;
  }
  EXPECT_EQ(refused, 80u);
  EXPECT_EQ(whole, 60u);  // 160 bits of sha1, 256 of sha2-256, 512 of sha2-512
  EXPECT_EQ(cut, 60u);
}

TEST(Multihash, ComputesEveryFunctionItNames) {
  const auto input = base::as_bytes("multihash");
  // multihash specification, README "Examples": sha1, sha2-256 and sha2-512 of "multihash".
  const std::map<HashCode, std::string> known = {
      {HashCode::sha1, "111488c2f11fb2ce392acb5b2986e640211c4690073e"},
      {HashCode::sha2_256, "12209cbc07c3f991725836a3aa2a581ca2029198aa420b9d99bc0e131d9f3e2cbe47"},
      {HashCode::identity, "00096d756c746968617368"},
  };
  for (const auto& [code, wire] : known) EXPECT_EQ(base::to_hex(must(hash(code, input)).bytes()), wire);
  for (auto [code, size] : {std::pair{HashCode::sha2_512, 64u},
                            {HashCode::sha3_256, 32u},
                            {HashCode::keccak_256, 32u},
                            {HashCode::blake3, 32u},
                            {HashCode::blake2b_256, 32u},
                            {HashCode::murmur3_x64_64, 8u}}) {
    auto made = must(hash(code, input));
    EXPECT_EQ(made.code(), code);
    EXPECT_EQ(made.digest().size(), size);
  }
  EXPECT_EQ(hash(static_cast<HashCode>(0x1234), input).error().code(), Errc::unsupported);
  EXPECT_EQ(hash(HashCode::identity, base::Bytes(129)).error().code(), Errc::too_large);
}

TEST(Multihash, RefusesMalformedBytes) {
  for (const std::string& wire : std::vector<std::string>{
           "", "12", "1220", "12200011", "1213" + std::string(38, '0'), "128101" + std::string(258, '0'),
           "008101" + std::string(258, '0'), "9200", "12a000" + std::string(64, '0')}) {
    const auto bytes = from_hex(wire);
    base::BytesView in(bytes);
    EXPECT_FALSE(Multihash::take(in)) << wire;
    EXPECT_EQ(in.size(), bytes.size()) << "a failed read must not advance";
  }
}

RC_GTEST_PROP(Multihash, ComesBackAndSortsByWireBytes, ()) {
  const auto a = (*test::random_cid()).hash(), b = (*test::random_cid()).hash();
  auto wire = a.bytes();
  RC_ASSERT(wire.size() == a.wire_size());
  wire.push_back(0x77);
  base::BytesView in(wire);
  RC_ASSERT(must(Multihash::take(in)) == a);
  RC_ASSERT(in.size() == 1u);
  RC_ASSERT((a <=> b) == (a.bytes() <=> b.bytes()));
  RC_ASSERT((a == b) == (a.bytes() == b.bytes()));
}

}  // namespace
}  // namespace openmcp::ipld
