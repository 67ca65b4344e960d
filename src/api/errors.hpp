// Error in the form of each protocol: the one place that knows HTTP status and JSON-RPC code of every Errc.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/exchange.hpp"

namespace openmcp::api {

/// Where `Errc` is too coarse: an error with its own status, name and header fields, in the form of its route.
class HttpError : public base::Error {
public:
  HttpError(unsigned status, std::string_view name, std::string message, std::string hint = {},
            http::Headers headers = {});
  unsigned status() const noexcept { return status_; }
  std::string_view name() const noexcept { return name_; }
  const http::Headers& headers() const noexcept { return headers_; }

private:
  unsigned status_;
  std::string_view name_;  ///< a constant: "csrf", "rate_limited"
  http::Headers headers_;
};

unsigned http_status(base::Errc code) noexcept;           ///< see errors.cpp
unsigned http_status(const base::Error& error) noexcept;  ///< of an HttpError its own
/// RFC 9457: application/problem+json with type, title, status, detail, hint, code, request_id.
http::Response problem(const base::Error& error, const http::Request& request);
/// As FastAPI answers: {"detail": "..."}.
http::Response fastapi_error(const base::Error& error, const http::Request& request);
/// One plain sentence, for gateways.
http::Response plain_error(const base::Error& error, const http::Request& request);
/// JSON-RPC 2.0 code: -32603 for what is ours, -32602 for the caller's arguments, the HTTP status for the rest (the
/// Model Context Protocol keeps -32000 to -32099 for itself).
int rpc_code(base::Errc code) noexcept;
/// "message (hint)" for people and models, without internals for Errc::internal.
std::string public_message(const base::Error& error);

/// Thrown by handlers that need an exact answer.
struct Answer {
  http::Response response;
};

}  // namespace openmcp::api
