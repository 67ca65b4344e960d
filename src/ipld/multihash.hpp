// Multihash (multiformats/multihash): which hash function, then its digest. A small value without allocation.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::ipld {

/// Codes of the multicodec table that we compute; others are carried but cannot be verified.
enum class HashCode : std::uint64_t {
  identity = 0x00,
  sha1 = 0x11,
  sha2_256 = 0x12,
  sha2_512 = 0x13,
  sha3_256 = 0x16,
  keccak_256 = 0x1b,
  blake3 = 0x1e,
  murmur3_x64_64 = 0x22,
  blake2b_256 = 0xb220,
};

inline constexpr std::size_t kMinDigest = 20;                          ///< bytes, except identity (IPIP-512)
inline constexpr std::size_t kMaxDigest = 128;                         ///< bytes (IPIP-512)
inline constexpr std::size_t kMaxMultihashBytes = 9 + 2 + kMaxDigest;  ///< the longest wire form

class Multihash {
public:
  Multihash() = default;  ///< identity of nothing
  /// Precondition: digest.size() <= kMaxDigest.
  Multihash(HashCode code, base::BytesView digest);

  HashCode code() const noexcept { return code_; }
  base::BytesView digest() const noexcept { return {digest_.data(), size_}; }
  /// The wire form: varint code, varint length, digest.
  void append_to(base::Bytes& out) const;
  base::Bytes bytes() const;
  std::size_t wire_size() const noexcept;  ///< bytes that append_to adds
  /// Writes the wire form to `out`, which has kMaxMultihashBytes; returns how many bytes it took.
  std::size_t write_to(std::uint8_t* out) const noexcept;

  /// Reads one and advances `in`. Errors: truncated, digest out of bounds, identity over 128 bytes.
  static base::Result<Multihash> take(base::BytesView& in);

  bool operator==(const Multihash& other) const noexcept;
  std::strong_ordering operator<=>(const Multihash& other) const noexcept;  ///< by wire bytes

private:
  HashCode code_ = HashCode::identity;
  std::uint8_t size_ = 0;
  std::array<std::uint8_t, kMaxDigest> digest_;
};

/// Hashes. Errors: unsupported for codes that we do not compute; too_large for an identity over 128 bytes.
base::Result<Multihash> hash(HashCode code, base::BytesView data);

}  // namespace openmcp::ipld
