#include "crypto/agree.hpp"

#include <sodium.h>

#include "crypto/sodium.hpp"

namespace openmcp::crypto {

Key32 x25519_public(Key32View secret) {
  start_sodium();
  Key32 out;
  crypto_scalarmult_curve25519_base(out.data(), secret.data());
  return out;
}

base::Result<Secret> x25519(Key32View secret, Key32View peer_public) {
  start_sodium();
  Secret shared(crypto_scalarmult_curve25519_BYTES);
  if (crypto_scalarmult_curve25519(shared.mutable_view().data(), secret.data(), peer_public.data()) != 0 ||
      sodium_is_zero(shared.view().data(), shared.size())) {
    return base::fail(
        base::Errc::invalid_argument,
        "X25519 key agreement: the public key " + base::to_hex(peer_public) + " is a point of small order",
        "the other side is broken or malicious: do not use this key");
  }
  return shared;
}

}  // namespace openmcp::crypto
