#include "base/varint.hpp"

#include <bit>

namespace openmcp::base {
namespace {

constexpr std::size_t kVarint64Max = 10;  // protobuf: 64 bits in groups of seven

/// Reads at most `max_bytes` groups of seven bits. `last_max` bounds the last byte that fits.
Result<std::uint64_t> take(BytesView& in, std::size_t max_bytes, std::uint8_t last_max, bool strict) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < max_bytes; ++i) {
    if (i == in.size()) return fail(Errc::corrupt, "varint is cut off");
    std::uint8_t byte = in[i];
    if (i + 1 == max_bytes && byte > last_max) return fail(Errc::corrupt, "varint is too long");
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte & 0x80) continue;
    if (strict && byte == 0 && i > 0) return fail(Errc::corrupt, "varint is not in its shortest form");
    in = in.subspan(i + 1);
    return value;
  }
  return fail(Errc::corrupt, "varint is too long");
}

}  // namespace

void put_varint64(Bytes& out, std::uint64_t value) {
  std::uint8_t buffer[kVarint64Max];
  std::size_t size = 0;
  while (value >= 0x80) {
    buffer[size++] = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  buffer[size++] = static_cast<std::uint8_t>(value);
  out.insert(out.end(), buffer, buffer + size);
}

void put_varint(Bytes& out, std::uint64_t value) { put_varint64(out, value); }

std::size_t varint_size(std::uint64_t value) noexcept {
  return static_cast<std::size_t>((std::bit_width(value | 1) + 6) / 7);
}

Result<std::uint64_t> take_varint(BytesView& in) { return take(in, kVarintMax, 0x7f, true); }

Result<std::uint64_t> take_varint64(BytesView& in, bool strict) { return take(in, kVarint64Max, 0x01, strict); }

}  // namespace openmcp::base
