// Files that cannot be compressed, the same ones for every program that is measured.
#pragma once

#include <cstdint>
#include <filesystem>

namespace openmcp::bench {

/// `bytes` of what the seed gives.
void write_random(const std::filesystem::path& path, std::uint64_t bytes, std::uint64_t seed);

}  // namespace openmcp::bench
