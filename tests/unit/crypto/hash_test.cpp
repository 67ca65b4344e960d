#include "crypto/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "crypto/keccak.hpp"
#include "crypto/sha256_many.hpp"
#include "hex.hpp"
#include "support/vectors.hpp"

namespace openmcp::crypto {
namespace {

using base::as_bytes;
using test::hex;

const std::string kTwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const std::string kFourBlocks =
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
    "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
const std::string kMillion(1'000'000, 'a');

// NIST, "Cryptographic Standards and Guidelines: Examples with Intermediate Values" (FIPS 180-4 and FIPS 202).
TEST(Hash, Sha256Examples) {
  EXPECT_EQ(sha256({}), hex<32>("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  EXPECT_EQ(sha256(as_bytes("abc")), hex<32>("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_EQ(sha256(as_bytes(kTwoBlocks)), hex<32>("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
  EXPECT_EQ(sha256(as_bytes(kFourBlocks)), hex<32>("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"));
  EXPECT_EQ(sha256(as_bytes(kMillion)), hex<32>("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

TEST(Hash, Sha512Examples) {
  EXPECT_EQ(sha512({}), hex<64>("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                                "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"));
  EXPECT_EQ(sha512(as_bytes("abc")), hex<64>("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                             "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
  EXPECT_EQ(sha512(as_bytes(kFourBlocks)), hex<64>("8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
                                                   "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"));
  EXPECT_EQ(sha512(as_bytes(kMillion)), hex<64>("e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
                                                "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"));
}

TEST(Hash, Sha1Examples) {
  EXPECT_EQ(sha1({}), hex<20>("da39a3ee5e6b4b0d3255bfef95601890afd80709"));
  EXPECT_EQ(sha1(as_bytes("abc")), hex<20>("a9993e364706816aba3e25717850c26c9cd0d89d"));
  EXPECT_EQ(sha1(as_bytes(kTwoBlocks)), hex<20>("84983e441c3bd26ebaae4aa1f95129e5e54670f1"));
  EXPECT_EQ(sha1(as_bytes(kMillion)), hex<20>("34aa973cd4c4daa4f61eeb2bdbad27316534016f"));
}

TEST(Hash, Sha3Examples) {
  EXPECT_EQ(sha3_256({}), hex<32>("a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"));
  EXPECT_EQ(sha3_256(as_bytes("abc")), hex<32>("3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"));
  EXPECT_EQ(sha3_256(base::Bytes(200, 0xa3)),
            hex<32>("79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787"));
}

// Keccak Team, KeccakKAT (ShortMsgKAT_256): length 0 and 8 bits; "abc" as web3's sha3 documents it.
TEST(Hash, Keccak256IsNotSha3) {
  EXPECT_EQ(keccak256({}), hex<32>("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"));
  EXPECT_EQ(keccak256(hex("cc")), hex<32>("eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a"));
  EXPECT_EQ(keccak256(as_bytes("abc")), hex<32>("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"));
  EXPECT_EQ(keccak256(base::Bytes(200, 0xa3)),  // more than one block of 136 bytes
            hex<32>("3a57666b048777f2c953dc4456f45a2588e1cb6f2da760122d530ac2ce607d4a"));
}

TEST(Hash, KeccakWithTheOtherPaddingIsSha3AtEveryLength) {
  base::Bytes bytes(3 * 136 + 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 131 + 7);
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const auto data = base::BytesView(bytes).first(n);
    EXPECT_EQ(keccak::sponge256(data, keccak::kSha3Padding), sha3_256(data)) << n;
  }
}

// The parameter block of RFC 7693 with 32 bytes of output; values as Python's hashlib (the reference sources) gives.
TEST(Hash, Blake2b256Examples) {
  EXPECT_EQ(blake2b256({}), hex<32>("0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"));
  EXPECT_EQ(blake2b256(as_bytes("abc")), hex<32>("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"));
  EXPECT_EQ(blake2b256(as_bytes(kMillion)),
            hex<32>("0741850f36cba4259628355d1073e24ddb9ca0e1bfac36fd39ae5dc2101e23a4"));
}

// multiformats/multihash, tests/values/test_cases.csv: algorithm, bits, input in hexadecimal, multihash.
TEST(Hash, MultihashCases) {
  OPENMCP_NEED_VECTORS(folder, "multihash");
  std::ifstream file(folder / "tests/values/test_cases.csv");
  std::string line;
  std::getline(file, line);
  int checked = 0;
  while (std::getline(file, line)) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    const auto comma1 = line.find(','), comma2 = line.find(',', comma1 + 1), comma3 = line.find(',', comma2 + 1);
    if (comma3 == std::string::npos) continue;
    const auto algorithm = line.substr(0, comma1);
    const auto input = as_bytes(std::string_view(line).substr(comma2 + 1, comma3 - comma2 - 1));
    const auto expected = hex(std::string_view(line).substr(comma3 + 5));  // after code and length
    base::Bytes digest;
    if (algorithm == "sha1") digest = base::to_bytes(base::BytesView(sha1(input)));
    if (algorithm == "sha2-256") digest = base::to_bytes(base::BytesView(sha256(input)));
    if (algorithm == "sha2-512") digest = base::to_bytes(base::BytesView(sha512(input)));
    if (digest.empty()) continue;
    digest.resize(expected.size());
    EXPECT_EQ(digest, expected) << line;
    ++checked;
  }
  EXPECT_EQ(checked, 180);
}

RC_GTEST_PROP(Hash, Sha256InPiecesEqualsOneShot, (const base::Bytes& data)) {
  Sha256 hash;
  base::BytesView rest = data;
  while (!rest.empty()) {
    const auto piece = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
    hash.update(rest.first(piece));
    rest = rest.subspan(piece);
  }
  RC_ASSERT(hash.finish() == sha256(data));
  hash.update(as_bytes("abc"));  // and it starts anew
  RC_ASSERT(hash.finish() == sha256(as_bytes("abc")));
}

RC_GTEST_PROP(Hash, Sha256OfManyEqualsOneByOne, (const std::vector<base::Bytes>& messages)) {
  const std::vector<base::BytesView> views(messages.begin(), messages.end());
  std::vector<Digest32> digests(messages.size());
  sha256_many(views, digests);
  for (std::size_t i = 0; i < messages.size(); ++i) RC_ASSERT(digests[i] == sha256(messages[i]));
}

TEST(Hash, PairedSha256AtEveryLength) {
  if (!sha::can_pair()) GTEST_SKIP() << "this processor has no SHA instructions";
  base::Bytes bytes(1 << 14);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8));
  std::vector<base::BytesView> views;  // neighbours differ in length, and one is long enough to outlast the others
  for (std::size_t n = 0; n <= 300; ++n) views.push_back(base::BytesView(bytes).subspan(n % 17, n));
  views.insert(views.begin() + 5, base::BytesView(bytes));
  std::vector<Digest32> digests(views.size());
  sha::paired(views, digests);
  for (std::size_t i = 0; i < views.size(); ++i) EXPECT_EQ(digests[i], sha256(views[i])) << views[i].size();
  for (std::size_t i = 0; i < views.size(); ++i) {  // and each alone
    sha::paired({&views[i], 1}, {&digests[i], 1});
    EXPECT_EQ(digests[i], sha256(views[i])) << views[i].size();
  }
}

TEST(Hash, Sha256MovesWithItsState) {
  Sha256 first;
  first.update(as_bytes("a"));
  Sha256 second(std::move(first));
  second.update(as_bytes("bc"));
  EXPECT_EQ(second.finish(), sha256(as_bytes("abc")));
}

TEST(Hash, ThreadsDoNotDisturbEachOther) {
  std::vector<std::jthread> threads;
  std::array<bool, 4> same{};
  for (std::size_t t = 0; t < same.size(); ++t) {
    threads.emplace_back([t, &same] {
      const base::Bytes data(1000 * (t + 1), static_cast<std::uint8_t>(t));
      const auto once = std::tuple(sha256(data), sha512(data), keccak256(data), blake3(data), blake2b256(data));
      same[t] = true;
      for (int i = 0; i < 200; ++i) {
        same[t] =
            same[t] && once == std::tuple(sha256(data), sha512(data), keccak256(data), blake3(data), blake2b256(data));
      }
    });
  }
  threads.clear();
  EXPECT_THAT(same, testing::Each(true));
}

}  // namespace
}  // namespace openmcp::crypto
