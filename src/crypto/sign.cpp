#include "crypto/sign.hpp"

#include <sodium.h>

#include "crypto/sodium.hpp"

namespace openmcp::crypto {

Ed25519KeyPair Ed25519KeyPair::from_seed(Key32View seed) {
  start_sodium();
  Ed25519KeyPair pair;
  pair.secret_ = Secret(crypto_sign_ed25519_SECRETKEYBYTES);
  crypto_sign_ed25519_seed_keypair(pair.public_.bytes.data(), pair.secret_.mutable_view().data(), seed.data());
  return pair;
}

Ed25519Signature Ed25519KeyPair::sign(base::BytesView message) const {
  Ed25519Signature signature;
  crypto_sign_ed25519_detached(signature.data(), nullptr, message.data(), message.size(), secret_.view().data());
  return signature;
}

bool ed25519_verify(const Ed25519PublicKey& key, base::BytesView message, Ed25519SignatureView signature) {
  start_sodium();
  return crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(), key.bytes.data()) == 0;
}

}  // namespace openmcp::crypto
