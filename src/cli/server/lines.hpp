// Lines of the Model Context Protocol on their way through the socket file.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/env.hpp"
#include "base/sync.hpp"
#include "cli/server/frames.hpp"

namespace openmcp::cli {

inline constexpr std::size_t kMaxLine = 96u << 20;  ///< bytes of one message

/// A line in pieces that fit into frames.
std::vector<LinePiece> pieces_of(std::string line);

/// And back.
class LineJoiner {
public:
  /// The line, when this was its last piece. Throws Error too_large.
  std::optional<std::string> add(LinePiece piece);

private:
  std::string line_;
};

/// Between who reads lines and who works on them: a few, then the reader waits.
class LineQueue {
public:
  explicit LineQueue(base::Env& env) : changed_(env.executor()) {}
  base::Task<void> put(std::string line);
  /// nullopt: ended, and nothing is left.
  base::Task<std::optional<std::string>> take();
  /// What comes later is dropped.
  void end();

private:
  base::Signal changed_;
  std::deque<std::string> lines_;
  bool ended_ = false;
};

}  // namespace openmcp::cli
