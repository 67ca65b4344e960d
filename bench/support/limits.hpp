// What this machine can do at most, measured in the same run as the figures that are held against it.
#pragma once

#include <cstdint>
#include <string>

namespace openmcp::bench {

/// SHA-256 of 1 MiB pieces on `threads` threads: bytes per second.
double sha256_rate(unsigned threads);
/// Copies `source` to a new file in `folder` and fdatasyncs it: bytes per second. With `reuse`, a file of that size is
/// written and deleted first, so that the disk's blocks have been used before.
double copy_sync_rate(const std::string& source, const std::string& folder, bool reuse);
/// Appends `size` bytes and fdatasyncs, again and again for a second: appends per second.
double append_sync_rate(const std::string& folder, std::size_t size);

}  // namespace openmcp::bench
