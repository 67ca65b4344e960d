// Public keys as libp2p writes them (peer-ids.md): a protobuf of the key's type and its bytes.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::api::gateway {

/// Whether `signature` over `message` is this key's. Ed25519, and RSA of old names (PKCS #1 v1.5 with SHA-256, 2048 to
/// 8192 bits). Errors: corrupt (no key), unsupported (another kind).
base::Result<bool> signature_valid(base::BytesView public_key, base::BytesView message, base::BytesView signature);

}  // namespace openmcp::api::gateway
