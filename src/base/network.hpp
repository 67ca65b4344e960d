// The network behind Env: only streams and datagram-free listening; transports above give them security and muxing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.hpp"
#include "base/stream.hpp"

namespace openmcp::base {

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
  /// The addresses of a name, the preferred one first; at least one. A literal address is its own. Without an override
  /// names are unknown: Error not_found.
  virtual Task<std::vector<Endpoint>> resolve(std::string host, std::uint16_t port);
};

}  // namespace openmcp::base
