// SHA-256 (FIPS 180-4, section 6.2) of independent messages. Each step of the hash waits for the one before, and the
// processor's SHA unit stands idle half of the time: a second message fills the gaps, and one core hashes twice as much
// as with one message.
#include "crypto/sha256_many.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace openmcp::crypto {
namespace sha {

#if defined(__x86_64__)

namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kAhead = 1024;  ///< bytes asked for ahead

// FIPS 180-4, section 4.2.2.
alignas(16) constexpr std::uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// One message on its way: its state, and the blocks that lie ready behind one another.
struct Lane {
  __m128i abef, cdgh;  // the eight words of the state, as the SHA instructions want them
  const std::uint8_t* next;
  std::size_t blocks;
  std::uint8_t end[2 * kBlock];  // the last bytes, padded
  std::size_t end_blocks;        // 0 when they have been taken
  Digest32* out;

  void start(base::BytesView message, Digest32* digest) {
    // FIPS 180-4, section 5.3.3.
    abef = _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c));
    cdgh = _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19);
    next = message.data();
    blocks = message.size() / kBlock;
    const auto rest = message.subspan(blocks * kBlock);
    end_blocks = rest.size() < kBlock - 8 ? 1 : 2;
    std::memset(end, 0, sizeof end);
    std::ranges::copy(rest, end);
    end[rest.size()] = 0x80;
    const std::uint64_t bits = std::byteswap(std::uint64_t{message.size()} * 8);
    std::memcpy(end + end_blocks * kBlock - 8, &bits, 8);
    out = digest;
    refill();
  }
  /// Goes on to the last blocks when the others are done; false when all are.
  bool refill() {
    if (blocks == 0 && end_blocks != 0) {
      next = end;
      blocks = std::exchange(end_blocks, 0);
    }
    return blocks != 0;
  }
  void finish() const {
    std::uint32_t f[4], h[4];
    std::memcpy(f, &abef, 16);
    std::memcpy(h, &cdgh, 16);
    const std::uint32_t words[8] = {f[3], f[2], h[3], h[2], f[1], f[0], h[1], h[0]};
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t word = std::byteswap(words[i]);
      std::memcpy(out->data() + 4 * i, &word, 4);
    }
  }
};

/// Hashes `blocks` blocks of each lane. Always inlined with N known, so that the lanes' steps lie interleaved.
template <std::size_t N>
[[gnu::always_inline]] [[gnu::target("sha,sse4.1")]] inline void compress(const std::array<Lane*, N>& lanes,
                                                                          std::size_t blocks) {
  const __m128i big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i abef[N], cdgh[N], w[N][4];
  const std::uint8_t* next[N];
  for (std::size_t l = 0; l < N; ++l) {
    abef[l] = lanes[l]->abef;
    cdgh[l] = lanes[l]->cdgh;
    next[l] = lanes[l]->next;
  }
  for (std::size_t b = 0; b < blocks; ++b) {
    // From memory a quarter faster; asking for what lies behind the end does no harm.
    for (std::size_t l = 0; l < N; ++l) _mm_prefetch(reinterpret_cast<const char*>(next[l]) + kAhead, _MM_HINT_T0);
    __m128i before_abef[N], before_cdgh[N];
    for (std::size_t l = 0; l < N; ++l) {
      before_abef[l] = abef[l];
      before_cdgh[l] = cdgh[l];
    }
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < 16; ++i) {  // four rounds each; w holds the last sixteen words of the schedule
#pragma clang loop unroll(full)
      for (std::size_t l = 0; l < N; ++l) {
        __m128i& now = w[l][i % 4];
        if (i < 4) {
          now = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(next[l] + 16 * i)), big_endian);
        } else {
          const __m128i &one = w[l][(i + 3) % 4], two = w[l][(i + 2) % 4], three = w[l][(i + 1) % 4];
          now =
              _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(now, three), _mm_alignr_epi8(one, two, 4)), one);
        }
        const __m128i sum = _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i*>(kRound + 4 * i)));
        cdgh[l] = _mm_sha256rnds2_epu32(cdgh[l], abef[l], sum);
        abef[l] = _mm_sha256rnds2_epu32(abef[l], cdgh[l], _mm_shuffle_epi32(sum, 0x0e));
      }
    }
    for (std::size_t l = 0; l < N; ++l) {
      abef[l] = _mm_add_epi32(abef[l], before_abef[l]);
      cdgh[l] = _mm_add_epi32(cdgh[l], before_cdgh[l]);
      next[l] += kBlock;
    }
  }
  for (std::size_t l = 0; l < N; ++l) {
    lanes[l]->abef = abef[l];
    lanes[l]->cdgh = cdgh[l];
    lanes[l]->next = next[l];
    lanes[l]->blocks -= blocks;
  }
}

[[gnu::target("sha,sse4.1")]] void compress_one(Lane& lane) { compress<1>({&lane}, lane.blocks); }
[[gnu::target("sha,sse4.1")]] void compress_two(Lane& a, Lane& b) {
  compress<2>({&a, &b}, std::min(a.blocks, b.blocks));
}

}  // namespace

bool can_pair() noexcept {
  static const bool has = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) == 1 && (b & (1u << 29)) != 0;  // CPUID.7.0:EBX.SHA
  }();
  return has;
}

void paired(std::span<const base::BytesView> messages, std::span<Digest32> out) {
  Lane lanes[2];
  bool busy[2] = {};
  std::size_t started = 0;
  const auto ready = [&](std::size_t l) {  // a lane with blocks to hash, or false when no message is left
    if (busy[l] && !lanes[l].refill()) {
      lanes[l].finish();
      busy[l] = false;
    }
    if (!busy[l] && started < messages.size()) {
      lanes[l].start(messages[started], &out[started]);
      ++started;
      busy[l] = true;
    }
    return busy[l];
  };
  while (true) {
    const bool first = ready(0), second = ready(1);
    if (first && second) {
      compress_two(lanes[0], lanes[1]);
    } else if (first || second) {
      compress_one(lanes[first ? 0 : 1]);
    } else {
      return;
    }
  }
}

#else

bool can_pair() noexcept { return false; }
void paired(std::span<const base::BytesView> messages, std::span<Digest32> out) {
  for (std::size_t i = 0; i < messages.size(); ++i) out[i] = sha256(messages[i]);
}

#endif

}  // namespace sha

void sha256_many(std::span<const base::BytesView> messages, std::span<Digest32> out) {
  if (sha::can_pair() && messages.size() > 1) return sha::paired(messages, out);
  for (std::size_t i = 0; i < messages.size(); ++i) out[i] = sha256(messages[i]);
}

}  // namespace openmcp::crypto
