#include "api/errors.hpp"

#include <algorithm>

#include "api/json_writer.hpp"

namespace openmcp::api {

using base::Errc;

namespace {

constexpr int kInvalidParams = -32602, kInternalError = -32603;  // JSON-RPC 2.0, section 5.1
constexpr std::string_view kInternal = "something went wrong inside of the server";
constexpr std::string_view kInternalHint = "its log says what";

struct Row {
  Errc code;
  unsigned status;
  int rpc;
};

// What is wrong with the request is 4xx, also what this server cannot do with it: a client need not try again. A
// corrupt block is ours (500): surfaces that take bytes from a client check them where they come in.
constexpr Row kTable[] = {
    {Errc::invalid_argument, 400, kInvalidParams},
    {Errc::not_found, 404, 404},
    {Errc::already_exists, 409, 409},
    {Errc::conflict, 409, 409},
    {Errc::corrupt, 500, kInternalError},
    {Errc::too_large, 413, 413},
    {Errc::unsupported, 422, 422},
    {Errc::io, 500, kInternalError},
    {Errc::no_space, 507, 507},
    {Errc::permission, 403, 403},
    {Errc::busy, 503, 503},
    {Errc::timeout, 504, 504},
    {Errc::unavailable, 503, 503},
    {Errc::cancelled, 503, 503},
    {Errc::internal, 500, kInternalError},
};

const Row& row(Errc code) noexcept {
  for (const auto& each : kTable)
    if (each.code == code) return each;
  return kTable[std::size(kTable) - 1];
}

/// The nearest kind, for those who only look at that.
Errc kind_of(unsigned status) noexcept {
  switch (status) {
    case 401:
    case 403:
    case 421:
      return Errc::permission;
    case 404:
      return Errc::not_found;
    case 409:
    case 412:
      return Errc::conflict;
    case 413:
      return Errc::too_large;
    case 405:
    case 406:
    case 415:
    case 501:
      return Errc::unsupported;
    case 429:
      return Errc::busy;
    case 503:
      return Errc::unavailable;
    default:
      return status < 500 ? Errc::invalid_argument : Errc::internal;
  }
}

bool hidden(const base::Error& error) noexcept { return error.code() == Errc::internal; }
/// "not_found": the words of Errc as one.
std::string code_of(const base::Error& error) {
  if (auto exact = dynamic_cast<const HttpError*>(&error)) return std::string(exact->name());
  std::string out(base::to_string(error.code()));
  std::ranges::replace(out, ' ', '_');
  return out;
}

std::string_view message_of(const base::Error& error) noexcept { return hidden(error) ? kInternal : error.message(); }
std::string_view hint_of(const base::Error& error) noexcept { return hidden(error) ? kInternalHint : error.hint(); }

http::Response response(const base::Error& error, std::string_view media_type, std::string body) {
  http::Response out{.status = http_status(error), .headers = {}, .body = std::move(body)};
  if (auto exact = dynamic_cast<const HttpError*>(&error)) out.headers = exact->headers();
  out.headers.add("Content-Type", std::string(media_type));
  return out;
}

}  // namespace

HttpError::HttpError(unsigned status, std::string_view name, std::string message, std::string hint,
                     http::Headers headers)
    : Error(kind_of(status), std::move(message), std::move(hint)),
      status_(status),
      name_(name),
      headers_(std::move(headers)) {}

unsigned http_status(Errc code) noexcept { return row(code).status; }

unsigned http_status(const base::Error& error) noexcept {
  if (auto exact = dynamic_cast<const HttpError*>(&error)) return exact->status();
  return http_status(error.code());
}

int rpc_code(Errc code) noexcept { return row(code).rpc; }

std::string public_message(const base::Error& error) {
  std::string out(message_of(error));
  if (auto hint = hint_of(error); !hint.empty()) out.append(" (").append(hint).append(")");
  return out;
}

http::Response problem(const base::Error& error, const http::Request& request) {
  const auto status = http_status(error);
  JsonWriter json;
  json.begin_object();
  json.field("type", "about:blank");
  json.field("title", http::reason(status));
  json.field("status", status);
  json.field("detail", message_of(error));
  if (auto hint = hint_of(error); !hint.empty()) json.field("hint", hint);
  json.field("code", code_of(error));
  json.field("request_id", request.id);
  json.end_object();
  return response(error, "application/problem+json", json.take());
}

http::Response fastapi_error(const base::Error& error, const http::Request&) {
  // An exception that the original did not expect is answered so by its framework.
  if (http_status(error) == 500) return response(error, "text/plain; charset=utf-8", "Internal Server Error");
  JsonWriter json;
  json.begin_object().field("detail", public_message(error)).end_object();
  return response(error, "application/json", json.take());
}

http::Response plain_error(const base::Error& error, const http::Request&) {
  return response(error, "text/plain; charset=utf-8", public_message(error) + "\n");
}

}  // namespace openmcp::api
