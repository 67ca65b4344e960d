// The multibase encodings in which each symbol stands for a fixed number of bits: 2, 8, 16, 32, 64 (RFC 4648 and kin).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::ipld {

inline constexpr std::uint8_t kNoSymbol = 0xff;

/// Symbols and the way back. With `any_case`, letters of the other case are read too.
struct BitAlphabet {
  std::string_view symbols;
  bool padded;
  std::array<std::uint8_t, 256> values;

  constexpr BitAlphabet(std::string_view all, bool pad, bool any_case) : symbols(all), padded(pad), values() {
    values.fill(kNoSymbol);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto symbol = static_cast<std::uint8_t>(all[i]);
      const bool letter = (symbol >= 'a' && symbol <= 'z') || (symbol >= 'A' && symbol <= 'Z');
      values[symbol] = static_cast<std::uint8_t>(i);
      if (any_case && letter) values[symbol ^ 0x20] = static_cast<std::uint8_t>(i);
    }
  }
};

/// Precondition for both: alphabet.symbols has 2, 8, 16, 32 or 64 symbols.
std::string encode_bits(const BitAlphabet& alphabet, base::BytesView bytes);
base::Result<base::Bytes> decode_bits(const BitAlphabet& alphabet, std::string_view text);

}  // namespace openmcp::ipld
