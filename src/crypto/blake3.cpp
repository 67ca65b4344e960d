// BLAKE3 (specification of 2020-01-09, "BLAKE3: one function, fast everywhere", section 2), hash mode with 32 bytes of
// output. The message is cut into chunks of 1 KiB; chunks are the leaves of a binary tree whose left subtrees are full.
// One compression function, written once, works on plain words for single nodes and on vectors for many nodes at once.
#include "crypto/blake3.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace openmcp::crypto::blake {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read and written as little-endian");

using Word = std::uint32_t;
using Cv = std::array<Word, 8>;  // chaining value of a node

constexpr std::size_t kBlock = 64, kChunk = 1024, kBlocksOfChunk = kChunk / kBlock;
constexpr Word kIv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr Word kChunkStart = 1, kChunkEnd = 2, kParent = 4, kRoot = 8;  // domain flags, table 3

/// kSchedule[round]: which message word each step takes; a round permutes the order of the one before (table 2).
constexpr auto kSchedule = [] {
  constexpr std::uint8_t kPermutation[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  std::array<std::array<std::uint8_t, 16>, 7> schedule{};
  for (std::uint8_t i = 0; i < 16; ++i) schedule[0][i] = i;
  for (std::size_t r = 1; r < 7; ++r) {
    for (std::size_t i = 0; i < 16; ++i) schedule[r][i] = schedule[r - 1][kPermutation[i]];
  }
  return schedule;
}();

// Functions over vectors are always inlined and take references: so they are compiled with the instructions of the
// function that uses them, and no wide vector crosses a call.
#define OPENMCP_INLINE [[gnu::always_inline]] inline

template <class W>
OPENMCP_INLINE void mix(W& a, W& b, W& c, W& d, const W& x, const W& y) {
  a = a + b + x;
  d ^= a;
  d = (d >> 16) | (d << 16);
  c += d;
  b ^= c;
  b = (b >> 12) | (b << 20);
  a = a + b + y;
  d ^= a;
  d = (d >> 8) | (d << 24);
  c += d;
  b ^= c;
  b = (b >> 7) | (b << 25);
}

/// Replaces `h` by the next chaining value. `tail` holds counter (low, high), length of the block and flags.
template <class W>
OPENMCP_INLINE void compress(W (&h)[8], const W (&m)[16], const W (&tail)[4]) {
  W v[16];
  for (int i = 0; i < 8; ++i) v[i] = h[i];
  for (int i = 0; i < 4; ++i) v[8 + i] = W(kIv[i]);
  for (int i = 0; i < 4; ++i) v[12 + i] = tail[i];
#pragma clang loop unroll(full)
  for (std::size_t r = 0; r < 7; ++r) {
    const auto& s = kSchedule[r];
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; ++i) h[i] = v[i] ^ v[8 + i];
}

// ---- one node ----

void compress_block(Word (&h)[8], const std::uint8_t* block, std::uint64_t counter, std::size_t length, Word flags) {
  Word m[16];
  std::memcpy(m, block, kBlock);
  const Word tail[4] = {static_cast<Word>(counter), static_cast<Word>(counter >> 32), static_cast<Word>(length), flags};
  compress(h, m, tail);
}

/// A chunk of 0 to 1024 bytes; `root` is kRoot when it is the whole message.
Cv chunk(base::BytesView data, std::uint64_t counter, Word root) {
  Word h[8];
  std::memcpy(h, kIv, sizeof h);
  Word start = kChunkStart;
  for (; data.size() > kBlock; data = data.subspan(kBlock), start = 0)
    compress_block(h, data.data(), counter, kBlock, start);
  std::uint8_t last[kBlock] = {};
  std::copy(data.begin(), data.end(), last);
  compress_block(h, last, counter, data.size(), start | kChunkEnd | root);
  return std::to_array(h);
}

Cv parent(const Cv& left, const Cv& right, Word root) {
  std::uint8_t block[kBlock];
  std::memcpy(block, left.data(), 32);
  std::memcpy(block + 32, right.data(), 32);
  Word h[8];
  std::memcpy(h, kIv, sizeof h);
  compress_block(h, block, 0, kBlock, kParent | root);
  return std::to_array(h);
}

// ---- many nodes side by side ----

/// Nodes of equal form one behind the other: full chunks, or pairs of chaining values.
struct Nodes {
  const std::uint8_t* first;
  std::size_t count;      ///< 1 to the number of lanes; spare lanes repeat the last node
  bool chunks;            ///< else parents
  std::uint64_t counter;  ///< number of the first chunk
};

template <int N>
using Vec = Word __attribute__((ext_vector_type(N)));

/// One step of a transposition: swaps the off-diagonal D-wide squares of the rows a and b, which are D apart.
template <int N, int D, int... I>
OPENMCP_INLINE void exchange(Vec<N>& a, Vec<N>& b, std::integer_sequence<int, I...>) {
  const Vec<N> low = __builtin_shufflevector(a, b, ((I & D) ? N + I - D : I)...);
  const Vec<N> high = __builtin_shufflevector(a, b, ((I & D) ? N + I : I + D)...);
  a = low;
  b = high;
}

template <int N, int D = 1>
OPENMCP_INLINE void transpose(Vec<N>* rows) {
  if constexpr (D < N) {
#pragma clang loop unroll(full)
    for (int i = 0; i < N; ++i) {
      if ((i & D) == 0) exchange<N, D>(rows[i], rows[i + D], std::make_integer_sequence<int, N>{});
    }
    transpose<N, 2 * D>(rows);
  }
}

template <int N>
OPENMCP_INLINE void compress_nodes(const Nodes& nodes, Cv* out) {
  using V = Vec<N>;
  const std::size_t stride = nodes.chunks ? kChunk : kBlock, blocks = nodes.chunks ? kBlocksOfChunk : 1;
  V h[8], tail[4];
  for (int i = 0; i < 8; ++i) h[i] = V(kIv[i]);
  const std::uint8_t* lane[N];
  for (std::size_t l = 0; l < N; ++l) {
    lane[l] = nodes.first + std::min(l, nodes.count - 1) * stride;
    const std::uint64_t counter = nodes.chunks ? nodes.counter + l : 0;
    tail[0][l] = static_cast<Word>(counter);
    tail[1][l] = static_cast<Word>(counter >> 32);
  }
  tail[2] = V(static_cast<Word>(kBlock));
  for (std::size_t b = 0; b < blocks; ++b) {
    V m[16];
#pragma clang loop unroll(full)
    for (int part = 0; part < 16; part += N) {  // a row is N words of one lane; transposed, one word of N lanes
#pragma clang loop unroll(full)
      for (int l = 0; l < N; ++l) std::memcpy(&m[part + l], lane[l] + b * kBlock + part * sizeof(Word), sizeof(V));
      transpose<N>(m + part);
    }
    Word flags = kParent;
    if (nodes.chunks) flags = (b == 0 ? kChunkStart : 0) | (b == kBlocksOfChunk - 1 ? kChunkEnd : 0);
    tail[3] = V(flags);
    compress(h, m, tail);
  }
  Word words[8][N];
  std::memcpy(words, h, sizeof words);
  for (std::size_t l = 0; l < nodes.count; ++l) {
    for (std::size_t i = 0; i < 8; ++i) out[l][i] = words[i][l];
  }
}

#undef OPENMCP_INLINE

void compress_4(const Nodes& nodes, Cv* out) { compress_nodes<4>(nodes, out); }
#if defined(__x86_64__)
__attribute__((target("avx2"))) void compress_8(const Nodes& nodes, Cv* out) { compress_nodes<8>(nodes, out); }
__attribute__((target("avx512f,avx512vl,avx512bw"))) void compress_16(const Nodes& nodes, Cv* out) {
  compress_nodes<16>(nodes, out);
}
#endif

struct Kernel {
  std::size_t lanes;
  void (*compress)(const Nodes&, Cv*);
};

Kernel kernel(Lanes lanes) {
#if defined(__x86_64__)
  if (lanes == Lanes::sixteen) return {16, compress_16};
  if (lanes == Lanes::eight) return {8, compress_8};
#endif
  return {4, compress_4};
}

// ---- the tree ----

constexpr std::size_t kGroup = 64;  // chunks hashed before their parents: enough to fill the lanes of the lower levels

/// Joins neighbours until at most two are left; an odd one out moves up as it is, which is the tree of the
/// specification. `nodes` is overwritten; returns how many are left.
std::size_t join(Cv* nodes, std::size_t count, const Kernel& k) {
  while (count > 2) {
    const std::size_t pairs = count / 2;
    for (std::size_t i = 0; i < pairs; i += k.lanes) {
      const std::size_t some = std::min(k.lanes, pairs - i);
      if (some == 1) {
        nodes[i] = parent(nodes[2 * i], nodes[2 * i + 1], 0);
      } else {  // results land before any input that is still to be read
        k.compress({reinterpret_cast<const std::uint8_t*>(nodes + 2 * i), some, false, 0}, nodes + i);
      }
    }
    if (count % 2) nodes[pairs] = nodes[count - 1];
    count = pairs + count % 2;
  }
  return count;
}

/// The one or two topmost nodes of up to kGroup chunks, the last of which may be short.
std::size_t group(base::BytesView data, std::uint64_t counter, const Kernel& k, Cv* nodes) {
  std::size_t count = 0;
  while (data.size() >= 2 * kChunk) {
    const std::size_t some = std::min(k.lanes, data.size() / kChunk);
    k.compress({data.data(), some, true, counter + count}, nodes + count);
    count += some;
    data = data.subspan(some * kChunk);
  }
  for (; !data.empty(); data = data.subspan(std::min(kChunk, data.size())), ++count)
    nodes[count] = chunk(data.first(std::min(kChunk, data.size())), counter + count, 0);
  return join(nodes, count, k);
}

}  // namespace

