// The bare ChaCha20 key stream (RFC 8439, section 2.4). It authenticates nothing: for deterministic bytes in tests and
// simulations, not for keeping secrets (see aead.hpp).
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "crypto/secret.hpp"

namespace openmcp::crypto {

/// Fills `out` with the key stream that starts at block `counter` (blocks of 64 bytes).
/// Throws invalid_argument when the 32-bit counter would run over.
void chacha20_keystream(Key32View key, std::span<const std::uint8_t, 12> nonce, std::uint32_t counter,
                        base::MutableBytes out);

}  // namespace openmcp::crypto
