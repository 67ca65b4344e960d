// UTF-8 (RFC 3629): what a string of the data model must be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace openmcp::ipld {

/// True when `text` is well-formed: no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text) noexcept;
/// Reads one code point and advances; nullopt (and nothing read) at the end or where `text` is ill-formed.
std::optional<char32_t> take_utf8(std::string_view& text) noexcept;
/// Appends the code point; precondition: a Unicode scalar value.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace openmcp::ipld
