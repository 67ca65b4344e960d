#include "ipld/multihash.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>

#include "base/varint.hpp"
#include "crypto/hash.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::fail;

std::size_t put(std::uint8_t* out, std::uint64_t value) noexcept {
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<std::uint8_t>(value | 0x80);
  out[size++] = static_cast<std::uint8_t>(value);
  return size;
}

}  // namespace

Multihash::Multihash(HashCode code, base::BytesView digest)
    : code_(code), size_(static_cast<std::uint8_t>(digest.size())) {
  assert(digest.size() <= kMaxDigest);
  std::ranges::copy(digest, digest_.begin());
}

std::size_t Multihash::write_to(std::uint8_t* out) const noexcept {
  std::size_t size = put(out, static_cast<std::uint64_t>(code_));
  size += put(out + size, size_);
  std::memcpy(out + size, digest_.data(), size_);
  return size + size_;
}

std::size_t Multihash::wire_size() const noexcept {
  return base::varint_size(static_cast<std::uint64_t>(code_)) + base::varint_size(size_) + size_;
}

void Multihash::append_to(base::Bytes& out) const {
  std::uint8_t buffer[kMaxMultihashBytes];
  out.insert(out.end(), buffer, buffer + write_to(buffer));
}

base::Bytes Multihash::bytes() const {
  base::Bytes out;
  append_to(out);
  return out;
}

base::Result<Multihash> Multihash::take(base::BytesView& in) {
  base::BytesView rest = in;
  auto code = base::take_varint(rest);
  if (!code) return std::unexpected(std::move(code).error().within("reading a multihash's function"));
  auto size = base::take_varint(rest);
  if (!size) return std::unexpected(std::move(size).error().within("reading a multihash's length"));
  const auto function = static_cast<HashCode>(*code);
  if (*size > kMaxDigest)
    return fail(Errc::too_large, "multihash digest of " + std::to_string(*size) + " bytes, at most 128 are allowed");
  if (*size < kMinDigest && function != HashCode::identity)
    return fail(Errc::corrupt, "multihash digest of " + std::to_string(*size) + " bytes, at least 20 are needed");
  if (*size > rest.size()) return fail(Errc::corrupt, "multihash digest is cut off");
  in = rest.subspan(*size);
  return Multihash(function, rest.first(*size));
}

bool Multihash::operator==(const Multihash& other) const noexcept {
  return code_ == other.code_ && size_ == other.size_ && std::memcmp(digest_.data(), other.digest_.data(), size_) == 0;
}

std::strong_ordering Multihash::operator<=>(const Multihash& other) const noexcept {
  std::uint8_t a[kMaxMultihashBytes], b[kMaxMultihashBytes];
  return std::lexicographical_compare_three_way(a, a + write_to(a), b, b + other.write_to(b));
}

base::Result<Multihash> hash(HashCode code, base::BytesView data) {
  switch (code) {
    case HashCode::identity:
      if (data.size() > kMaxDigest)
        return fail(Errc::too_large,
                    "identity multihash of " + std::to_string(data.size()) + " bytes, at most 128 are allowed");
      return Multihash(code, data);
    case HashCode::sha1:
      return Multihash(code, crypto::sha1(data));
    case HashCode::sha2_256:
      return Multihash(code, crypto::sha256(data));
    case HashCode::sha2_512:
      return Multihash(code, crypto::sha512(data));
    case HashCode::sha3_256:
      return Multihash(code, crypto::sha3_256(data));
    case HashCode::keccak_256:
      return Multihash(code, crypto::keccak256(data));
    case HashCode::blake3:
      return Multihash(code, crypto::blake3(data));
    case HashCode::blake2b_256:
      return Multihash(code, crypto::blake2b256(data));
    case HashCode::murmur3_x64_64: {
      const std::uint64_t h1 = crypto::murmur3_x64_128(data).h1;
      std::uint8_t digest[8];
      for (int i = 0; i < 8; ++i) digest[i] = static_cast<std::uint8_t>(h1 >> (56 - 8 * i));
      return Multihash(code, digest);
    }
  }
  return fail(
      Errc::unsupported,
      "hash function " + std::to_string(static_cast<std::uint64_t>(code)) + " is not one that we compute",
      "known are sha2-256, sha2-512, sha1, sha3-256, keccak-256, blake3, blake2b-256, murmur3-x64-64 and identity");
}

}  // namespace openmcp::ipld
