// Inside of http: the heads of HTTP/1.1 messages (RFC 9112), read strictly. What two servers could understand in two
// ways is refused: that is how requests are smuggled.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "http/exchange.hpp"
#include "http/headers.hpp"

namespace openmcp::http {

/// Why a message is not accepted, as the status of the answer.
struct Refusal {
  unsigned status = 400;
  std::string_view why;  ///< a constant
};

struct HeadLimits {
  std::uint64_t bytes = 32u << 10;
  std::size_t fields = 128;
};

/// How the length of a body is known.
enum class Framing : unsigned char { none, length, chunked, until_close };

/// Finds the end of a head in bytes that arrive piece by piece. Lines end with CR LF and nothing else.
class HeadScanner {
public:
  explicit HeadScanner(std::uint64_t limit) : limit_(limit) {}
  /// `buffered` begins with the head and holds at least what it held before. The head's size with its empty line, or 0:
  /// more bytes are needed.
  std::expected<std::size_t, Refusal> scan(std::string_view buffered);

private:
  std::uint64_t limit_;
  std::size_t at_ = 0;    ///< searched so far
  std::size_t line_ = 0;  ///< where the present line begins
  bool first_line_seen_ = false;
};

struct RequestHead {
  std::string method, path, query, authority;
  Headers headers;
  unsigned version = 11;  ///< 10 or 11
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
};

/// `head` as HeadScanner measured it.
std::expected<RequestHead, Refusal> parse_request_head(std::string_view head, HeadLimits limits);

struct ResponseHeadRead {
  unsigned status = 0;
  unsigned version = 11;
  Headers headers;
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool keep_alive = true;
};

/// `to_head`: the answer to a HEAD request, which has no body.
std::expected<ResponseHeadRead, Refusal> parse_response_head(std::string_view head, HeadLimits limits, bool to_head);

/// Of a Host header or :authority: a host and perhaps a port, no user.
bool is_authority(std::string_view text) noexcept;

/// "name: value" and CR LF. Throws Error internal when the field would break out of its line.
void append_field(std::string& out, std::string_view name, std::string_view value);

}  // namespace openmcp::http
