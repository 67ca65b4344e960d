// The sponge under Keccak-256, with its padding left open: Ethereum's hash and SHA3-256 differ in nothing else, so a
// test can hold it against OpenSSL's SHA3-256.
#pragma once

#include <cstdint>

#include "crypto/hash.hpp"

namespace openmcp::crypto::keccak {

inline constexpr std::uint8_t kOriginalPadding = 0x01;  ///< Keccak submission, section 1.1.2
inline constexpr std::uint8_t kSha3Padding = 0x06;      ///< FIPS 202, section 6.1

/// Keccak[c = 512] with 32 bytes of output.
Digest32 sponge256(base::BytesView data, std::uint8_t padding);

}  // namespace openmcp::crypto::keccak
