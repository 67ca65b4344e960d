// Unsigned varint (multiformats/unsigned-varint): LEB128, at most 9 bytes (63 bits), shortest form only.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::base {

inline constexpr std::size_t kVarintMax = 9;  ///< unsigned-varint specification, "practical maximum"

/// Appends the encoding. Precondition: value < 2^63.
void put_varint(Bytes& out, std::uint64_t value);
/// Bytes that put_varint would append.
std::size_t varint_size(std::uint64_t value) noexcept;
/// Reads one and advances `in` past it. Errors: truncated, longer than needed, over 63 bits.
Result<std::uint64_t> take_varint(BytesView& in);

/// Protobuf's own varint: up to 10 bytes (64 bits); `strict` refuses longer forms than needed.
Result<std::uint64_t> take_varint64(BytesView& in, bool strict);
void put_varint64(Bytes& out, std::uint64_t value);

}  // namespace openmcp::base
