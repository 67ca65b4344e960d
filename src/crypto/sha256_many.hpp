// SHA-256 of many messages at once, in the two ways there are; for crypto::sha256_many to choose from and for tests to
// compare.
#pragma once

#include <span>

#include "crypto/hash.hpp"

namespace openmcp::crypto::sha {

/// Whether this processor has the instructions that `paired` needs (x86: SHA).
bool can_pair() noexcept;
/// Two messages at a time on one core. Preconditions: can_pair(), out.size() == messages.size().
void paired(std::span<const base::BytesView> messages, std::span<Digest32> out);

}  // namespace openmcp::crypto::sha
