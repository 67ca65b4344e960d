#include "crypto/chacha20.hpp"

#include <algorithm>

#include "crypto/openssl.hpp"

namespace openmcp::crypto {

void chacha20_keystream(Key32View key, std::span<const std::uint8_t, 12> nonce, std::uint32_t counter,
                        base::MutableBytes out) {
  using openssl::check;
  if (out.size() / 64 + (out.size() % 64 != 0) > (std::uint64_t{1} << 32) - counter)
    throw base::Error(base::Errc::invalid_argument, "ChaCha20: the block counter would run over");
  static const EVP_CIPHER* const cipher = openssl::fetch_cipher("ChaCha20");
  thread_local const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  std::uint8_t iv[16];  // OpenSSL's form: the counter, little-endian, then the nonce
  for (int i = 0; i < 4; ++i) iv[i] = static_cast<std::uint8_t>(counter >> (8 * i));
  std::ranges::copy(nonce, iv + 4);
  check(context != nullptr && EVP_EncryptInit_ex2(context.get(), cipher, key.data(), iv, nullptr) == 1,
        "starting ChaCha20");
  std::ranges::fill(out, std::uint8_t{0});
  while (!out.empty()) {
    const auto some = out.first(std::min<std::size_t>(out.size(), 1 << 30));  // OpenSSL counts in int
    int written = 0;
    check(EVP_EncryptUpdate(context.get(), some.data(), &written, some.data(), static_cast<int>(some.size())) == 1,
          "running ChaCha20");
    out = out.subspan(some.size());
  }
}

}  // namespace openmcp::crypto
