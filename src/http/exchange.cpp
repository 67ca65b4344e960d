#include "http/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.hpp"

namespace openmcp::http {

using base::Task;

Task<std::string> Exchange::read_all(std::size_t limit) {
  auto too_large = [limit] {
    return base::Error(base::Errc::too_large, fmt::format("the body of the request is larger than {} bytes", limit));
  };
  auto length = body_length();
  if (length && *length > limit) throw too_large();
  std::string body;
  if (length) {
    // What is declared may never come: memory is taken as bytes arrive.
    body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 1u << 20)));
  }
  constexpr std::size_t kStep = 64u << 10;
  for (std::size_t size = 0;;) {
    std::size_t step = length ? static_cast<std::size_t>(std::min<std::uint64_t>(*length - size, kStep)) : kStep;
    body.resize(size + std::max<std::size_t>(step, 1));
    base::MutableBytes room(reinterpret_cast<std::uint8_t*>(body.data()) + size, body.size() - size);
    auto got = co_await read(room);
    size += got;
    if (size > limit) throw too_large();
    if (got > 0) continue;
    body.resize(size);
    co_return body;
  }
}

Task<void> Exchange::write_text(std::string text) {
  auto owned = std::make_shared<const std::string>(std::move(text));
  auto view = base::as_bytes(*owned);
  base::SharedBytes bytes(std::move(owned), view);
  co_await write(std::move(bytes));
}

std::string_view reason(unsigned status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "";
  }
}

}  // namespace openmcp::http
