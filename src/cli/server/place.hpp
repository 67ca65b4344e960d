// Where processes on one store meet: the socket file of the one that has it open for writing.
#pragma once

#include <string_view>

#include "base/env.hpp"

namespace openmcp::cli {

inline constexpr std::string_view kSocketFile = "server.sock";

/// Its address. A socket's path has at most 107 bytes; a longer one goes through a descriptor of its directory, which
/// is held as long as this lives.
class SocketPlace {
public:
  /// Throws Error not_found, permission, when the directory cannot be entered.
  explicit SocketPlace(const base::Path& home);
  ~SocketPlace();
  SocketPlace(const SocketPlace&) = delete;
  SocketPlace& operator=(const SocketPlace&) = delete;
  const base::Endpoint& endpoint() const noexcept { return endpoint_; }

private:
  int directory_ = -1;
  base::Endpoint endpoint_;
};

/// Somebody listens there.
base::Task<bool> is_served(base::Env& env, base::Path home);

}  // namespace openmcp::cli
