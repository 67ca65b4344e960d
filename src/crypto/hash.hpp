// Hash functions: one-shot and incremental. All outputs are raw bytes, big-endian where a number is meant.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"

namespace openmcp::crypto {

using Digest20 = std::array<std::uint8_t, 20>;
using Digest32 = std::array<std::uint8_t, 32>;
using Digest64 = std::array<std::uint8_t, 64>;

Digest32 sha256(base::BytesView data);  ///< FIPS 180-4; SHA-NI through OpenSSL with a reused context
/// The SHA-256 of each message, on the calling thread, two interleaved where the processor has SHA instructions: per
/// byte it takes four fifths of the time of sha256() in the cache, half of it from memory. Give it messages of like
/// length, two or more. Precondition: out.size() == messages.size().
void sha256_many(std::span<const base::BytesView> messages, std::span<Digest32> out);
Digest64 sha512(base::BytesView data);      ///< FIPS 180-4
Digest20 sha1(base::BytesView data);        ///< FIPS 180-4; for git-made and old multihashes, never for trust
Digest32 blake2b256(base::BytesView data);  ///< RFC 7693
Digest32 blake3(base::BytesView data);      ///< BLAKE3 1.0, hash mode, 32 bytes
Digest32 keccak256(base::BytesView data);   ///< Keccak with the original 0x01 padding, as Ethereum uses (not SHA3-256)
Digest32 sha3_256(base::BytesView data);    ///< FIPS 202

/// MurmurHash3_x64_128: the two 64-bit halves h1, h2. UnixFS uses seed 0.
struct Murmur128 {
  std::uint64_t h1, h2;
  bool operator==(const Murmur128&) const = default;
};
Murmur128 murmur3_x64_128(base::BytesView data, std::uint32_t seed = 0);

/// CRC-32C (Castagnoli), RFC 3720 B.4; hardware where the processor has it. `crc` continues an earlier one.
std::uint32_t crc32c(base::BytesView data, std::uint32_t crc = 0);

/// SHA-256 fed in pieces.
class Sha256 {
public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(base::BytesView data);
  Digest32 finish();  ///< and starts anew

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openmcp::crypto
