// Error in the form of each protocol: the one place that knows HTTP status and JSON-RPC code of every Errc.
#pragma once

#include "base/result.hpp"
#include "http/exchange.hpp"

namespace openmcp::api {

unsigned http_status(base::Errc code) noexcept;  ///< 400 404 409 422? see errors.cpp
/// RFC 9457: application/problem+json with type, title, status, detail, hint, code, request_id.
http::Response problem(const base::Error& error, const http::Request& request);
/// As FastAPI answers: {"detail": "..."}.
http::Response fastapi_error(const base::Error& error, const http::Request& request);
/// One plain sentence, for gateways.
http::Response plain_error(const base::Error& error, const http::Request& request);
/// JSON-RPC 2.0 code; -32603 for what is ours, -32602 for the caller's arguments, -32000.. for the rest.
int rpc_code(base::Errc code) noexcept;
/// "message (hint)" for people and models, without internals for Errc::internal.
std::string public_message(const base::Error& error);

/// Thrown by handlers that need an exact answer.
struct Answer {
  http::Response response;
};

}  // namespace openmcp::api
