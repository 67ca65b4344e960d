// XChaCha20-Poly1305 secret stream: a sequence of messages under one key of which none can be altered, dropped,
// repeated or moved unnoticed. The construction is libsodium's crypto_secretstream_xchacha20poly1305.
#pragma once

#include <sodium/crypto_secretstream_xchacha20poly1305.h>

#include <array>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace openmcp::crypto {

inline constexpr std::size_t kStreamHeaderSize = 24;
inline constexpr std::size_t kStreamOverhead = 17;  ///< bytes that a sealed message is longer than its plain one

using StreamHeader = std::array<std::uint8_t, kStreamHeaderSize>;
using StreamHeaderView = std::span<const std::uint8_t, kStreamHeaderSize>;

/// What a message says about its place in the stream.
enum class StreamTag : std::uint8_t {
  message = 0,
  push = 1,   ///< the end of a group of messages
  rekey = 2,  ///< the key changes after this message
  final = 3   ///< nothing follows
};

/// The writing end.
class SecretStreamPush {
public:
  /// `header` is 24 fresh random bytes (from Env); it is not secret, and the reader needs it.
  SecretStreamPush(Key32View key, StreamHeaderView header);
  ~SecretStreamPush();
  SecretStreamPush(const SecretStreamPush&) = delete;
  SecretStreamPush& operator=(const SecretStreamPush&) = delete;

  /// Seals the next message. Precondition: out.size() == plain.size() + kStreamOverhead; no overlap.
  void push(base::BytesView plain, base::BytesView associated, StreamTag tag, base::MutableBytes out);

private:
  crypto_secretstream_xchacha20poly1305_state state_;
};

/// The reading end.
class SecretStreamPull {
public:
  SecretStreamPull(Key32View key, StreamHeaderView header);
  ~SecretStreamPull();
  SecretStreamPull(const SecretStreamPull&) = delete;
  SecretStreamPull& operator=(const SecretStreamPull&) = delete;

  /// Opens the next message and tells its tag. Precondition: out.size() + kStreamOverhead == sealed.size(); no overlap.
  /// Error corrupt: not the next message of this stream; `out` holds zeros then and the stream can be tried again.
  base::Result<StreamTag> pull(base::BytesView sealed, base::BytesView associated, base::MutableBytes out);

private:
  crypto_secretstream_xchacha20poly1305_state state_;
};

}  // namespace openmcp::crypto
