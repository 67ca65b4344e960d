// BLAKE3 with a chosen number of lanes: crypto::blake3 takes the widest this processor has, tests compare them all.
#pragma once

#include "crypto/hash.hpp"

namespace openmcp::crypto::blake {

/// How many chunks are compressed side by side: SSE4.1, AVX2, AVX-512.
enum class Lanes : unsigned char { four = 4, eight = 8, sixteen = 16 };

bool supported(Lanes lanes) noexcept;
/// Precondition: supported(lanes).
Digest32 hash(base::BytesView data, Lanes lanes);

}  // namespace openmcp::crypto::blake
