// Bytes written as hexadecimal in a test, spaces ignored.
#pragma once

#include <stdexcept>
#include <string_view>

#include "base/bytes.hpp"

namespace openmcp::test {

inline base::Bytes hex(std::string_view text) {
  auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw std::invalid_argument("not a hexadecimal digit");
  };
  base::Bytes out;
  int high = -1;
  for (char c : text) {
    if (c == ' ') continue;
    if (high < 0) {
      high = digit(c);
    } else {
      out.push_back(static_cast<std::uint8_t>(high * 16 + digit(c)));
      high = -1;
    }
  }
  if (high >= 0) throw std::invalid_argument("odd number of hexadecimal digits");
  return out;
}

/// The same for keys, nonces and digests of fixed length.
template <std::size_t N>
std::array<std::uint8_t, N> hex(std::string_view text) {
  const auto bytes = hex(text);
  if (bytes.size() != N) throw std::invalid_argument("wrong length");
  std::array<std::uint8_t, N> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

}  // namespace openmcp::test
