#include "cli/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/result.hpp"

namespace openmcp::cli {

base::Path working_directory() {
  std::array<char, PATH_MAX + 1> buffer{};
  if (!getcwd(buffer.data(), buffer.size())) {
    throw base::Error(base::Errc::io, fmt::format("finding the working directory: {}", strerror(errno)),
                      "change to a directory that exists");
  }
  return buffer.data();
}

base::Path program_directory() {
  std::array<char, PATH_MAX + 1> buffer{};
  auto size = readlink("/proc/self/exe", buffer.data(), buffer.size() - 1);
  if (size <= 0) return {};
  base::Path path(buffer.data(), static_cast<std::size_t>(size));
  return path.substr(0, path.rfind('/'));
}

bool owned_by_us(const base::Path& path) noexcept {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && (info.st_uid == geteuid() || info.st_uid == 0);
}

void keep_standard_descriptors() noexcept {
  for (int descriptor = 0; descriptor < 3; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    if (open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY) < 0) return;
  }
}

}  // namespace openmcp::cli
