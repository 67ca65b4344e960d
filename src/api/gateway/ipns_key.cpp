#include "api/gateway/ipns_key.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "base/varint.hpp"
#include "crypto/sign.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::uint64_t kRsa = 0, kEd25519 = 1;
constexpr int kMinRsaBits = 2048, kMaxRsaBits = 8192;
constexpr std::size_t kMaxKeyBytes = 2048;

struct Key {
  std::uint64_t type = 0;
  base::BytesView data;
};

/// Exactly `08 <type> 12 <length> <data>`: keys are hashed, so there is one way to write each.
Result<Key> decode_key(base::BytesView in) {
  auto bad = [] { return fail(Errc::corrupt, "not a public key of libp2p"); };
  if (in.size() > kMaxKeyBytes || in.empty() || in[0] != 0x08) return bad();
  in = in.subspan(1);
  auto type = base::take_varint64(in, true);
  if (!type || in.empty() || in[0] != 0x12) return bad();
  in = in.subspan(1);
  auto length = base::take_varint64(in, true);
  if (!length || *length != in.size()) return bad();
  return Key{*type, in};
}

Result<bool> ed25519_valid(base::BytesView data, base::BytesView message, base::BytesView signature) {
  crypto::Ed25519PublicKey key;
  if (data.size() != key.bytes.size()) return fail(Errc::corrupt, "an Ed25519 key has 32 bytes");
  if (signature.size() != 64) return false;
  std::copy(data.begin(), data.end(), key.bytes.begin());
  return crypto::ed25519_verify(key, message, signature.first<64>());
}

struct Free {
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};

Result<bool> rsa_valid(base::BytesView data, base::BytesView message, base::BytesView signature) {
  const unsigned char* at = data.data();
  std::unique_ptr<EVP_PKEY, Free> key(d2i_PUBKEY(nullptr, &at, static_cast<long>(data.size())));
  if (!key || at != data.data() + data.size() || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return fail(Errc::corrupt, "not an RSA key");
  }
  auto bits = EVP_PKEY_get_bits(key.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits) return fail(Errc::unsupported, "an RSA key of 2048 to 8192 bits only");
  std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1) {
    return fail(Errc::internal, "RSA verification is not available");
  }
  // The default padding of an RSA key is PKCS #1 v1.5.
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace

Result<bool> signature_valid(base::BytesView public_key, base::BytesView message, base::BytesView signature) {
  auto key = decode_key(public_key);
  if (!key) return std::unexpected(std::move(key).error());
  if (key->type == kEd25519) return ed25519_valid(key->data, message, signature);
  if (key->type == kRsa) return rsa_valid(key->data, message, signature);
  return fail(Errc::unsupported, "only Ed25519 and RSA keys are supported");
}

}  // namespace openmcp::api::gateway
