// CRC-32C (Castagnoli). Polynomial 0x1EDC6F41 (RFC 3720, section 12.1), here bit-reflected: the lowest bit of a word
// is the coefficient of the highest power, so "times x" is a shift to the right.
#include "crypto/crc32c.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "crypto/hash.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace openmcp::crypto {
namespace crc {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as little-endian");

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // 0x1EDC6F41 reflected

constexpr std::uint32_t times_x(std::uint32_t v) { return (v >> 1) ^ ((v & 1) ? kPolynomial : 0); }

/// tables[k][b]: the CRC of byte b followed by k zero bytes, for eight bytes in one step.
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t v = b;
    for (int bit = 0; bit < 8; ++bit) v = times_x(v);
    tables[0][b] = v;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      const std::uint32_t before = tables[k - 1][b];
      tables[k][b] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}();

std::uint64_t load64(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

}  // namespace

std::uint32_t portable(base::BytesView data, std::uint32_t crc) {
  std::uint32_t state = ~crc;
  const std::uint8_t* p = data.data();
  std::size_t left = data.size();
  for (; left >= 8; left -= 8, p += 8) {
    const std::uint64_t word = load64(p) ^ state;
    state = kTables[7][word & 0xff] ^ kTables[6][(word >> 8) & 0xff] ^ kTables[5][(word >> 16) & 0xff] ^
            kTables[4][(word >> 24) & 0xff] ^ kTables[3][(word >> 32) & 0xff] ^ kTables[2][(word >> 40) & 0xff] ^
            kTables[1][(word >> 48) & 0xff] ^ kTables[0][word >> 56];
  }
  for (; left > 0; --left, ++p) state = (state >> 8) ^ kTables[0][(state ^ *p) & 0xff];
  return ~state;
}

#if defined(__x86_64__)

namespace {

/// x^n modulo the polynomial.
constexpr std::uint32_t power_of_x(unsigned n) {
  std::uint32_t v = 0x80000000;  // x^0
  for (; n > 0; --n) v = times_x(v);
  return v;
}

// The crc32 instruction takes a word a cycle but answers after three, so three neighbouring stretches of the input are
// summed at once. Joining: a sum followed by n more bytes counts times x^(8n). The carry-less product of two reflected
// 32-bit polynomials, read as 64 bits, is their product times x, and crc32 of a 64-bit word multiplies by x^32: hence
// the factor x^(8n - 33).
template <unsigned Stretch>
__attribute__((target("sse4.2,pclmul"))) inline std::uint32_t three_stretches(const std::uint8_t* p,
                                                                              std::uint32_t state) {
  constexpr std::uint32_t kTwo = power_of_x(8 * 2 * Stretch - 33), kOne = power_of_x(8 * Stretch - 33);
  constexpr unsigned kLine = 64;  ///< bytes of a cache line
  std::uint64_t a = state, b = 0, c = 0;
  for (unsigned i = 0; i < Stretch; i += kLine) {
    // Three short streams at once are more than the processor's own prefetching follows: from memory this doubles the
    // speed. Asking for what lies behind the end does no harm.
    for (unsigned stream = 0; stream < 3; ++stream)
      _mm_prefetch(reinterpret_cast<const char*>(p) + (3 + stream) * Stretch + i, _MM_HINT_T0);
    for (unsigned j = i; j < i + kLine; j += 8) {
      a = _mm_crc32_u64(a, load64(p + j));
      b = _mm_crc32_u64(b, load64(p + Stretch + j));
      c = _mm_crc32_u64(c, load64(p + 2 * Stretch + j));
    }
  }
  const __m128i factors = _mm_set_epi64x(kOne, kTwo);
  const __m128i joined =
      _mm_xor_si128(_mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(a)), factors, 0x00),
                    _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(b)), factors, 0x10));
  return static_cast<std::uint32_t>(_mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(joined))) ^ c);
}

}  // namespace

bool has_hardware() noexcept { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"); }

__attribute__((target("sse4.2,pclmul"))) std::uint32_t hardware(base::BytesView data, std::uint32_t crc) {
  constexpr unsigned kLong = 2048,
                     kShort = 128;  // long: joining costs nothing; short: for blocks of a few hundred bytes
  std::uint32_t state = ~crc;
  const std::uint8_t* p = data.data();
  std::size_t left = data.size();
  for (; left >= 3 * kLong; left -= 3 * kLong, p += 3 * kLong) state = three_stretches<kLong>(p, state);
  for (; left >= 3 * kShort; left -= 3 * kShort, p += 3 * kShort) state = three_stretches<kShort>(p, state);
  std::uint64_t wide = state;
  for (; left >= 8; left -= 8, p += 8) wide = _mm_crc32_u64(wide, load64(p));
  state = static_cast<std::uint32_t>(wide);
  for (; left > 0; --left, ++p) state = _mm_crc32_u8(state, *p);
  return ~state;
}

#else

bool has_hardware() noexcept { return false; }
std::uint32_t hardware(base::BytesView data, std::uint32_t crc) { return portable(data, crc); }

#endif

}  // namespace crc

std::uint32_t crc32c(base::BytesView data, std::uint32_t crc) {
  return crc::has_hardware() ? crc::hardware(data, crc) : crc::portable(data, crc);
}

}  // namespace openmcp::crypto
