#include "crypto/secp256k1.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using base::as_bytes;
using test::hex;

Secp256k1KeyPair key_pair(std::string_view secret) {
  return base::unwrap(Secp256k1KeyPair::from_secret(hex<32>(secret)));
}

const std::string kOne = "0000000000000000000000000000000000000000000000000000000000000001";
const auto kOrder =
    hex<32>("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");  // SEC 2, section 2.4.1

/// The other signature of the same message: n - s, and the other parity.
Secp256k1Signature mirrored(Secp256k1Signature signature) {
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit = kOrder[i] - signature.rs[32 + i] - borrow;
    borrow = digit < 0;
    signature.rs[32 + i] = static_cast<std::uint8_t>(digit);
  }
  signature.recovery ^= 1;
  return signature;
}

// SEC 2, section 2.4.1: the base point is the public key of 1.
TEST(Secp256k1, BasePoint) {
  const auto pair = key_pair(kOne);
  EXPECT_EQ(base::to_hex(pair.public_key().compressed()),
            "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
  EXPECT_EQ(base::to_hex(pair.public_key().xy),
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
  EXPECT_EQ(base::to_hex(ethereum_address(pair.public_key())), "7e5f4552091a69125d5dfcb7b8c2659029395bdf");
}

// The vectors for RFC 6979 with this curve that the Bitcoin libraries share (bitcointalk.org, topic 285142).
TEST(Secp256k1, DeterministicSignatures) {
  const auto digest = sha256(as_bytes("Satoshi Nakamoto"));
  EXPECT_EQ(base::to_hex(key_pair(kOne).sign(digest).rs),
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
            "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5");
}

// EIP-155, "Example".
TEST(Secp256k1, Eip155Example) {
  const auto pair = key_pair("4646464646464646464646464646464646464646464646464646464646464646");
  const auto digest = hex<32>("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
  const auto signature = pair.sign(digest);
  EXPECT_EQ(base::to_hex(signature.rs),
            "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
            "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
  EXPECT_EQ(signature.recovery, 0);  // v = 37 = 35 + 2 * chain 1 + 0
  EXPECT_EQ(base::unwrap(secp256k1_recover(digest, signature)), pair.public_key());
  EXPECT_EQ(base::to_hex(ethereum_address(pair.public_key())), "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
}

RC_GTEST_PROP(Secp256k1, SignVerifyRecover, (const base::Bytes& message, std::uint8_t flip)) {
  RC_PRE(flip != 0);
  const auto pair = base::unwrap(Secp256k1KeyPair::from_secret(keccak256(message)));
  const auto digest = sha256(message);
  const auto signature = pair.sign(digest);
  RC_ASSERT(secp256k1_verify(pair.public_key(), digest, signature.rs));
  RC_ASSERT(base::unwrap(secp256k1_recover(digest, signature)) == pair.public_key());
  RC_ASSERT(base::unwrap(Secp256k1PublicKey::from_bytes(pair.public_key().compressed())) == pair.public_key());

  auto altered = signature;
  altered.rs[*rc::gen::inRange<std::size_t>(0, 64)] ^= flip;
  RC_ASSERT(!secp256k1_verify(pair.public_key(), digest, altered.rs));
  const auto other_signer = secp256k1_recover(digest, altered);
  RC_ASSERT(!other_signer || *other_signer != pair.public_key());
  auto other_digest = digest;
  other_digest[*rc::gen::inRange<std::size_t>(0, 32)] ^= flip;
  RC_ASSERT(!secp256k1_verify(pair.public_key(), other_digest, signature.rs));
  auto other_key = pair.public_key();
  other_key.xy[*rc::gen::inRange<std::size_t>(0, 64)] ^= flip;
  RC_ASSERT(!secp256k1_verify(other_key, digest, signature.rs));

  const auto high = mirrored(signature);
  RC_ASSERT(!secp256k1_verify(pair.public_key(), digest, high.rs));
  RC_ASSERT(!secp256k1_recover(digest, high));
}

TEST(Secp256k1, RefusesSecretsOutOfRange) {
  EXPECT_FALSE(Secp256k1KeyPair::from_secret(Key32{}));
  EXPECT_FALSE(Secp256k1KeyPair::from_secret(kOrder));
  auto largest = kOrder;
  largest[31] -= 1;
  EXPECT_TRUE(Secp256k1KeyPair::from_secret(largest));
}

TEST(Secp256k1, RefusesWhatIsNoPublicKey) {
  const auto key = key_pair(kOne).public_key();
  base::Bytes full = {4};
  full.insert(full.end(), key.xy.begin(), key.xy.end());
  EXPECT_EQ(base::unwrap(Secp256k1PublicKey::from_bytes(full)), key);
  auto hybrid = full;
  hybrid[0] = 6;  // SEC 1 knows it, nobody uses it
  EXPECT_FALSE(Secp256k1PublicKey::from_bytes(hybrid));
  auto off = full;
  off[64] ^= 1;
  EXPECT_FALSE(Secp256k1PublicKey::from_bytes(off));
  full.pop_back();
  EXPECT_FALSE(Secp256k1PublicKey::from_bytes(full));
  EXPECT_FALSE(Secp256k1PublicKey::from_bytes({}));
  base::Bytes no_root(33);
  no_root[0] = 2;
  no_root[32] = 5;  // x = 5 has no y on this curve
  EXPECT_FALSE(Secp256k1PublicKey::from_bytes(no_root));
}

TEST(Secp256k1, RefusesSignaturesThatNobodyMade) {
  const auto digest = sha256({});
  Secp256k1Signature signature;
  EXPECT_FALSE(secp256k1_recover(digest, signature));  // r = s = 0
  signature = key_pair(kOne).sign(digest);
  signature.recovery = 4;
  EXPECT_FALSE(secp256k1_recover(digest, signature));
  std::ranges::copy(kOrder, signature.rs.begin());  // r = n
  signature.recovery = 0;
  EXPECT_FALSE(secp256k1_recover(digest, signature));
}

}  // namespace
}  // namespace openmcp::crypto
