#include "crypto/hash.hpp"

#include <sodium.h>

#include "crypto/openssl.hpp"
#include "crypto/sodium.hpp"

namespace openmcp::crypto {
namespace {

using openssl::check;

/// One algorithm with one context per thread: initialising a used context again skips fetch and allocation, which for
/// a block of 64 bytes is two thirds of the time.
class Hasher {
public:
  explicit Hasher(const EVP_MD* md) : md_(md), context_(EVP_MD_CTX_new()) {
    check(md_ != nullptr && context_ != nullptr, "preparing an OpenSSL digest");
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> operator()(base::BytesView data) {
    std::array<std::uint8_t, N> out;
    const bool ok = EVP_DigestInit_ex2(context_.get(), md_, nullptr) == 1 &&
                    EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1 &&
                    EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1;
    check(ok, "hashing with OpenSSL");
    return out;
  }

private:
  const EVP_MD* md_;
  openssl::DigestContext context_;
};

}  // namespace

Digest32 sha256(base::BytesView data) {
  thread_local Hasher hasher(openssl::sha256_algorithm());
  return hasher.operator()<32>(data);
}

Digest64 sha512(base::BytesView data) {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  thread_local Hasher hasher(md);
  return hasher.operator()<64>(data);
}

Digest20 sha1(base::BytesView data) {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  thread_local Hasher hasher(md);
  return hasher.operator()<20>(data);
}

Digest32 sha3_256(base::BytesView data) {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA3-256", nullptr);
  thread_local Hasher hasher(md);
  return hasher.operator()<32>(data);
}

Digest32 blake2b256(base::BytesView data) {
  start_sodium();
  Digest32 out;
  crypto_generichash_blake2b(out.data(), out.size(), data.data(), data.size(), nullptr, 0);
  return out;
}

struct Sha256::State {
  openssl::DigestContext context{EVP_MD_CTX_new()};

  State() {
    check(context != nullptr, "preparing SHA-256");
    start();
  }
  void start() {
    check(EVP_DigestInit_ex2(context.get(), openssl::sha256_algorithm(), nullptr) == 1, "starting SHA-256");
  }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(base::BytesView data) {
  check(EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) == 1, "hashing with SHA-256");
}

Digest32 Sha256::finish() {
  Digest32 out;
  check(EVP_DigestFinal_ex(state_->context.get(), out.data(), nullptr) == 1, "finishing SHA-256");
  state_->start();
  return out;
}

}  // namespace openmcp::crypto
