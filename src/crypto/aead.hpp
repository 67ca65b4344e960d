// Authenticated encryption: ChaCha20-Poly1305 (RFC 8439, section 2.8) and XChaCha20-Poly1305
// (draft-irtf-cfrg-xchacha-03), whose 24-byte nonces may be drawn at random.
// A sealed message is the ciphertext followed by its 16-byte tag. One (key, nonce) pair must never seal two messages.
#pragma once

#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace openmcp::crypto {

inline constexpr std::size_t kTagSize = 16;
using Nonce12View = std::span<const std::uint8_t, 12>;
using Nonce24View = std::span<const std::uint8_t, 24>;

// The forms with `out` write into the caller's buffer, which may start where the input starts (in place) but not
// overlap it otherwise. Sealing: out.size() == plain.size() + kTagSize. Opening: out.size() + kTagSize ==
// sealed.size(); after an error `out` holds zeros. Errors of opening: corrupt (wrong key, nonce, associated data or
// altered bytes: it is not told which).

void chacha20_poly1305_seal(Key32View key, Nonce12View nonce, base::BytesView associated, base::BytesView plain,
                            base::MutableBytes out);
base::Result<void> chacha20_poly1305_open(Key32View key, Nonce12View nonce, base::BytesView associated,
                                          base::BytesView sealed, base::MutableBytes out);
base::Bytes chacha20_poly1305_seal(Key32View key, Nonce12View nonce, base::BytesView associated, base::BytesView plain);
base::Result<base::Bytes> chacha20_poly1305_open(Key32View key, Nonce12View nonce, base::BytesView associated,
                                                 base::BytesView sealed);

void xchacha20_poly1305_seal(Key32View key, Nonce24View nonce, base::BytesView associated, base::BytesView plain,
                             base::MutableBytes out);
base::Result<void> xchacha20_poly1305_open(Key32View key, Nonce24View nonce, base::BytesView associated,
                                           base::BytesView sealed, base::MutableBytes out);
base::Bytes xchacha20_poly1305_seal(Key32View key, Nonce24View nonce, base::BytesView associated,
                                    base::BytesView plain);
base::Result<base::Bytes> xchacha20_poly1305_open(Key32View key, Nonce24View nonce, base::BytesView associated,
                                                  base::BytesView sealed);

}  // namespace openmcp::crypto
