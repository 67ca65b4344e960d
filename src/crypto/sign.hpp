// Ed25519 signatures (RFC 8032, section 5.1).
#pragma once

#include <array>
#include <compare>
#include <span>

#include "base/bytes.hpp"
#include "crypto/secret.hpp"

namespace openmcp::crypto {

struct Ed25519PublicKey {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Ed25519PublicKey&) const = default;
};

using Ed25519Signature = std::array<std::uint8_t, 64>;  ///< R then S
using Ed25519SignatureView = std::span<const std::uint8_t, 64>;

/// A private key with its public one. The seed is the RFC's 32-byte private key; take it from Env's random source.
class Ed25519KeyPair {
public:
  static Ed25519KeyPair from_seed(Key32View seed);

  const Ed25519PublicKey& public_key() const noexcept { return public_; }
  Key32View seed() const { return secret_.fixed<32>(); }
  /// Deterministic: the same key and message give the same signature.
  Ed25519Signature sign(base::BytesView message) const;

private:
  Ed25519KeyPair() = default;
  Secret secret_;  // libsodium's form: seed, then public key
  Ed25519PublicKey public_;
};

/// Strict: refuses S >= L (so nobody can make a second signature of one), and points of small order or not in canonical
/// form as R or as key.
[[nodiscard]] bool ed25519_verify(const Ed25519PublicKey& key, base::BytesView message, Ed25519SignatureView signature);

}  // namespace openmcp::crypto
