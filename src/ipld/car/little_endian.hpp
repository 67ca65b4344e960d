// Fixed-width integers of CARv2, least significant byte first.
#pragma once

#include <concepts>

#include "base/bytes.hpp"

namespace openmcp::ipld::car {

/// Precondition: `in` has that many bytes.
template <std::unsigned_integral T>
T get_little_endian(base::BytesView in) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value | static_cast<T>(in[i]) << (8 * i));
  return value;
}
template <std::unsigned_integral T>
void put_little_endian(base::Bytes& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace openmcp::ipld::car
