// The character classes and the white space of RFC 9110 section 5.6, and of RFC 3986.
#pragma once

#include <array>
#include <string_view>

namespace openmcp::http {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  char low = to_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

namespace detail {

constexpr auto make_classes() {
  enum : unsigned char { token = 1, value = 2, target = 4 };
  std::array<unsigned char, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    char as = static_cast<char>(c);
    auto& bits = classes[static_cast<std::size_t>(c)];
    bool punctuation = std::string_view("!#$%&'*+-.^_`|~").find(as) != std::string_view::npos;
    if (c < 128 && (is_digit(as) || is_alpha(as) || punctuation)) bits |= token;
    if (c == '\t' || (c >= ' ' && c != 127)) bits |= value;
    if (c > ' ' && c < 127 && c != '#') bits |= target;
  }
  return classes;
}
inline constexpr auto kClasses = make_classes();

}  // namespace detail

/// Of a method or field name.
constexpr bool is_token_char(char c) noexcept { return detail::kClasses[static_cast<unsigned char>(c)] & 1; }
/// Of a field value: no controls but the tab.
constexpr bool is_value_char(char c) noexcept { return detail::kClasses[static_cast<unsigned char>(c)] & 2; }
/// Of a request target: what is visible in ASCII, without the fragment's '#'. More than RFC 3986 allows, because
/// browsers send '|', '{' and others as they are.
constexpr bool is_target_char(char c) noexcept { return detail::kClasses[static_cast<unsigned char>(c)] & 4; }

/// Without the optional white space around it (section 5.6.3).
inline std::string_view trimmed(std::string_view text) noexcept {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

inline bool is_token(std::string_view text) noexcept {
  for (char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

inline bool is_value(std::string_view text) noexcept {
  for (char c : text) {
    if (!is_value_char(c)) return false;
  }
  return true;
}

}  // namespace openmcp::http
