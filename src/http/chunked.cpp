#include "http/chunked.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace openmcp::http {
namespace {

constexpr std::size_t kLongestLine = 256;         ///< of a size with its extensions
constexpr std::uint64_t kMostExtensions = 16384;  ///< in a whole body: they carry nothing for us
constexpr std::size_t kLongestTrailer = 8192;     ///< all fields
constexpr std::size_t kMostDigits = 15;           ///< of a size: no overflow in 64 bits

std::unexpected<Refusal> refuse(std::string_view why) { return std::unexpected(Refusal{400, why}); }

}  // namespace

std::expected<ChunkedDecoder::Step, Refusal> ChunkedDecoder::next(std::string_view buffered) {
  Step step;
  for (;;) {
    auto rest = buffered.substr(step.skip);
    if (state_ == State::data) {
      if (left_ > 0) {
        step.data = left_;
        return step;
      }
      state_ = State::data_end;
    }
    if (state_ == State::data_end) {
      if (!rest.empty() && rest[0] != '\r') return refuse("a chunk that is longer than its size");
      if (rest.size() >= 2 && rest[1] != '\n') return refuse("a chunk that is longer than its size");
      if (rest.size() < 2) return step;
      step.skip += 2;
      state_ = State::size;
      continue;
    }
    if (state_ == State::ended) {
      step.end = true;
      return step;
    }
    bool in_trailer = state_ == State::trailer;
    std::size_t longest = in_trailer ? kLongestTrailer - std::min(trailer_, kLongestTrailer) : kLongestLine;
    auto end = rest.substr(0, longest).find('\n');
    if (end == std::string_view::npos) {
      if (rest.size() >= longest)
        return refuse(in_trailer ? "trailer fields that are too long" : "a chunk size that is too long");
      return step;
    }
    if (end == 0 || rest[end - 1] != '\r') return refuse("a line that does not end with CR LF");
    auto line = rest.substr(0, end - 1);
    step.skip += end + 1;
    if (in_trailer) {
      trailer_ += end + 1;
      if (line.empty()) {
        state_ = State::ended;
        continue;
      }
      auto colon = line.find(':');
      bool field =
          colon != std::string_view::npos && is_token(line.substr(0, colon)) && is_value(line.substr(colon + 1));
      if (!field) return refuse("a bad trailer field");
      continue;
    }
    std::size_t digits = 0;
    std::uint64_t size = 0;
    for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
      if (digits == kMostDigits) return refuse("a chunk size that is too long");
      size = size * 16 + static_cast<std::uint64_t>(hex_value(line[digits]));
    }
    if (digits == 0) return refuse("a bad chunk size");
    auto extension = line.substr(digits);
    extra_ += extension.size();
    if (extra_ > kMostExtensions) return refuse("too many chunk extensions");
    auto semicolon = extension.find_first_not_of(" \t");
    bool none = extension.empty();
    if (!none && (semicolon == std::string_view::npos || extension[semicolon] != ';' || !is_value(extension))) {
      return refuse("a bad chunk size");
    }
    left_ = size;
    state_ = size > 0 ? State::data : State::trailer;
  }
}

}  // namespace openmcp::http
