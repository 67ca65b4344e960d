// The three ways to compute CRC-32C, for crypto::crc32c to choose from and for tests to compare.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace openmcp::crypto::crc {

std::uint32_t portable(base::BytesView data, std::uint32_t crc);
/// Whether this processor has the instructions that `hardware` needs (x86: SSE4.2 and PCLMULQDQ).
bool has_hardware() noexcept;
/// Precondition: has_hardware().
std::uint32_t hardware(base::BytesView data, std::uint32_t crc);
/// Whether this processor has the instructions that `wide` needs (x86: AVX-512 and VPCLMULQDQ beside the above).
bool has_wide() noexcept;
/// 64 bytes at a time, in the order in which they lie: as fast as memory gives them. Precondition: has_wide().
std::uint32_t wide(base::BytesView data, std::uint32_t crc);

}  // namespace openmcp::crypto::crc
