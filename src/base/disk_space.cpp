#include "base/disk_space.hpp"

#include <sys/statvfs.h>

namespace openmcp::base {

std::optional<std::uint64_t> total_space(File& file) {
  struct statvfs status;
  const int descriptor = file.descriptor();
  if (descriptor < 0 || ::fstatvfs(descriptor, &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.f_blocks) * status.f_frsize;
}

}  // namespace openmcp::base
