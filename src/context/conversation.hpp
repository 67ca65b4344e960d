// Conversations as JSON Lines: one turn a line. The content is kept byte for byte; turns are read for search and show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace openmcp::context {

inline constexpr std::size_t kMaxTurnLine = 16u << 20;  ///< bytes of one line
inline constexpr std::size_t kMaxTurns = 1'000'000;

struct Turn {
  std::size_t line = 0;  ///< 1-based line of the file
  std::string speaker;   ///< role, speaker, author or from (then name, when it is more than the role); "" none
  std::string text;      ///< content, text or message: a string, or the texts of an array of parts, by newline
  std::string time;      ///< timestamp, time or created_at as it was written (numbers in decimal); "" none
};

/// Blank lines are skipped. Errors, each naming the line: invalid_argument (not JSON, not an object, no text in any of
/// the known keys), too_large.
base::Result<std::vector<Turn>> parse_conversation(std::string_view jsonl);

}  // namespace openmcp::context
