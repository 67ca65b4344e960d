// How large the file system is that holds a file.
#pragma once

#include <cstdint>
#include <optional>

#include "base/disk.hpp"

namespace openmcp::base {

/// Bytes in all; nullopt: not known (simulation). Blocks, as calls of Disk do.
std::optional<std::uint64_t> total_space(File& file);

}  // namespace openmcp::base
