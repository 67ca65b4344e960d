// Where the published test vectors lie: $OPENMCP_VECTORS, else ../shared/vectors seen from the project's root.
// A test whose vectors are absent skips with one line; the runner counts them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace openmcp::test {

inline std::optional<std::filesystem::path> vectors(const std::string& folder) {
  const char* set = std::getenv("OPENMCP_VECTORS");
  std::filesystem::path root = set ? set : OPENMCP_SOURCE_DIR "/../shared/vectors";
  auto path = root / folder;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

inline std::vector<std::uint8_t> slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::string slurp_text(const std::filesystem::path& path) {
  auto bytes = slurp(path);
  return {bytes.begin(), bytes.end()};
}

}  // namespace openmcp::test

/// Declares `name` as the path of the folder, or skips the test.
#define OPENMCP_NEED_VECTORS(name, folder)                                                    \
  auto name##_found = ::openmcp::test::vectors(folder);                                       \
  if (!name##_found) GTEST_SKIP() << "no vectors '" << (folder) << "' (set OPENMCP_VECTORS)"; \
  auto name = *name##_found
