#include "support/prose.hpp"

#include <array>
#include <cmath>

namespace openmcp::bench {
namespace {

std::string spell(std::size_t rank) {
  static constexpr std::array kSyllables{"ka", "ro",  "mi",  "ten", "sul", "va",  "der", "pon",
                                         "li", "gra", "che", "bur", "no",  "sat", "wen", "fi"};
  std::string out;
  for (auto n = rank + 16; n > 0; n /= 16) out += kSyllables[n % 16];
  return out;
}

}  // namespace

std::string Prose::word(std::size_t least_rank) {
  constexpr double kWords = 40000;
  for (;;) {
    // Inverse of the harmonic sum: rank = kWords^u.
    auto rank = static_cast<std::size_t>(std::pow(kWords, unit_(random_)));
    if (rank >= least_rank) return spell(rank);
  }
}

std::string Prose::text(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += word() + (random_() % 12 == 0 ? ". " : " ");
  out.resize(bytes);
  return out;
}

std::string Prose::question() {
  std::string out;
  for (auto n = 3 + random_() % 6; n > 0; --n) out += word(n % 2 ? 20 : 300) + " ";
  return out;
}

}  // namespace openmcp::bench
