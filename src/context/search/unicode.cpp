#include "context/search/unicode.hpp"

#include <algorithm>
#include <array>

#include "ipld/utf8.hpp"

namespace openmcp::context::search {

namespace {

struct Span {
  char32_t first, last;
};

template <std::size_t N>
bool within(const std::array<Span, N>& spans, char32_t c) noexcept {
  auto after = std::upper_bound(spans.begin(), spans.end(), c, [](char32_t x, const Span& s) { return x < s.first; });
  return after != spans.begin() && c <= std::prev(after)->last;
}

// Blocks of the Unicode Standard, ascending.
constexpr std::array kUnspaced = std::to_array<Span>({
    {0x0e01, 0x0e3a},    // Thai letters and vowels
    {0x0e40, 0x0e4e},    // Thai, after the currency sign
    {0x0e81, 0x0edf},    // Lao
    {0x0f40, 0x0fbc},    // Tibetan letters
    {0x1000, 0x109f},    // Myanmar
    {0x1100, 0x11ff},    // Hangul Jamo
    {0x1780, 0x17d3},    // Khmer
    {0x3005, 0x3007},    // ideographic iteration mark, closing mark, zero
    {0x3041, 0x309f},    // Hiragana
    {0x30a1, 0x30fa},    // Katakana
    {0x30fc, 0x30ff},    // prolonged sound mark and iteration marks
    {0x3105, 0x312f},    // Bopomofo
    {0x3131, 0x318e},    // Hangul compatibility Jamo
    {0x31f0, 0x31ff},    // Katakana phonetic extensions
    {0x3400, 0x4dbf},    // Han extension A
    {0x4e00, 0x9fff},    // Han
    {0xac00, 0xd7a3},    // Hangul syllables
    {0xf900, 0xfaff},    // Han compatibility
    {0xff66, 0xff9f},    // halfwidth Katakana
    {0x20000, 0x323af},  // Han extensions B to H
});

// Marks (categories Mn, Me, and Mc of the common scripts), joiners, variation selectors, skin tones, tags.
constexpr std::array kJoinsPrevious = std::to_array<Span>({
    {0x0300, 0x036f},   {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05c7}, {0x0610, 0x061a},   {0x064b, 0x065f},
    {0x0670, 0x0670},   {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x06e7, 0x06ed}, {0x0711, 0x0711},   {0x0730, 0x074a},
    {0x0900, 0x0903},   {0x093a, 0x094f}, {0x0951, 0x0957}, {0x0962, 0x0963}, {0x0981, 0x0983},   {0x09bc, 0x09cd},
    {0x0a01, 0x0a03},   {0x0a3c, 0x0a4d}, {0x0abc, 0x0acd}, {0x0b3c, 0x0b4d}, {0x0bbe, 0x0bcd},   {0x0c3e, 0x0c4d},
    {0x0cbc, 0x0ccd},   {0x0d3b, 0x0d4d}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},   {0x0eb1, 0x0eb1},
    {0x0eb4, 0x0ebc},   {0x0ec8, 0x0ecd}, {0x0f71, 0x0f84}, {0x0f90, 0x0fbc}, {0x102b, 0x103e},   {0x1160, 0x11ff},
    {0x17b4, 0x17d3},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200c, 0x200d}, {0x20d0, 0x20f0},   {0x302a, 0x302f},
    {0x3099, 0x309a},   {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xff9e, 0xff9f}, {0x1f3fb, 0x1f3ff}, {0xe0020, 0xe007f},
    {0xe0100, 0xe01ef},
});

constexpr char32_t kJoiner = 0x200d;

bool is_flag_letter(char32_t c) noexcept { return c >= 0x1f1e6 && c <= 0x1f1ff; }

/// Start of the code point that ends at `at` (at > 0).
std::size_t previous(std::string_view text, std::size_t at) noexcept {
  std::size_t begin = at - 1;
  while (begin > 0 && at - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
  return begin;
}

}  // namespace

CodePoint code_point_at(std::string_view text, std::size_t at) noexcept {
  auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1};
  auto rest = text.substr(at, 4);
  auto before = rest.size();
  auto value = ipld::take_utf8(rest);
  if (!value) return {0xfffd, 1};
  return {*value, before - rest.size()};
}

bool is_unspaced(char32_t c) noexcept { return c >= 0x0e01 && within(kUnspaced, c); }

bool joins_previous(char32_t c) noexcept { return c >= 0x300 && within(kJoinsPrevious, c); }

bool is_character_boundary(std::string_view text, std::size_t at) noexcept {
  if (at == 0 || at >= text.size()) return true;
  if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) return false;
  auto here = code_point_at(text, at).value;
  if (joins_previous(here)) return false;
  auto back = previous(text, at);
  auto before = code_point_at(text, back).value;
  if (before == kJoiner) return false;
  if (before == '\r' && here == '\n') return false;
  if (!is_flag_letter(here) || !is_flag_letter(before)) return true;
  // Flags are pairs: a boundary only after an even number of letters.
  std::size_t letters = 0;
  for (std::size_t end = at; end > 0 && letters < 64; ++letters) {
    auto begin = previous(text, end);
    if (!is_flag_letter(code_point_at(text, begin).value)) break;
    end = begin;
  }
  return letters % 2 == 0;
}

bool is_blank(char32_t c) noexcept {
  return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x061c || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) ||
         c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202f) || c == 0x205f || (c >= 0x2066 && c <= 0x2069) ||
         c == 0x3000 || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb);
}

}  // namespace openmcp::context::search
