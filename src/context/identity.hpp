// Identity: the key with which a workspace signs, in <home>/keys/ed25519 (mode 0600).
//
// The file is two lines of text: "openmcp ed25519 private key v1", then the seed of RFC 8032 as 64 hex digits.
#pragma once

#include <array>
#include <cstdint>

#include "base/env.hpp"
#include "crypto/sign.hpp"

namespace openmcp::context {

class Identity {
public:
  /// Reads the key file, or makes one when absent and `create`. Blocks (inside Env::run). Errors: not_found, corrupt,
  /// permission (others may read the file), io.
  static Identity load(base::Env& env, const base::Path& file, bool create);
  /// Precondition: 32 bytes.
  static Identity from_seed(base::BytesView seed);

  const std::array<std::uint8_t, 32>& public_key() const noexcept { return pair_.public_key().bytes; }
  crypto::Ed25519Signature sign(base::BytesView message) const { return pair_.sign(message); }

private:
  explicit Identity(crypto::Ed25519KeyPair pair) : pair_(std::move(pair)) {}
  crypto::Ed25519KeyPair pair_;
};

}  // namespace openmcp::context
