// The network behind Env: only streams and datagram-free listening; transports above give them security and muxing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/stream.hpp"

namespace openmcp::base {

/// A TCP endpoint: a literal IPv4 or IPv6 address (no names; resolving is a higher room's job), or a socket file
/// when `host` begins with '/'.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

class Listener {
public:
  virtual ~Listener() = default;
  /// Throws Error cancelled after close().
  virtual Task<std::unique_ptr<Stream>> accept() = 0;
  virtual Endpoint endpoint() const = 0;  ///< with the port that was really bound
  virtual void close() noexcept = 0;
};

class Network {
public:
  virtual ~Network() = default;
  virtual Task<std::unique_ptr<Stream>> connect(Endpoint remote) = 0;
  virtual Task<std::unique_ptr<Listener>> listen(Endpoint local) = 0;  ///< port 0: any free one
};

}  // namespace openmcp::base
