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
consteval std::uint32_t power_of_x(unsigned n) {
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

bool has_wide() noexcept {
  return has_hardware() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("vpclmulqdq");
}

namespace {

// A 128-bit piece is the polynomial whose highest power is its lowest bit: its low half counts x^64 times its high
// half. Moving the piece n bits on multiplies both by x^n, modulo the polynomial; the carry-less product of a reflected
// 64-bit half and a reflected 32-bit factor is their product times x^33, hence the 33.
consteval std::uint32_t low_factor(unsigned bits) { return power_of_x(bits + 64 - 33); }
consteval std::uint32_t high_factor(unsigned bits) { return power_of_x(bits - 33); }

/// `sum` moved `Bytes` on, with what lies there.
template <unsigned Bytes>
__attribute__((target("avx512f,vpclmulqdq"))) inline __m512i moved(__m512i sum, __m512i there) {
  const __m512i factors = _mm512_set4_epi64(0, 0, high_factor(8 * Bytes), low_factor(8 * Bytes));
  const __m512i both = _mm512_shuffle_i64x2(factors, factors, 0);  // the pair in each of the four pieces
  return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(sum, both, 0x00), _mm512_clmulepi64_epi128(sum, both, 0x11),
                                   there, 0x96);  // exclusive or of all three
}

}  // namespace

__attribute__((target("avx512f,avx512bw,vpclmulqdq,sse4.2,pclmul"))) std::uint32_t wide(base::BytesView data,
                                                                                        std::uint32_t crc) {
  constexpr std::size_t kLine = 64, kStep = 4 * kLine;
  // What is asked for ahead, into the nearest cache and the one behind it: from memory a quarter faster than by the
  // processor's own prefetching, which stops at every page. Asking for what lies behind the end does no harm.
  constexpr std::size_t kNear = 512, kFar = 2048;
  const std::uint8_t* p = data.data();
  std::size_t left = data.size();
  if (left < 2 * kStep) return hardware(data, crc);
  if (left >= 16 * kStep) {  // lines of the cache, not what lies across two
    const std::size_t head = -reinterpret_cast<std::uintptr_t>(p) % kLine;
    crc = hardware({p, head}, crc);
    p += head;
    left -= head;
  }
  const auto line = [](const std::uint8_t* at) __attribute__((target("avx512f"))) { return _mm512_loadu_si512(at); };
  __m512i a = _mm512_xor_si512(line(p), _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(~crc))));
  __m512i b = line(p + kLine), c = line(p + 2 * kLine), d = line(p + 3 * kLine);
  for (p += kStep, left -= kStep; left >= kStep; p += kStep, left -= kStep) {
    for (std::size_t i = 0; i < kStep; i += kLine) {
      _mm_prefetch(reinterpret_cast<const char*>(p) + kNear + i, _MM_HINT_T0);
      _mm_prefetch(reinterpret_cast<const char*>(p) + kFar + i, _MM_HINT_T1);
    }
    a = moved<kStep>(a, line(p));
    b = moved<kStep>(b, line(p + kLine));
    c = moved<kStep>(c, line(p + 2 * kLine));
    d = moved<kStep>(d, line(p + 3 * kLine));
  }
  d = moved<kLine>(moved<kLine>(moved<kLine>(a, b), c), d);
  std::uint64_t words[8];
  _mm512_storeu_si512(words, d);
  std::uint64_t state = 0;  // the start was laid over the first bytes
  for (const auto word : words) state = _mm_crc32_u64(state, word);
  return hardware({p, left}, ~static_cast<std::uint32_t>(state));
}

#else

bool has_hardware() noexcept { return false; }
std::uint32_t hardware(base::BytesView data, std::uint32_t crc) { return portable(data, crc); }
bool has_wide() noexcept { return false; }
std::uint32_t wide(base::BytesView data, std::uint32_t crc) { return portable(data, crc); }

#endif

}  // namespace crc

std::uint32_t crc32c(base::BytesView data, std::uint32_t crc) {
  static const auto fastest = crc::has_wide() ? crc::wide : crc::has_hardware() ? crc::hardware : crc::portable;
  return fastest(data, crc);
}

}  // namespace openmcp::crypto
