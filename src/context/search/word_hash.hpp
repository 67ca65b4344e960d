// A fast 64-bit hash of a word, for tables in memory that tell words apart by it alone. Not for files.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace openmcp::context::search {

/// Never 0.
inline std::uint64_t word_hash(std::string_view word) noexcept {
  auto mix = [](std::uint64_t h, std::uint64_t x) {
    auto product = static_cast<unsigned __int128>(h ^ x) * 0x9e3779b97f4a7c15u;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  std::uint64_t h = 0x2545f4914f6cdd1du ^ word.size(), last = 0;
  const char* at = word.data();
  std::size_t left = word.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t x;
    std::memcpy(&x, at, 8);
    h = mix(h, x);
  }
  for (std::size_t i = 0; i < left; ++i) last = last << 8 | static_cast<unsigned char>(at[i]);
  return mix(h, last ^ 0xa0761d6478bd642fu) | 1;
}

}  // namespace openmcp::context::search
