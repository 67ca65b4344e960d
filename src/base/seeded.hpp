// Inside of base: random numbers from a seed, the same on every machine (the standard library's distributions are not).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace openmcp::base {

/// xoshiro256** seeded by splitmix64 (Blackman and Vigna, "Scrambled linear pseudorandom number generators").
class Seeded {
public:
  explicit Seeded(std::uint64_t seed);
  /// A stream of its own: what one part of a world draws does not shift what another draws.
  Seeded(std::uint64_t seed, std::string_view label);

  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound);  ///< uniform in [0, bound); 0 for bound 0
  bool chance(double probability);           ///< draws nothing when it is 0 or less
  void fill(MutableBytes into);

private:
  std::uint64_t state_[4];
};

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
class Fnv1a {
public:
  void add(std::uint64_t value) noexcept {
    for (int i = 0; i < 8; ++i) {
      hash_ = (hash_ ^ (value & 0xff)) * 0x100000001b3;
      value >>= 8;
    }
  }
  void add(BytesView bytes) noexcept {
    for (auto byte : bytes) hash_ = (hash_ ^ byte) * 0x100000001b3;
  }
  std::uint64_t value() const noexcept { return hash_; }

private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace openmcp::base
