// What the sources of this room share of OpenSSL: owners for its objects and one way to report its failures.
// Included by sources of this room only.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string_view>

#include "base/result.hpp"

namespace openmcp::crypto::openssl {

struct Free {
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
  void operator()(EVP_CIPHER_CTX* p) const noexcept { EVP_CIPHER_CTX_free(p); }
  void operator()(EVP_MAC_CTX* p) const noexcept { EVP_MAC_CTX_free(p); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Free>;

/// OpenSSL refuses only when memory ran out or an algorithm is not built in: neither is the caller's to handle, so it
/// is thrown instead of returned.
[[noreturn]] void broken(std::string_view doing);
inline void check(bool ok, std::string_view doing) {
  if (!ok) [[unlikely]]
    broken(doing);
}

/// Fetched algorithms. A fetch costs more than hashing 64 bytes, so each is made once and kept for the process.
const EVP_MD* sha256_algorithm();
const EVP_CIPHER* fetch_cipher(const char* name);

}  // namespace openmcp::crypto::openssl
