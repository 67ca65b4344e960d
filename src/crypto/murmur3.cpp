// MurmurHash3_x64_128 (Austin Appleby, public domain; constants from SMHasher's MurmurHash3.cpp). UnixFS directories
// that are sharded (HAMT) place their entries by it. Not a cryptographic hash.
#include <bit>
#include <cstring>

#include "crypto/hash.hpp"

namespace openmcp::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "the words of the input are little-endian");

constexpr std::uint64_t kC1 = 0x87c37b91114253d5, kC2 = 0x4cf5ad432745937f;

std::uint64_t scatter1(std::uint64_t k) { return std::rotl(k * kC1, 31) * kC2; }
std::uint64_t scatter2(std::uint64_t k) { return std::rotl(k * kC2, 33) * kC1; }

std::uint64_t finalize(std::uint64_t k) {
  k = (k ^ (k >> 33)) * 0xff51afd7ed558ccd;
  k = (k ^ (k >> 33)) * 0xc4ceb9fe1a85ec53;
  return k ^ (k >> 33);
}

}  // namespace

Murmur128 murmur3_x64_128(base::BytesView data, std::uint32_t seed) {
  std::uint64_t h1 = seed, h2 = seed;
  const std::uint64_t length = data.size();
  for (; data.size() >= 16; data = data.subspan(16)) {
    std::uint64_t k[2];
    std::memcpy(k, data.data(), 16);
    h1 = (std::rotl(h1 ^ scatter1(k[0]), 27) + h2) * 5 + 0x52dce729;
    h2 = (std::rotl(h2 ^ scatter2(k[1]), 31) + h1) * 5 + 0x38495ab5;
  }
  if (!data.empty()) {  // the rest, padded with zeros: a zero word scatters to zero
    std::uint64_t k[2] = {};
    std::memcpy(k, data.data(), data.size());
    h1 ^= scatter1(k[0]);
    h2 ^= scatter2(k[1]);
  }
  h1 ^= length;
  h2 ^= length;
  h1 += h2;
  h2 += h1;
  h1 = finalize(h1);
  h2 = finalize(h2);
  h1 += h2;
  h2 += h1;
  return {h1, h2};
}

}  // namespace openmcp::crypto
