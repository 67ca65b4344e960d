#include "crypto/aead.hpp"

#include <openssl/err.h>
#include <sodium.h>

#include <algorithm>

#include "crypto/openssl.hpp"

namespace openmcp::crypto {
namespace {

using openssl::check;

/// One context a thread. It keeps its algorithm, and each message sets only key and nonce: naming the algorithm again
/// would make OpenSSL free and allocate its state, half the time of a short message.
EVP_CIPHER_CTX* context() {
  thread_local const openssl::CipherContext context = [] {
    static const EVP_CIPHER* const cipher = openssl::fetch_cipher("ChaCha20-Poly1305");
    openssl::CipherContext made(EVP_CIPHER_CTX_new());
    check(made != nullptr && EVP_EncryptInit_ex2(made.get(), cipher, nullptr, nullptr, nullptr) == 1,
          "preparing ChaCha20-Poly1305");
    return made;
  }();
  return context.get();
}

/// EVP_EncryptUpdate or EVP_DecryptUpdate over any length: OpenSSL counts in int. `out` null: associated data.
template <auto Update>
bool feed(EVP_CIPHER_CTX* ctx, base::BytesView in, std::uint8_t* out) {
  while (!in.empty()) {
    const auto some = in.first(std::min<std::size_t>(in.size(), 1 << 30));
    int written = 0;
    if (Update(ctx, out, &written, some.data(), static_cast<int>(some.size())) != 1) return false;
    in = in.subspan(some.size());
    if (out != nullptr) out += some.size();
  }
  return true;
}

std::unexpected<base::Error> not_authentic() {
  return base::fail(base::Errc::corrupt, "opening a sealed message: its bytes are not authentic",
                    "the key is not the one it was sealed with, or the bytes were changed on the way");
}

/// XChaCha20: the first 16 bytes of the nonce make a key of their own, the rest is the nonce of the inner cipher.
struct Inner {
  Key32 key;
  std::array<std::uint8_t, 12> nonce{};
  Inner(Key32View outer, Nonce24View nonce24) {
    crypto_core_hchacha20(key.data(), nonce24.data(), outer.data(), nullptr);
    std::ranges::copy(nonce24.last<8>(), nonce.begin() + 4);
  }
  ~Inner() { wipe(key); }
};

template <class Nonce, class Seal>
base::Bytes sealed(Seal seal, Key32View key, Nonce nonce, base::BytesView associated, base::BytesView plain) {
  base::Bytes out(plain.size() + kTagSize);
  seal(key, nonce, associated, plain, base::MutableBytes(out));
  return out;
}

template <class Nonce, class Open>
base::Result<base::Bytes> opened(Open open, Key32View key, Nonce nonce, base::BytesView associated,
                                 base::BytesView sealed) {
  if (sealed.size() < kTagSize) return not_authentic();
  base::Bytes out(sealed.size() - kTagSize);
  if (auto result = open(key, nonce, associated, sealed, base::MutableBytes(out)); !result)
    return std::unexpected(std::move(result).error());
  return out;
}

using SealTo12 = void (*)(Key32View, Nonce12View, base::BytesView, base::BytesView, base::MutableBytes);
using SealTo24 = void (*)(Key32View, Nonce24View, base::BytesView, base::BytesView, base::MutableBytes);
using OpenTo12 = base::Result<void> (*)(Key32View, Nonce12View, base::BytesView, base::BytesView, base::MutableBytes);
using OpenTo24 = base::Result<void> (*)(Key32View, Nonce24View, base::BytesView, base::BytesView, base::MutableBytes);

}  // namespace

void chacha20_poly1305_seal(Key32View key, Nonce12View nonce, base::BytesView associated, base::BytesView plain,
                            base::MutableBytes out) {
  check(out.size() == plain.size() + kTagSize, "sealing a message: the buffer for it has not its size");
  auto* ctx = context();
  int written = 0;
  const auto tag = out.subspan(plain.size());
  const bool ok = EVP_EncryptInit_ex2(ctx, nullptr, key.data(), nonce.data(), nullptr) == 1 &&
                  feed<EVP_EncryptUpdate>(ctx, associated, nullptr) &&
                  feed<EVP_EncryptUpdate>(ctx, plain, out.data()) &&
                  EVP_EncryptFinal_ex(ctx, tag.data(), &written) == 1 &&
                  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, kTagSize, tag.data()) == 1;
  check(ok, "sealing a message with ChaCha20-Poly1305");
}

base::Result<void> chacha20_poly1305_open(Key32View key, Nonce12View nonce, base::BytesView associated,
                                          base::BytesView sealed, base::MutableBytes out) {
  if (sealed.size() < kTagSize) return not_authentic();
  const auto body = sealed.first(sealed.size() - kTagSize);
  check(out.size() == body.size(), "opening a sealed message: the buffer for it has not its size");
  auto* ctx = context();
  std::array<std::uint8_t, kTagSize> tag;
  std::ranges::copy(sealed.last(kTagSize), tag.begin());
  int written = 0;
  const bool ready = EVP_DecryptInit_ex2(ctx, nullptr, key.data(), nonce.data(), nullptr) == 1 &&
                     feed<EVP_DecryptUpdate>(ctx, associated, nullptr) &&
                     feed<EVP_DecryptUpdate>(ctx, body, out.data()) &&
                     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1;
  check(ready, "opening a message with ChaCha20-Poly1305");
  std::uint8_t nothing[kTagSize];
  if (EVP_DecryptFinal_ex(ctx, nothing, &written) != 1) {
    wipe(out);
    ERR_clear_error();  // whoever asks this thread's error queue next (TLS does) must not find ours
    return not_authentic();
  }
  return {};
}

void xchacha20_poly1305_seal(Key32View key, Nonce24View nonce, base::BytesView associated, base::BytesView plain,
                             base::MutableBytes out) {
  const Inner inner(key, nonce);
  chacha20_poly1305_seal(inner.key, inner.nonce, associated, plain, out);
}

base::Result<void> xchacha20_poly1305_open(Key32View key, Nonce24View nonce, base::BytesView associated,
                                           base::BytesView sealed, base::MutableBytes out) {
  const Inner inner(key, nonce);
  return chacha20_poly1305_open(inner.key, inner.nonce, associated, sealed, out);
}

base::Bytes chacha20_poly1305_seal(Key32View key, Nonce12View nonce, base::BytesView associated,
                                   base::BytesView plain) {
  return sealed<Nonce12View, SealTo12>(chacha20_poly1305_seal, key, nonce, associated, plain);
}

base::Result<base::Bytes> chacha20_poly1305_open(Key32View key, Nonce12View nonce, base::BytesView associated,
                                                 base::BytesView sealed) {
  return opened<Nonce12View, OpenTo12>(chacha20_poly1305_open, key, nonce, associated, sealed);
}

base::Bytes xchacha20_poly1305_seal(Key32View key, Nonce24View nonce, base::BytesView associated,
                                    base::BytesView plain) {
  return sealed<Nonce24View, SealTo24>(xchacha20_poly1305_seal, key, nonce, associated, plain);
}

base::Result<base::Bytes> xchacha20_poly1305_open(Key32View key, Nonce24View nonce, base::BytesView associated,
                                                  base::BytesView sealed) {
  return opened<Nonce24View, OpenTo24>(xchacha20_poly1305_open, key, nonce, associated, sealed);
}

}  // namespace openmcp::crypto
