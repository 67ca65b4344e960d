// The server: HTTP/1.1 with keep-alive and pipelining, and HTTP/2 over TLS (ALPN h2), on Env streams. Every number that
// a stranger can influence has a bound here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/env.hpp"
#include "base/result.hpp"
#include "http/exchange.hpp"

namespace openmcp::http {

struct TlsFiles {
  base::Path certificate, key;  ///< PEM; the certificate with its chain
};

/// What was done, told after each exchange (also one that failed or was refused before its handler).
struct Done {
  const Request& request;
  std::string_view route, caller;
  unsigned status = 0;                   ///< 0: nothing was sent
  std::uint64_t received = 0, sent = 0;  ///< bytes of the bodies
  base::Duration took{};
};

struct ServerOptions {
  std::string name = "openmcp";                          ///< for logs
  std::uint64_t max_head = 32u << 10;                    ///< bytes of request line and headers; above it 431
  std::size_t max_fields = 128;                          ///< header fields; above it 431
  std::uint64_t max_body = 4ull << 30;                   ///< bytes, above it 413; handlers set narrower limits
  base::Duration head_time = std::chrono::seconds(15);   ///< for a whole head to arrive: slow-loris
  base::Duration idle_time = std::chrono::seconds(75);   ///< between requests
  base::Duration stall_time = std::chrono::seconds(30);  ///< without a byte moving while a body is read or written
  std::size_t max_connections = 16384;
  std::size_t max_connections_peer = 16384;  ///< from one address (loopback and socket files: max_connections)
  std::size_t max_streams = 100;             ///< concurrent streams of one HTTP/2 connection
  std::optional<TlsFiles> tls;
  /// The answer for an error that a handler threw; must not throw. Unset: plain text.
  std::function<Response(const base::Error&, const Request&)> failed;
  std::function<void(const Done&)> done;
};

struct ServerStats {
  std::size_t connections = 0;
  std::size_t in_flight = 0;  ///< exchanges
};

class Server {
public:
  /// `env` outlives it; the handler is called on env's executor.
  Server(base::Env& env, ServerOptions options, Handler handler);
  /// Resets what is still open; handlers end at their next wait. drain() first where they refer to what ends with the
  /// server.
  ~Server();

  /// Starts to accept; may be called for several endpoints (socket files too). Errors of listening, and of the
  /// certificate, are thrown. Returns the endpoint with its real port.
  base::Task<base::Endpoint> listen(base::Endpoint at);
  /// No new connections; idle ones are closed, exchanges in progress may finish for `grace`, then they are reset.
  base::Task<void> drain(base::Duration grace);
  /// The certificate again (after it was renewed). Keeps the old one and throws when the new one is bad.
  void reload_tls();
  ServerStats stats() const noexcept;

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::http
