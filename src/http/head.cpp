#include "http/head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/result.hpp"
#include "http/syntax.hpp"

namespace openmcp::http {
namespace {

using Refused = std::unexpected<Refusal>;

Refused refuse(std::string_view why, unsigned status = 400) { return Refused(Refusal{status, why}); }

/// The first line without its end, which is taken off as well.
std::string_view take_line(std::string_view& rest) {
  auto end = rest.find("\r\n");
  auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  return line;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// 0 when it is none: "HTTP/1.0" 10, "HTTP/1.7" 11 (a higher minor version is understood as ours), others their number.
unsigned version_of(std::string_view text) noexcept {
  if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7])) {
    return 0;
  }
  unsigned major = static_cast<unsigned>(text[5] - '0'), minor = static_cast<unsigned>(text[7] - '0');
  return major == 1 ? (minor == 0 ? 10 : 11) : major * 10 + minor + 1000;
}

std::expected<Headers, Refusal> parse_fields(std::string_view rest, std::size_t most) {
  Headers headers;
  std::size_t count = 0;
  for (;;) {
    auto line = take_line(rest);
    if (line.empty()) return headers;
    if (++count > most) return refuse("too many header fields", 431);
    if (line.front() == ' ' || line.front() == '\t') return refuse("a folded header field");
    auto colon = line.find(':');
    if (colon == std::string_view::npos) return refuse("a header field without a colon");
    auto name = line.substr(0, colon);
    if (!is_token(name)) return refuse("a bad header field name");
    auto value = trim(line.substr(colon + 1));
    if (!is_value(value)) return refuse("a control character in a header field");
    headers.add(std::string(name), std::string(value));
  }
}

struct BodyLength {
  Framing framing = Framing::none;
  std::uint64_t length = 0;
};

/// What Content-Length and Transfer-Encoding say together (RFC 9112 section 6). `framing` none: neither is there.
std::expected<BodyLength, Refusal> body_length(const Headers& headers, unsigned version) {
  const std::string* length = nullptr;
  const std::string* coding = nullptr;
  for (const auto& [name, value] : headers) {
    if (name.size() == 14 && equal_without_case(name, "Content-Length")) {
      if (length) return refuse("more than one Content-Length");
      length = &value;
    } else if (name.size() == 17 && equal_without_case(name, "Transfer-Encoding")) {
      if (coding) return refuse("more than one Transfer-Encoding");
      coding = &value;
    }
  }
  BodyLength body;
  if (coding) {
    if (length) return refuse("both Content-Length and Transfer-Encoding");
    if (version < 11) return refuse("Transfer-Encoding in HTTP/1.0");
    if (!equal_without_case(*coding, "chunked")) {
      if (headers.has_token("Transfer-Encoding", "chunked")) return refuse("more codings than chunked", 501);
      return refuse("an unknown transfer coding", 501);
    }
    body.framing = Framing::chunked;
  } else if (length) {
    bool digits = !length->empty() && std::ranges::all_of(*length, is_digit);
    auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), body.length);
    if (!digits || error != std::errc()) return refuse("a bad Content-Length");
    body.framing = Framing::length;
  }
  return body;
}

bool stays_open(const Headers& headers, unsigned version) noexcept {
  if (headers.has_token("Connection", "close")) return false;
  return version >= 11 || headers.has_token("Connection", "keep-alive");
}

/// Splits the target of a request (RFC 9112 section 3.2) into authority, path and query.
std::expected<void, Refusal> set_target(RequestHead& head, std::string_view target) {
  if (!std::ranges::all_of(target, is_target_char)) return refuse("a bad request target");
  if (target == "*") {
    if (head.method != "OPTIONS") return refuse("a bad request target");
    head.path = "*";
    return {};
  }
  if (!target.starts_with('/')) {
    // As for a proxy: the authority in the target counts, Host does not.
    auto colon = target.find("://");
    if (colon == std::string_view::npos) return refuse("a bad request target");
    auto scheme = target.substr(0, colon);
    if (!equal_without_case(scheme, "http") && !equal_without_case(scheme, "https")) {
      return refuse("a request target of another scheme");
    }
    target.remove_prefix(colon + 3);
    auto split = std::min(target.find_first_of("/?"), target.size());
    if (split == 0 || !is_authority(target.substr(0, split))) return refuse("a bad authority");
    head.authority = target.substr(0, split);
    target.remove_prefix(split);
  }
  auto question = target.find('?');
  head.path = target.substr(0, question);
  if (head.path.empty()) head.path = "/";
  if (question != std::string_view::npos) head.query = target.substr(question + 1);
  return {};
}

