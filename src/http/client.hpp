// The client: HTTP/1.1 with kept connections, TLS with verified certificates. Follows no redirects.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/env.hpp"
#include "http/exchange.hpp"
#include "http/url.hpp"

namespace openmcp::http {

struct ClientOptions {
  std::string user_agent = "openmcp";
  base::Duration connect_time = std::chrono::seconds(10);  ///< resolving, connecting and TLS
  base::Duration stall_time = std::chrono::seconds(60);    ///< without a byte moving
  std::uint64_t max_head = 64u << 10;
  std::size_t idle_connections = 8;  ///< kept for each origin
  base::Path ca_file = {};           ///< PEM, instead of the system's authorities
  base::Path socket = {};            ///< a socket file that is connected to, whatever host the URL names
  /// Asked with each literal address before it is connected to; false: Error permission (requests to private
  /// addresses on behalf of strangers). Unset: any.
  std::function<bool(const base::Endpoint&)> allowed;
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body = {};
  /// Instead of `body`: pulled piece by piece, 0 is the end. Chunked unless `stream_length` is given.
  std::function<base::Task<std::size_t>(base::MutableBytes)> stream;
  std::optional<std::uint64_t> stream_length;
};

/// The head of an answer; its body is read here. Dropped before the end, its connection is closed.
class ClientResponse {
public:
  unsigned status = 0;
  Headers headers;

  /// At least one byte; 0: the end. Throws timeout, unavailable (cut short), invalid_argument (bad framing).
  base::Task<std::size_t> read(base::MutableBytes into);
  base::Task<std::string> read_all(std::size_t limit);  ///< Error too_large

  struct State;
  explicit ClientResponse(std::shared_ptr<State> state);

private:
  std::shared_ptr<State> state_;
};

class Client {
public:
  Client(base::Env& env, ClientOptions options);
  ~Client();
  /// Returns when the head of the answer is here. A kept connection that turns out closed is replaced, when nothing was
  /// answered and the request can be repeated (an idempotent method, no stream). Errors: unavailable, timeout,
  /// permission, not_found (no such name), invalid_argument (the URL, an answer that is not HTTP).
  base::Task<ClientResponse> send(ClientRequest request);

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::http
