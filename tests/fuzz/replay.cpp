// Replays a kept corpus through a fuzz target where libFuzzer is not linked: each file of the folder, then each of its
// prefixes and single-bit changes, so that an ordinary test run also meets damaged input.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t files = 0, inputs = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::vector<std::uint8_t> seed{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
      ++files;
      LLVMFuzzerTestOneInput(seed.data(), seed.size());
      ++inputs;
      if (seed.size() > 4096) continue;
      for (std::size_t cut = 0; cut < seed.size(); ++cut, ++inputs) {
        std::vector<std::uint8_t> prefix(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(cut));
        LLVMFuzzerTestOneInput(prefix.data(), prefix.size());
      }
      for (std::size_t bit = 0; bit < seed.size() * 8; ++bit, ++inputs) {
        auto changed = seed;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
        LLVMFuzzerTestOneInput(changed.data(), changed.size());
      }
    }
  }
  std::printf("replayed %zu seeds as %zu inputs\n", files, inputs);
  return files == 0;
}
