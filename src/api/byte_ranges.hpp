// Range requests (RFC 9110, section 14): which bytes of a content are asked for, and an answer that has them, in one
// part or in several (multipart/byteranges, section 14.6).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.hpp"
#include "http/exchange.hpp"
#include "ipld/byte_io.hpp"

namespace openmcp::api {

inline constexpr std::size_t kMaxRanges = 16;  ///< of one request

struct ByteSpan {
  std::uint64_t offset = 0, length = 0;
  bool operator==(const ByteSpan&) const = default;
};

/// What a Range field asks of a content of `size` bytes, in its order. Other units, bad syntax, too many ranges and
/// such that overlap (a small request for a huge answer, section 17.15) mean the whole.
struct RangeChoice {
  bool satisfiable = true;
  std::vector<ByteSpan> spans;  ///< none empty; no span: the whole
};
RangeChoice choose_ranges(std::string_view field, std::uint64_t size);

/// The body of an answer: the whole content, a part of it, or several.
class RangedBody {
public:
  /// Changes `headers`, which have the Content-Type already, so that they fit.
  RangedBody(base::Env& env, std::vector<ByteSpan> spans, std::uint64_t size, http::Headers& headers);
  unsigned status() const noexcept { return whole_ ? 200 : 206; }
  std::uint64_t length() const noexcept;  ///< of this body
  /// What lies between the spans goes out with the bytes behind it: nothing is sent before `read` has something.
  using ReadSpan = std::function<base::Task<void>(ByteSpan span, ipld::ByteSink sink)>;
  base::Task<void> send(ReadSpan read, ipld::ByteSink sink) const;

private:
  bool whole_;
  std::vector<ByteSpan> spans_;
  std::vector<std::string> before_;  ///< of each span; empty: there is only one
  std::string end_;
};

}  // namespace openmcp::api
