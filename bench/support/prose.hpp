// Text that stands for what people write.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace openmcp::bench {

/// Text of words whose frequencies fall as 1/rank, like natural text; 40,000 different ones.
class Prose {
public:
  explicit Prose(std::uint64_t seed) : random_(seed) {}
  std::string word(std::size_t least_rank = 0);
  std::string text(std::size_t bytes);
  /// Three to eight words, none of the commonest.
  std::string question();

private:
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> unit_{0, 1};
};

}  // namespace openmcp::bench
