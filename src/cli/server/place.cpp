#include "cli/server/place.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/os_error.hpp"
#include "base/result.hpp"

namespace openmcp::cli {

SocketPlace::SocketPlace(const base::Path& home) {
  constexpr std::size_t kLongest = 107;  // sizeof(sockaddr_un::sun_path) - 1
  auto path = base::join(home, kSocketFile);
  if (path.size() > kLongest) {
    directory_ = open(home.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory_ < 0) throw base::os_error(errno, "opening", home);
    path = fmt::format("/proc/self/fd/{}/{}", directory_, kSocketFile);
  }
  endpoint_ = {std::move(path), 0};
}

SocketPlace::~SocketPlace() {
  if (directory_ >= 0) close(directory_);
}

base::Task<bool> is_served(base::Env& env, base::Path home) {
  auto file = env.disk().stat(base::join(home, kSocketFile));
  if (!file || file->kind != base::FileKind::other) co_return false;
  try {
    SocketPlace place(home);
    auto stream = co_await env.network().connect(place.endpoint());
    co_return true;
  } catch (const base::Error& error) {
    if (error.code() == base::Errc::cancelled) throw;
    co_return false;  // left behind by a process that was killed
  }
}

}  // namespace openmcp::cli
