#include "support/random_file.hpp"

#include <algorithm>
#include <fstream>
#include <random>
#include <vector>

namespace openmcp::bench {

void write_random(const std::filesystem::path& path, std::uint64_t bytes, std::uint64_t seed) {
  std::ofstream out(path, std::ios::binary);
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> buffer(1 << 17);
  for (std::uint64_t left = bytes; left > 0;) {
    for (auto& word : buffer) word = random();
    auto n = std::min<std::uint64_t>(left, buffer.size() * 8);
    out.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(n));
    left -= n;
  }
}

}  // namespace openmcp::bench
