#include "crypto/sign.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/hash.hpp"
#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using test::hex;

struct Case {
  std::string_view seed, key;
  base::Bytes message;
  std::string_view signature;
};

// RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc).
const Case kRfc[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     {},
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
     "551"
     "41438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", hex("72"),
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb"
     "00d"
     "291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", hex("af82"),
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc"
     "027"
     "beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     base::to_bytes(base::BytesView(sha512(base::as_bytes("abc")))),
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad"
     "9be"
     "f1177331a704"},
};

TEST(Ed25519, Rfc8032Examples) {
  for (const auto& c : kRfc) {
    const auto pair = Ed25519KeyPair::from_seed(hex<32>(c.seed));
    EXPECT_EQ(pair.public_key().bytes, hex<32>(c.key));
    EXPECT_EQ(pair.sign(c.message), hex<64>(c.signature));
    EXPECT_TRUE(ed25519_verify(pair.public_key(), c.message, hex<64>(c.signature)));
    EXPECT_TRUE(std::ranges::equal(pair.seed(), hex<32>(c.seed)));
  }
}

RC_GTEST_PROP(Ed25519, AnyAlteredByteIsRefused, (const base::Bytes& message, std::uint8_t flip)) {
  RC_PRE(flip != 0);
  const auto pair = Ed25519KeyPair::from_seed(sha256(message));
  const auto signature = pair.sign(message);
  RC_ASSERT(ed25519_verify(pair.public_key(), message, signature));
  auto bad_signature = signature;
  bad_signature[*rc::gen::inRange<std::size_t>(0, 64)] ^= flip;
  RC_ASSERT(!ed25519_verify(pair.public_key(), message, bad_signature));
  auto bad_key = pair.public_key();
  bad_key.bytes[*rc::gen::inRange<std::size_t>(0, 32)] ^= flip;
  RC_ASSERT(!ed25519_verify(bad_key, message, signature));
  auto bad_message = message;
  bad_message.push_back(flip);
  RC_ASSERT(!ed25519_verify(pair.public_key(), bad_message, signature));
}

// RFC 8032, section 5.1.7: S must be below L, else S + L would be a second signature of the same message.
TEST(Ed25519, RefusesTheOtherSignature) {
  const auto pair = Ed25519KeyPair::from_seed(hex<32>(kRfc[1].seed));
  auto signature = pair.sign(kRfc[1].message);
  const auto order = hex<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature[32 + i] + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(ed25519_verify(pair.public_key(), kRfc[1].message, signature));
}

// Under a key of small order "R = identity, S = 0" would satisfy the equation for any message.
TEST(Ed25519, RefusesKeysOfSmallOrderAndOtherForms) {
  Ed25519Signature signature{};
  signature[0] = 1;                                                                        // the neutral element
  for (auto key : {"0100000000000000000000000000000000000000000000000000000000000000",     // order 1
                   "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",     // order 2
                   "0000000000000000000000000000000000000000000000000000000000000000",     // order 4
                   "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",     // order 8
                   "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {  // 1, as p + 1
    EXPECT_FALSE(ed25519_verify({hex<32>(key)}, base::as_bytes("any"), signature)) << key;
  }
}

}  // namespace
}  // namespace openmcp::crypto
