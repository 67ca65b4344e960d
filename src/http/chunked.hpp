// Inside of http: the chunked transfer coding (RFC 9112 section 7.1), taken apart piece by piece.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "http/head.hpp"

namespace openmcp::http {

/// Fed with what is buffered; says what to do with its beginning.
class ChunkedDecoder {
public:
  struct Step {
    std::size_t skip = 0;    ///< bytes of framing to drop first
    std::uint64_t data = 0;  ///< then so many bytes of the body follow (perhaps more than are buffered)
    bool end = false;        ///< the body is complete
  };

  /// Call again after the `data` bytes of the last step were taken (see `took`). A step without data and end needs more
  /// bytes.
  std::expected<Step, Refusal> next(std::string_view buffered);
  /// So many of the announced bytes were taken.
  void took(std::uint64_t bytes) noexcept { left_ -= bytes; }
  bool ended() const noexcept { return state_ == State::ended; }

private:
  enum class State : unsigned char { size, data, data_end, trailer, ended };

  State state_ = State::size;
  std::uint64_t left_ = 0;   ///< of the present chunk
  std::uint64_t extra_ = 0;  ///< bytes of extensions so far
  std::size_t trailer_ = 0;  ///< bytes of trailer fields so far
};

}  // namespace openmcp::http
