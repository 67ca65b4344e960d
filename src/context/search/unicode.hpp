// The few properties of Unicode characters that search needs; SQLite's unicode61 tokenizer knows the rest.
#pragma once

#include <cstddef>
#include <string_view>

namespace openmcp::context::search {

/// One code point of valid UTF-8 and its length in bytes. Ill-formed bytes come as U+FFFD of length 1.
struct CodePoint {
  char32_t value;
  std::size_t length;
};
/// Precondition: at < text.size().
CodePoint code_point_at(std::string_view text, std::size_t at) noexcept;

/// Letters of scripts written without spaces between words (Han, Kana, Thai, Lao, Khmer, Myanmar, Tibetan), and Hangul,
/// where particles stick to words: indexed as overlapping pairs of characters.
bool is_unspaced(char32_t c) noexcept;

/// Shown as a part of the character before: combining marks, joiners, variation selectors, skin tones.
bool joins_previous(char32_t c) noexcept;

/// A snippet may begin or end at `at` without tearing what is shown as one character (combining marks, emoji sequences,
/// flags). 0 and text.size() are always such places.
bool is_character_boundary(std::string_view text, std::size_t at) noexcept;

/// White space, controls, and the invisible marks that change the direction of what follows: shown as one space.
bool is_blank(char32_t c) noexcept;

}  // namespace openmcp::context::search
