// Keys from keys (HKDF), keys from passwords (scrypt, PBKDF2), and the HMAC they stand on.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "crypto/secret.hpp"

namespace openmcp::crypto {

Digest32 hmac_sha256(base::BytesView key, base::BytesView data);  ///< RFC 2104 with SHA-256

/// HKDF-SHA256 (RFC 5869): extract, then expand to fill `out`. An empty salt stands for 32 zeros (section 2.2).
/// Error invalid_argument: more than 255 * 32 bytes wanted.
base::Result<void> hkdf_sha256(base::BytesView key_material, base::BytesView salt, base::BytesView info,
                               base::MutableBytes out);
Digest32 hkdf_extract(base::BytesView salt, base::BytesView key_material);
base::Result<void> hkdf_expand(Key32View pseudorandom_key, base::BytesView info, base::MutableBytes out);

/// Cost of scrypt (RFC 7914, section 2): memory is about 128 * r * n bytes, time about n * r * p.
struct ScryptCost {
  std::uint64_t n = std::uint64_t{1} << 18;  ///< a power of two from 2 to 2^31; the default is that of keystore files
  std::uint32_t r = 8;
  std::uint32_t p = 1;

  bool operator==(const ScryptCost&) const = default;
};

/// scrypt (RFC 7914) into `out`. It takes from milliseconds to seconds: call it on a worker. `memory_limit` in bytes
/// guards against costs read from a stranger's file.
/// Errors: invalid_argument (no such cost), too_large (needs more than `memory_limit`).
base::Result<void> scrypt(base::BytesView password, base::BytesView salt, ScryptCost cost, std::uint64_t memory_limit,
                          base::MutableBytes out);

/// PBKDF2 with HMAC-SHA256 (RFC 8018, section 5.2). Error invalid_argument: no iterations, or no output wanted.
base::Result<void> pbkdf2_sha256(base::BytesView password, base::BytesView salt, std::uint32_t iterations,
                                 base::MutableBytes out);

}  // namespace openmcp::crypto
