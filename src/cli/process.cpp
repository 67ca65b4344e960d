#include "cli/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

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

void notify_service_manager(std::string_view state) noexcept {
  const char* named = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  auto size = named ? strlen(named) : 0;
  if (size < 2 || size >= sizeof address.sun_path || (named[0] != '/' && named[0] != '@')) return;
  address.sun_family = AF_UNIX;
  std::copy_n(named, size, address.sun_path);
  if (named[0] == '@') address.sun_path[0] = 0;  // the abstract name space
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  [[maybe_unused]] auto sent =
      sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
  close(descriptor);
}

bool terminal_is_gone() noexcept {
  termios settings{};
  return tcgetattr(0, &settings) != 0 && errno == EIO;
}

void give_back_code() noexcept {
  std::FILE* maps = std::fopen("/proc/self/maps", "re");
  if (!maps) return;
  std::array<char, PATH_MAX + 256> line{};
  while (std::fgets(line.data(), line.size(), maps)) {
    unsigned long begin = 0, end = 0;
    std::array<char, 5> rights{};
    bool file = strchr(line.data(), '/') != nullptr;
    if (std::sscanf(line.data(), "%lx-%lx %4s", &begin, &end, rights.data()) != 3 || !file) continue;
    // Never what can be written, or was: such pages exist nowhere else.
    if (std::string_view(rights.data()) != "r-xp") continue;
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
  }
  std::fclose(maps);
}

std::size_t descriptor_limit() noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_cur) : 0;
}

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace openmcp::cli
