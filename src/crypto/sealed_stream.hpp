// Bytes of any length, sealed piece by piece in bounded memory: how content is encrypted.
//
//   24 bytes   header of the secret stream
//   n times    one chunk, sealed (chunk + 17 bytes)
//   last       0 to one chunk of bytes, sealed with the tag `final`
//
// Every chunk but the last is full, only the last carries `final`, and the last is empty only when all is: so there is
// one form for given bytes, key and header, and a reader notices bytes that were cut off or put behind the end.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/secret_stream.hpp"

namespace openmcp::crypto {

inline constexpr std::size_t kSealedChunk = 64 * 1024;  ///< plain bytes of a full chunk

/// How long `plain` bytes are when sealed.
std::uint64_t sealed_size(std::uint64_t plain, std::size_t chunk = kSealedChunk);

/// Seals what it is fed. Output is appended to `out`.
class StreamSealer {
public:
  /// `header`: 24 fresh random bytes. `chunk` is for tests; reader and writer must agree on it.
  StreamSealer(Key32View key, StreamHeaderView header, std::size_t chunk = kSealedChunk);
  ~StreamSealer();

  void update(base::BytesView plain, base::Bytes& out);
  /// Ends the stream; nothing may be fed after it.
  void finish(base::Bytes& out);

private:
  void seal(base::BytesView plain, StreamTag tag, base::Bytes& out);

  SecretStreamPush stream_;
  StreamHeader header_;
  bool header_written_ = false;
  std::size_t chunk_;
  base::Bytes waiting_;  // the last plain bytes, up to one chunk: whether they end the stream is not known yet
};

/// Opens what it is fed. Bytes that update() gives are authentic and in order, but only finish() tells that none is
/// missing at the end. After an error it stays unusable: each further call gives the same error.
class StreamOpener {
public:
  explicit StreamOpener(Key32View key, std::size_t chunk = kSealedChunk);

  /// Appends the plain bytes of the chunks that are complete to `out`.
  /// Error corrupt: wrong key, altered bytes, bytes behind the end, or not the one form.
  base::Result<void> update(base::BytesView sealed, base::Bytes& out);
  /// The end of the input. Error corrupt: as above, or cut off.
  base::Result<void> finish(base::Bytes& out);

private:
  base::Result<void> open(base::BytesView sealed, base::Bytes& out);
  std::unexpected<base::Error> refuse(const char* why);

  Secret key_;
  std::size_t chunk_;
  std::optional<SecretStreamPull> stream_;  // from the header on
  base::Bytes waiting_;                     // sealed bytes of a chunk that is not complete
  std::uint64_t opened_ = 0;                // chunks
  bool ended_ = false;
  const char* refused_ = nullptr;
};

}  // namespace openmcp::crypto
