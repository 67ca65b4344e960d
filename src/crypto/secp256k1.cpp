#include "crypto/secp256k1.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <algorithm>

namespace openmcp::crypto {
namespace {

/// One context for the process: making it costs a millisecond, and all its uses here are const.
const secp256k1_context* context() {
  static const secp256k1_context* const context =
      secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
  return context;
}

secp256k1_pubkey parse(base::BytesView sec1, bool& ok) {
  secp256k1_pubkey key{};
  ok = secp256k1_ec_pubkey_parse(context(), &key, sec1.data(), sec1.size()) == 1;
  return key;
}

std::array<std::uint8_t, 65> uncompressed(const Secp256k1PublicKey& key) {
  std::array<std::uint8_t, 65> bytes;
  bytes[0] = 4;
  std::ranges::copy(key.xy, bytes.begin() + 1);
  return bytes;
}

Secp256k1PublicKey from_library(const secp256k1_pubkey& key) {
  std::array<std::uint8_t, 65> bytes;
  std::size_t size = bytes.size();
  secp256k1_ec_pubkey_serialize(context(), bytes.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
  Secp256k1PublicKey out;
  std::copy(bytes.begin() + 1, bytes.end(), out.xy.begin());
  return out;
}

/// Whether s lies in the lower half. `rs` must parse.
bool low(const secp256k1_ecdsa_signature& signature) {
  return secp256k1_ecdsa_signature_normalize(context(), nullptr, &signature) == 0;
}

}  // namespace

base::Result<Secp256k1PublicKey> Secp256k1PublicKey::from_bytes(base::BytesView sec1) {
  // The library also takes the hybrid form (06, 07), which nobody should make.
  const bool form = (sec1.size() == 33 && (sec1[0] == 2 || sec1[0] == 3)) || (sec1.size() == 65 && sec1[0] == 4);
  bool ok = false;
  secp256k1_pubkey key;
  if (form) key = parse(sec1, ok);
  if (!ok) return base::fail(base::Errc::corrupt, "reading a secp256k1 public key: not a point of the curve");
  return from_library(key);
}

std::array<std::uint8_t, 33> Secp256k1PublicKey::compressed() const {
  std::array<std::uint8_t, 33> out;
  out[0] = static_cast<std::uint8_t>(2 + (xy[63] & 1));
  std::copy_n(xy.begin(), 32, out.begin() + 1);
  return out;
}

base::Result<Secp256k1KeyPair> Secp256k1KeyPair::from_secret(Key32View secret) {
  secp256k1_pubkey key;
  if (secp256k1_ec_pubkey_create(context(), &key, secret.data()) != 1) {
    return base::fail(base::Errc::invalid_argument, "a secp256k1 private key must be a number from 1 to n - 1",
                      "draw another one");
  }
  Secp256k1KeyPair pair;
  pair.secret_ = Secret(secret);
  pair.public_ = from_library(key);
  return pair;
}

Secp256k1Signature Secp256k1KeyPair::sign(const Digest32& digest) const {
  secp256k1_ecdsa_recoverable_signature signature;
  if (secp256k1_ecdsa_sign_recoverable(context(), &signature, digest.data(), secret_.view().data(), nullptr, nullptr) !=
      1)
    throw base::Error(base::Errc::internal, "signing with secp256k1 failed");
  Secp256k1Signature out;
  int recovery = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), out.rs.data(), &recovery, &signature);
  out.recovery = static_cast<std::uint8_t>(recovery);
  return out;
}

bool secp256k1_verify(const Secp256k1PublicKey& key, const Digest32& digest, std::span<const std::uint8_t, 64> rs) {
  bool ok = false;
  const auto parsed = parse(uncompressed(key), ok);
  secp256k1_ecdsa_signature signature;
  return ok && secp256k1_ecdsa_signature_parse_compact(context(), &signature, rs.data()) == 1 &&
         ::secp256k1_ecdsa_verify(context(), &signature, digest.data(), &parsed) == 1;  // refuses a high s itself
}

base::Result<Secp256k1PublicKey> secp256k1_recover(const Digest32& digest, const Secp256k1Signature& signature) {
  const auto refuse = [](const char* why) {
    return base::fail(base::Errc::corrupt, std::string("recovering the signer of a secp256k1 signature: ") + why);
  };
  if (signature.recovery > 3) return refuse("the recovery number is above 3");
  secp256k1_ecdsa_recoverable_signature parsed;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &parsed, signature.rs.data(),
                                                          signature.recovery) != 1)
    return refuse("r or s is not below the order of the curve");
  secp256k1_ecdsa_signature plain;
  secp256k1_ecdsa_recoverable_signature_convert(context(), &plain, &parsed);
  if (!low(plain)) return refuse("s is in the upper half (EIP-2)");
  secp256k1_pubkey key;
  if (secp256k1_ecdsa_recover(context(), &key, &parsed, digest.data()) != 1) return refuse("no key made it");
  return from_library(key);
}

EthereumAddress ethereum_address(const Secp256k1PublicKey& key) {
  const auto hash = keccak256(key.xy);
  EthereumAddress address;
  std::copy(hash.end() - 20, hash.end(), address.begin());
  return address;
}

}  // namespace openmcp::crypto
