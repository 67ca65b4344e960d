// Keccak-256 (FIPS 202, sections 3 and 4, but for the padding). OpenSSL 3.0 does not have it, and Crypto++, which does,
// costs every process six milliseconds to load.
#include "crypto/keccak.hpp"

#include <bit>
#include <cstring>

namespace openmcp::crypto {
namespace keccak {
namespace {

static_assert(std::endian::native == std::endian::little, "the lanes of the state are little-endian");

constexpr std::size_t kRate = 136;  // bytes: 1600 bits less a capacity of 512
constexpr std::size_t kRounds = 24;

/// Section 3.2.5: bit 2^j - 1 of a round's constant is the next bit of a shift register.
constexpr auto kRoundConstant = [] {
  std::array<std::uint64_t, kRounds> constants{};
  unsigned reg = 1;
  for (auto& constant : constants) {
    for (unsigned j = 0; j <= 6; ++j) {
      if (reg & 1) constant |= std::uint64_t{1} << ((1u << j) - 1);
      reg <<= 1;
      if (reg & 0x100) reg ^= 0x171;
    }
  }
  return constants;
}();

/// Section 3.2.2: how far each lane (x + 5 * y) is turned.
constexpr auto kTurn = [] {
  std::array<int, 25> turn{};
  std::size_t x = 1, y = 0;
  for (int t = 0; t < 24; ++t) {
    turn[x + 5 * y] = (t + 1) * (t + 2) / 2 % 64;
    const auto next = (2 * x + 3 * y) % 5;
    x = y;
    y = next;
  }
  return turn;
}();

using State = std::array<std::uint64_t, 25>;

void permute(State& a) {
  for (const auto constant : kRoundConstant) {
    std::uint64_t column[5], b[25];
#pragma clang loop unroll(full)
    for (std::size_t x = 0; x < 5; ++x) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma clang loop unroll(full)
    for (std::size_t x = 0; x < 5; ++x) {  // theta, rho and pi
      const std::uint64_t d = column[(x + 4) % 5] ^ std::rotl(column[(x + 1) % 5], 1);
#pragma clang loop unroll(full)
      for (std::size_t y = 0; y < 5; ++y)
        b[y + 5 * ((2 * x + 3 * y) % 5)] = std::rotl(a[x + 5 * y] ^ d, kTurn[x + 5 * y]);
    }
#pragma clang loop unroll(full)
    for (std::size_t y = 0; y < 25; y += 5) {  // chi
#pragma clang loop unroll(full)
      for (std::size_t x = 0; x < 5; ++x) a[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]);
    }
    a[0] ^= constant;  // iota
  }
}

void absorb(State& state, const std::uint8_t* block) {
  std::uint64_t lanes[kRate / 8];
  std::memcpy(lanes, block, kRate);
  for (std::size_t i = 0; i < kRate / 8; ++i) state[i] ^= lanes[i];
  permute(state);
}

}  // namespace

Digest32 sponge256(base::BytesView data, std::uint8_t padding) {
  State state{};
  for (; data.size() >= kRate; data = data.subspan(kRate)) absorb(state, data.data());
  std::uint8_t last[kRate] = {};
  if (!data.empty()) std::memcpy(last, data.data(), data.size());
  last[data.size()] = padding;
  last[kRate - 1] |= 0x80;  // the closing bit; the same byte when one is left
  absorb(state, last);
  Digest32 digest;
  std::memcpy(digest.data(), state.data(), digest.size());
  return digest;
}

}  // namespace keccak

Digest32 keccak256(base::BytesView data) { return keccak::sponge256(data, keccak::kOriginalPadding); }

}  // namespace openmcp::crypto
