// What of a text is shown when not all of it fits: the passages around what was searched for. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "context/search/passages.hpp"

namespace openmcp::context {

/// A text cut into its passages. A conversation is told turn by turn ("ada (2024-05-03T10:00:00Z): ..."), anything else
/// is itself.
class PassageText {
public:
  PassageText() = default;
  /// `passages` are those of make_document for this text.
  PassageText(std::string_view text, const std::vector<search::Passage>& passages);

  bool empty() const noexcept { return begins_.empty(); }
  std::size_t passages() const noexcept { return begins_.size(); }
  const std::string& whole() const noexcept { return text_; }
  std::uint32_t tokens() const noexcept { return tokens_; }  ///< of all of it

  /// At most `budget` tokens of it: the passages in `hits` (best first), then their neighbours, then the beginning; in
  /// the order of the text, with a mark where something was left out. "" when not even a few words fit.
  std::string excerpt(const std::vector<std::uint32_t>& hits, std::uint32_t budget) const;

private:
  std::string_view passage(std::size_t index) const;
  std::string text_;
  std::vector<std::size_t> begins_;
  std::vector<std::uint32_t> sizes_;  ///< tokens of each passage
  std::uint32_t tokens_ = 0;
};

/// A fence of backticks that nothing in `text` can close (CommonMark 0.31 section 4.5).
std::string fence_for(std::string_view text);
/// One line without control characters, at most `limit` bytes.
std::string one_line(std::string_view text, std::size_t limit);

}  // namespace openmcp::context
