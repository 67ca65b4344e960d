#include "crypto/openssl.hpp"

#include <openssl/err.h>

#include <string>

namespace openmcp::crypto::openssl {

void broken(std::string_view doing) {
  std::string message(doing);
  if (const auto code = ERR_get_error(); code != 0) {
    char text[256];
    ERR_error_string_n(code, text, sizeof text);
    message.append(": ").append(text);
  }
  ERR_clear_error();
  throw base::Error(
      base::Errc::internal, std::move(message),
      "check that the OpenSSL 3 library of this system is complete and not restricted by its openssl.cnf");
}

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  check(md != nullptr, "fetching SHA-256 from OpenSSL");
  return md;
}

const EVP_CIPHER* fetch_cipher(const char* name) {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  check(cipher != nullptr, std::string("fetching ") + name + " from OpenSSL");
  return cipher;
}

}  // namespace openmcp::crypto::openssl
