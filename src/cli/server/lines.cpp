#include "cli/server/lines.hpp"

#include <fmt/format.h>

namespace openmcp::cli {

std::vector<LinePiece> pieces_of(std::string line) {
  std::vector<LinePiece> pieces;
  if (line.size() <= kMaxPiece) {
    pieces.push_back({true, std::move(line)});
    return pieces;
  }
  for (std::size_t at = 0; at < line.size(); at += kMaxPiece) {
    pieces.push_back({at + kMaxPiece >= line.size(), line.substr(at, kMaxPiece)});
  }
  return pieces;
}

std::optional<std::string> LineJoiner::add(LinePiece piece) {
  if (line_.size() + piece.text.size() > kMaxLine) {
    throw base::Error(base::Errc::too_large, fmt::format("a message of more than {} bytes", kMaxLine));
  }
  if (line_.empty()) {
    line_ = std::move(piece.text);
  } else {
    line_ += piece.text;
  }
  if (!piece.last) return std::nullopt;
  return std::exchange(line_, {});
}

base::Task<void> LineQueue::put(std::string line) {
  constexpr std::size_t kFew = 16;
  while (lines_.size() >= kFew && !ended_) co_await changed_.wait();
  if (ended_) co_return;
  lines_.push_back(std::move(line));
  changed_.wake_all();
}

base::Task<std::optional<std::string>> LineQueue::take() {
  while (lines_.empty() && !ended_) co_await changed_.wait();
  if (lines_.empty()) co_return std::nullopt;
  std::optional<std::string> line = std::move(lines_.front());
  lines_.pop_front();
  changed_.wake_all();
  co_return line;
}

void LineQueue::end() {
  ended_ = true;
  changed_.wake_all();
}

}  // namespace openmcp::cli