std::expected<void, Refusal> set_host(RequestHead& head) {
  const std::string* host = nullptr;
  for (const auto& [name, value] : head.headers) {
    if (name.size() != 4 || !equal_without_case(name, "Host")) continue;
    if (host) return refuse("more than one Host");
    host = &value;
  }
  if (!host) {
    if (head.version >= 11) return refuse("no Host");
    return {};
  }
  if (!host->empty() && !is_authority(*host)) return refuse("a bad Host");
  if (head.authority.empty()) head.authority = *host;
  return {};
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
  if (text.empty() || text.size() > 261) return false;
  std::string_view port;
  if (text.front() == '[') {
    auto end = text.find(']');
    if (end == std::string_view::npos || end < 2) return false;
    auto inside = text.substr(1, end - 1);
    if (!std::ranges::all_of(inside, [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; })) return false;
    port = text.substr(end + 1);
    if (port.empty()) return true;
    if (port.front() != ':') return false;
  } else {
    auto colon = std::min(text.find(':'), text.size());
    auto name = text.substr(0, colon);
    // A registered name of RFC 3986 without percent-encoding, and without what could start a path or a user.
    auto fits = [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; };
    if (name.empty() || !std::ranges::all_of(name, fits)) return false;
    port = text.substr(colon);
    if (port.empty()) return true;
  }
  port.remove_prefix(1);
  return port.size() <= 5 && std::ranges::all_of(port, is_digit);
}

std::expected<std::size_t, Refusal> HeadScanner::scan(std::string_view buffered) {
  while (at_ < buffered.size()) {
    const auto* found = static_cast<const char*>(std::memchr(buffered.data() + at_, '\n', buffered.size() - at_));
    std::size_t end = found ? static_cast<std::size_t>(found - buffered.data()) : buffered.size();
    if (end >= limit_)
      return first_line_seen_ ? refuse("the head is too long", 431) : refuse("the request line is too long", 414);
    if (!found) {
      at_ = end;
      break;
    }
    if (end == line_ || buffered[end - 1] != '\r') return refuse("a line that does not end with CR LF");
    at_ = end + 1;
    if (end == line_ + 1) return at_;
    line_ = at_;
    first_line_seen_ = true;
  }
  return 0;
}

std::expected<RequestHead, Refusal> parse_request_head(std::string_view text, HeadLimits limits) {
  auto line = take_line(text);
  auto first = line.find(' ');
  auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return refuse("a bad request line");
  RequestHead head;
  auto method = line.substr(0, first);
  if (!is_token(method)) return refuse("a bad method");
  if (method.size() > 24 || method == "CONNECT") return refuse("a method that is not known here", 501);
  head.method = method;
  head.version = version_of(line.substr(second + 1));
  if (head.version == 0) return refuse("a bad protocol version");
  if (head.version >= 1000) return refuse("a protocol version that is not spoken here", 505);
  auto target = set_target(head, line.substr(first + 1, second - first - 1));
  if (!target) return std::unexpected(target.error());

  auto fields = parse_fields(text, limits.fields);
  if (!fields) return std::unexpected(fields.error());
  head.headers = *std::move(fields);
  auto host = set_host(head);
  if (!host) return std::unexpected(host.error());
  auto body = body_length(head.headers, head.version);
  if (!body) return std::unexpected(body.error());
  head.framing = body->framing;
  head.length = body->length;
  head.keep_alive = stays_open(head.headers, head.version);
  const auto* expect = head.headers.find("Expect");
  if (expect && head.version >= 11) {
    if (!equal_without_case(*expect, "100-continue")) return refuse("an expectation that is not known here", 417);
    head.expects_continue = head.framing == Framing::chunked || (head.framing == Framing::length && head.length > 0);
  }
  return head;
}

std::expected<ResponseHeadRead, Refusal> parse_response_head(std::string_view text, HeadLimits limits, bool to_head) {
  auto line = take_line(text);
  ResponseHeadRead head;
  bool shaped = line.size() >= 12 && line[8] == ' ' && (line.size() == 12 || line[12] == ' ');
  if (!shaped || !std::ranges::all_of(line.substr(9, 3), is_digit)) return refuse("a bad status line");
  head.version = version_of(line.substr(0, 8));
  if (head.version != 10 && head.version != 11) return refuse("a protocol version that is not spoken here", 505);
  std::from_chars(line.data() + 9, line.data() + 12, head.status);
  if (head.status < 100 || !is_value(line.substr(12))) return refuse("a bad status line");
  auto fields = parse_fields(text, limits.fields);
  if (!fields) return std::unexpected(fields.error());
  head.headers = *std::move(fields);
  auto body = body_length(head.headers, head.version);
  if (!body) return std::unexpected(body.error());
  head.keep_alive = stays_open(head.headers, head.version);
  bool empty = to_head || head.status < 200 || head.status == 204 || head.status == 304;
  if (empty) return head;
  head.framing = body->framing == Framing::none ? Framing::until_close : body->framing;
  head.length = body->length;
  if (head.framing == Framing::until_close) head.keep_alive = false;
  return head;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_value(value)) {
    throw base::Error(base::Errc::internal, fmt::format("the header field '{}' cannot be sent", name.substr(0, 64)));
  }
  out.append(name).append(": ", 2).append(value).append("\r\n", 2);
}

}  // namespace openmcp::http
