// Text from strangers on its way to a terminal: escaping, width in columns, fitting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace openmcp::cli {

/// One code point taken from UTF-8; `size` bytes. Invalid bytes come one by one with `valid` false.
struct CodePoint {
  char32_t value;
  std::size_t size;
  bool valid;
};
/// Precondition: text is not empty.
CodePoint take_code_point(std::string_view text) noexcept;

bool valid_utf8(std::string_view text) noexcept;

/// Makes text harmless on a terminal: control characters (C0, DEL, C1), bidirectional overrides and invalid UTF-8
/// become \n, \t, \x1b, \u202e. With `keep_lines` line feeds and tabs pass.
std::string escape(std::string_view text, bool keep_lines = false);

/// Columns that a terminal gives the code point (0 for combining marks, 2 for East Asian wide and emoji), after
/// Unicode 15 EastAsianWidth and General_Category in coarse ranges.
int width(char32_t code_point) noexcept;
/// Columns of valid text without control characters.
std::size_t width(std::string_view text) noexcept;

/// At most `columns` wide, cut with an ellipsis when longer.
std::string fit(std::string_view text, std::size_t columns);
/// Base64 with padding (RFC 4648 section 4).
std::string base64(std::span<const std::uint8_t> bytes);

/// Cut at a code point so that at most `bytes` remain.
std::string_view clip(std::string_view text, std::size_t bytes) noexcept;

}  // namespace openmcp::cli
