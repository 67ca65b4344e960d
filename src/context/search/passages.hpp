// Cutting a text into passages: the unit that is matched, scored and shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/search/query.hpp"

namespace openmcp::context::search {

struct Passage {
  std::string text = {};            ///< any bytes; what is not UTF-8 is replaced by U+FFFD when indexed
  std::optional<Micros> time = {};  ///< when it was said, if known
  std::string speaker = {};         ///< who said it; empty for documents
};

enum class TextKind : unsigned char {
  prose,  ///< paragraphs, Markdown
  code    ///< indentation and blank lines show the structure
};

inline constexpr std::size_t passage_target = 900;    ///< bytes a passage aims at
inline constexpr std::size_t passage_limit = 1400;    ///< bytes no passage exceeds
inline constexpr std::size_t max_passages = 20000;    ///< of one context; the rest is not indexed
inline constexpr std::size_t max_title_bytes = 1024;  ///< indexed of a title

/// Passages in order, none empty, together every non-blank byte of `text` (up to max_passages). A heading begins a new
/// passage, unless the one before it would be very short, and stays with what follows. Cuts fall, as far as the limit
/// lets them, between paragraphs (definitions of code), lines, sentences, words, characters, in this order.
std::vector<Passage> split_text(std::string_view text, TextKind kind);

}  // namespace openmcp::context::search
