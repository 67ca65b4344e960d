// X25519 key agreement (RFC 7748, section 5).
#pragma once

#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace openmcp::crypto {

/// The public key of a private one (any 32 random bytes; the curve's clamping is applied inside).
Key32 x25519_public(Key32View secret);

/// The shared secret, 32 bytes. It is not uniform: put it through HKDF before use as a key.
/// Error invalid_argument: the peer's key is a point of small order, which would make the secret known to everybody
/// (all zeros, RFC 7748 section 6.1).
base::Result<Secret> x25519(Key32View secret, Key32View peer_public);

}  // namespace openmcp::crypto
