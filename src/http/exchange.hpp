// One request and its answer, the same over HTTP/1.1 and HTTP/2. What a handler sees.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/network.hpp"
#include "base/task.hpp"
#include "http/headers.hpp"

namespace openmcp::http {

struct Request {
  std::string method;     ///< "GET": a token, as sent
  std::string path;       ///< begins with '/'; still percent-encoded; "*" for OPTIONS *
  std::string query;      ///< behind '?', still encoded; "" none
  std::string authority;  ///< Host or :authority, as sent
  std::string scheme;     ///< "http" or "https"
  Headers headers;
  unsigned version = 11;  ///< 10, 11 or 20
  base::Endpoint peer;    ///< host "" for a client of a socket file
  std::string id;         ///< for logs; the client's X-Request-Id when it is 1 to 64 of [A-Za-z0-9._-], else made
  std::string trace;      ///< W3C traceparent, the client's when it is valid, else made

  bool is(std::string_view wanted) const noexcept { return method == wanted; }
};

struct Response {
  unsigned status = 200;
  Headers headers;
  std::string body = {};
};

struct ResponseHead {
  unsigned status = 200;
  Headers headers;
  std::optional<std::uint64_t>
      length;  ///< of the body, when it is known; otherwise chunked (HTTP/1.1) or until DATA ends
};

std::string_view reason(unsigned status) noexcept;

/// Handlers are coroutines on the executor. One coroutine at a time reads, and one writes; until_gone() may wait beside
/// them, and has ended (its group joined) before the handler returns. A handler that returns without an answer is
/// answered 500; one that throws before its answer began is answered by ServerOptions::failed, one that throws after it
/// began resets the stream, so that no client takes a part for the whole. For HEAD the body of an answer is dropped,
/// its length kept.
class Exchange {
public:
  virtual ~Exchange() = default;

  const Request& request() const noexcept { return request_; }

  // --- the request's body ---------------------------------------------------------------------------------------

  /// Declared by Content-Length; nullopt when chunked; 0 without a body.
  virtual std::optional<std::uint64_t> body_length() const noexcept = 0;
  /// At least one byte; 0: the end. Sends "100 Continue" first where the client waits for it. Throws timeout when the
  /// client stalls, unavailable when it vanishes before the end, invalid_argument for bad framing, too_large above
  /// ServerOptions::max_body.
  virtual base::Task<std::size_t> read(base::MutableBytes into) = 0;
  /// All of it. Error too_large above `limit` (at once when Content-Length says so).
  base::Task<std::string> read_all(std::size_t limit);

  // --- the answer -----------------------------------------------------------------------------------------------

  /// Head and body in one; Content-Length is added.
  virtual base::Task<void> send(Response response) = 0;
  /// The head; then write() as often as needed, then finish(). Writing waits while the client does not read
  /// (back-pressure) and throws timeout when it stalls for long, unavailable when it is gone.
  virtual base::Task<void> start(ResponseHead head) = 0;
  virtual base::Task<void> write(base::SharedBytes bytes) = 0;
  base::Task<void> write_text(std::string text);
  /// Error internal when fewer bytes were written than `length` said.
  virtual base::Task<void> finish() = 0;
  virtual bool started() const noexcept = 0;
  /// Resumes when the client has closed or reset the connection (or this stream of it), or when the server drains; for
  /// handlers that wait for events. Throws cancelled as usual.
  virtual base::Task<void> until_gone() = 0;

  // --- notes for logs and metrics ---------------------------------------------------------------------------------

  void set_route(std::string_view name) { route_ = name; }  ///< a constant: becomes a label
  std::string_view route() const noexcept { return route_; }
  void set_caller(std::string name) { caller_ = std::move(name); }  ///< who asked; never a secret
  const std::string& caller() const noexcept { return caller_; }
  /// What every answer gets, unless the handler sets it: security headers, CORS.
  Headers& standing_headers() noexcept { return standing_; }

protected:
  Request request_;
  Headers standing_;

private:
  std::string_view route_;
  std::string caller_;
};

using Handler = std::function<base::Task<void>(Exchange&)>;

}  // namespace openmcp::http
