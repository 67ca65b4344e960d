// ECDSA over secp256k1, as Ethereum uses it: signatures over 32-byte digests from which the signer is recovered.
// Signatures are deterministic (RFC 6979) and always in the lower half (s <= n/2): of the two that exist for every
// message the other is refused, so a signature cannot be changed into another valid one (EIP-2).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "crypto/secret.hpp"

namespace openmcp::crypto {

/// A point of the curve: x then y, 32 bytes each, big-endian (SEC 1's uncompressed form without its first byte 04).
struct Secp256k1PublicKey {
  std::array<std::uint8_t, 64> xy{};

  /// SEC 1, section 2.3.4: 33 bytes (02 or 03, x) or 65 (04, x, y). Error corrupt: anything else, or not on the curve.
  static base::Result<Secp256k1PublicKey> from_bytes(base::BytesView sec1);
  std::array<std::uint8_t, 33> compressed() const;
  auto operator<=>(const Secp256k1PublicKey&) const = default;
};

struct Secp256k1Signature {
  std::array<std::uint8_t, 64> rs{};  ///< r then s, big-endian
  std::uint8_t recovery = 0;          ///< 0 to 3: which of the possible signers (Ethereum's v is 27 + this)
  auto operator<=>(const Secp256k1Signature&) const = default;
};

class Secp256k1KeyPair {
public:
  /// Error invalid_argument: not a number from 1 to n - 1.
  static base::Result<Secp256k1KeyPair> from_secret(Key32View secret);

  const Secp256k1PublicKey& public_key() const noexcept { return public_; }
  Key32View secret() const { return secret_.fixed<32>(); }
  Secp256k1Signature sign(const Digest32& digest) const;

private:
  Secp256k1KeyPair() = default;
  Secret secret_;
  Secp256k1PublicKey public_;
};

[[nodiscard]] bool secp256k1_verify(const Secp256k1PublicKey& key, const Digest32& digest,
                                    std::span<const std::uint8_t, 64> rs);

/// The key that signed. Error corrupt: no such key, recovery above 3, or s in the upper half.
base::Result<Secp256k1PublicKey> secp256k1_recover(const Digest32& digest, const Secp256k1Signature& signature);

using EthereumAddress = Digest20;
/// The last 20 bytes of the Keccak-256 of the public key (Ethereum Yellow Paper, appendix F).
EthereumAddress ethereum_address(const Secp256k1PublicKey& key);

}  // namespace openmcp::crypto