bool supported(Lanes lanes) noexcept {
#if defined(__x86_64__)
  if (lanes == Lanes::sixteen) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw");
  }
  if (lanes == Lanes::eight) return __builtin_cpu_supports("avx2");
#endif
  return lanes == Lanes::four;
}

Digest32 hash(base::BytesView data, Lanes lanes) {
  if (data.size() <= kChunk) return std::bit_cast<Digest32>(chunk(data, 0, kRoot));

  const Kernel k = kernel(lanes);
  Cv nodes[kGroup];
  Cv waiting[64];  // left siblings whose right ones are not known yet, like the bits of the number of groups
  std::size_t depth = 0;
  std::uint64_t groups = 0;
  while (data.size() > kGroup * kChunk) {  // the last group, which is never empty, ends the tree
    group(data.first(kGroup * kChunk), groups * kGroup, k, nodes);
    Cv node = parent(nodes[0], nodes[1], 0);
    for (std::uint64_t full = groups; full & 1; full >>= 1) node = parent(waiting[--depth], node, 0);
    waiting[depth++] = node;
    ++groups;
    data = data.subspan(kGroup * kChunk);
  }
  const std::size_t top = group(data, groups * kGroup, k, nodes);
  Cv node = nodes[0];
  if (top == 2) node = parent(nodes[0], nodes[1], depth == 0 ? kRoot : 0);
  while (depth > 0) {
    --depth;
    node = parent(waiting[depth], node, depth == 0 ? kRoot : 0);
  }
  return std::bit_cast<Digest32>(node);
}

}  // namespace openmcp::crypto::blake

namespace openmcp::crypto {

Digest32 blake3(base::BytesView data) {
  static const blake::Lanes widest = blake::supported(blake::Lanes::sixteen) ? blake::Lanes::sixteen
                                     : blake::supported(blake::Lanes::eight) ? blake::Lanes::eight
                                                                             : blake::Lanes::four;
  return blake::hash(data, widest);
}

}  // namespace openmcp::crypto
