#include "crypto/agree.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/hash.hpp"
#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using test::hex;

Key32 shared(Key32View secret, Key32View peer) {
  const auto result = base::unwrap(x25519(secret, peer));
  Key32 out;
  std::ranges::copy(result.view(), out.begin());
  return out;
}

// RFC 7748, section 5.2.
TEST(X25519, Rfc7748Products) {
  EXPECT_EQ(shared(hex<32>("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                   hex<32>("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
            hex<32>("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
  EXPECT_EQ(shared(hex<32>("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                   hex<32>("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")),
            hex<32>("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
}

TEST(X25519, Rfc7748Iterations) {
  Key32 k{9}, u{9};
  for (int i = 1; i <= 1000; ++i) {
    const auto next = shared(k, u);
    u = k;
    k = next;
    if (i == 1) {
      EXPECT_EQ(k, hex<32>("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
    }
  }
  EXPECT_EQ(k, hex<32>("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

// RFC 7748, section 6.1.
TEST(X25519, Rfc7748Agreement) {
  const auto alice = hex<32>("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto bob = hex<32>("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  EXPECT_EQ(x25519_public(alice), hex<32>("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  EXPECT_EQ(x25519_public(bob), hex<32>("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  const auto secret = hex<32>("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  EXPECT_EQ(shared(alice, x25519_public(bob)), secret);
  EXPECT_EQ(shared(bob, x25519_public(alice)), secret);
}

RC_GTEST_PROP(X25519, BothSidesAgree, (const base::Bytes& a, const base::Bytes& b)) {
  const auto alice = sha256(a), bob = blake3(b);
  RC_ASSERT(shared(alice, x25519_public(bob)) == shared(bob, x25519_public(alice)));
}

// The points of small order, in canonical and other forms (cr.yp.to/ecdh.html, "validate").
TEST(X25519, RefusesPointsOfSmallOrder) {
  for (auto point : {"0000000000000000000000000000000000000000000000000000000000000000",
                     "0100000000000000000000000000000000000000000000000000000000000000",
                     "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                     "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                     "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const auto result = x25519(sha256({}), hex<32>(point));
    ASSERT_FALSE(result) << point;
    EXPECT_EQ(result.error().code(), base::Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace openmcp::crypto
