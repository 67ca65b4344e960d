#include "crypto/kdf.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <string>

#include "crypto/openssl.hpp"
#include "crypto/sodium.hpp"

namespace openmcp::crypto {
namespace {

using openssl::check;

/// HMAC-SHA256 of data in pieces. The context keeps its algorithm between keys.
class Hmac {
public:
  Hmac() {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    check(mac != nullptr, "fetching HMAC from OpenSSL");
    context_.reset(EVP_MAC_CTX_new(mac));
    EVP_MAC_free(mac);  // the context holds its own reference
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    check(context_ != nullptr && EVP_MAC_CTX_set_params(context_.get(), params) == 1, "preparing HMAC-SHA256");
  }
  void start(base::BytesView key) {
    static constexpr std::uint8_t kNoKey = 0;  // a null pointer would mean "the key of before"
    const auto* bytes = key.empty() ? &kNoKey : key.data();
    check(EVP_MAC_init(context_.get(), bytes, key.size(), nullptr) == 1, "starting HMAC-SHA256");
  }
  void update(base::BytesView data) {
    check(EVP_MAC_update(context_.get(), data.data(), data.size()) == 1, "running HMAC-SHA256");
  }
  Digest32 finish() {
    Digest32 out;
    std::size_t size = 0;
    check(EVP_MAC_final(context_.get(), out.data(), &size, out.size()) == 1 && size == out.size(),
          "finishing HMAC-SHA256");
    return out;
  }

private:
  openssl::MacContext context_;
};

Hmac& hmac() {
  thread_local Hmac hmac;
  return hmac;
}

const char* as_chars(base::BytesView bytes) {  // OpenSSL takes passwords as char*, and null as "none"
  return bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data());
}

}  // namespace

Digest32 hmac_sha256(base::BytesView key, base::BytesView data) {
  hmac().start(key);
  hmac().update(data);
  return hmac().finish();
}

Digest32 hkdf_extract(base::BytesView salt, base::BytesView key_material) { return hmac_sha256(salt, key_material); }

base::Result<void> hkdf_expand(Key32View pseudorandom_key, base::BytesView info, base::MutableBytes out) {
  if (out.size() > 255 * 32) {
    return base::fail(base::Errc::invalid_argument,
                      "HKDF-SHA256: " + std::to_string(out.size()) + " bytes wanted, at most 8160 can be had");
  }
  Digest32 block{};
  base::BytesView before;  // T(0) is empty
  for (std::uint8_t number = 1; !out.empty(); ++number) {
    hmac().start(pseudorandom_key);
    hmac().update(before);
    hmac().update(info);
    hmac().update({&number, 1});
    block = hmac().finish();
    before = block;
    const auto some = std::min(out.size(), block.size());
    std::copy_n(block.begin(), some, out.begin());
    out = out.subspan(some);
  }
  wipe(block);
  return {};
}

base::Result<void> hkdf_sha256(base::BytesView key_material, base::BytesView salt, base::BytesView info,
                               base::MutableBytes out) {
  auto key = hkdf_extract(salt, key_material);
  auto result = hkdf_expand(key, info, out);
  wipe(key);
  return result;
}

base::Result<void> scrypt(base::BytesView password, base::BytesView salt, ScryptCost cost, std::uint64_t memory_limit,
                          base::MutableBytes out) {
  const auto [n, r, p] = cost;
  const auto shown = "scrypt with n=" + std::to_string(n) + ", r=" + std::to_string(r) + ", p=" + std::to_string(p);
  // RFC 7914, section 2, wants also n < 2^(16 * r). Published wallet files break that with r = 1, and nothing depends
  // on it for r >= 2, so it is not asked for.
  const bool allowed = std::has_single_bit(n) && n > 1 && n <= std::numeric_limits<std::uint32_t>::max() && r >= 1 &&
                       p >= 1 && !out.empty() && std::uint64_t{r} * p < std::uint64_t{1} << 30;
  if (!allowed) {
    return base::fail(base::Errc::invalid_argument, shown + ": not a cost that can be computed",
                      "n must be a power of two from 2 to 2^31, r * p below 2^30");
  }
  // 128 * r * (n + p) for the two arrays and 256 * r of scratch; the limit is tested by division, nothing overflows.
  const std::uint64_t unit = std::uint64_t{128} * r;
  if (n + p + 2 > memory_limit / unit) {
    return base::fail(base::Errc::too_large,
                      shown + ": needs more than the " + std::to_string(memory_limit) + " bytes allowed",
                      "use a lower cost, or allow more memory if you trust where it comes from");
  }
  // libsodium's is a quarter faster than OpenSSL's, which also insists on the bound above.
  start_sodium();
  if (crypto_pwhash_scryptsalsa208sha256_ll(password.data(), password.size(), salt.data(), salt.size(), n, r, p,
                                            out.data(), out.size()) != 0) {
    return base::fail(base::Errc::too_large, shown + ": the memory for it cannot be had",
                      "free some memory, or use a lower cost");
  }
  return {};
}

base::Result<void> pbkdf2_sha256(base::BytesView password, base::BytesView salt, std::uint32_t iterations,
                                 base::MutableBytes out) {
  constexpr auto kMax = static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (iterations == 0 || iterations > kMax || out.empty() || out.size() > kMax || password.size() > kMax ||
      salt.size() > kMax) {
    return base::fail(base::Errc::invalid_argument, "PBKDF2 with " + std::to_string(iterations) + " iterations for " +
                                                        std::to_string(out.size()) + " bytes cannot be computed");
  }
  const int ok = PKCS5_PBKDF2_HMAC(as_chars(password), static_cast<int>(password.size()), salt.data(),
                                   static_cast<int>(salt.size()), static_cast<int>(iterations),
                                   openssl::sha256_algorithm(), static_cast<int>(out.size()), out.data());
  check(ok == 1, "PBKDF2");
  return {};
}

}  // namespace openmcp::crypto
