// Texts that come from outside and have to fit a manifest or the search index. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace openmcp::context {

inline constexpr std::size_t kMaxIndexedText = 4u << 20;  ///< bytes of a content that are searched

/// The text with ill-formed sequences replaced by U+FFFD, at most `limit` bytes, cut between characters.
std::string to_valid_utf8(std::string_view text, std::size_t limit);

/// Well-formed UTF-8 without NUL. `whole` false: the bytes are a beginning, and may end inside a character.
bool is_text(base::BytesView bytes, bool whole = true);

/// What of a content is searched: all of a short text, the beginning of a long one, nothing of anything else.
struct IndexText {
  std::string_view text;  ///< into the bytes given
  bool cut = false;       ///< longer than kMaxIndexedText
};
IndexText index_text(base::BytesView content);

/// The first line that is not blank, without the marks of headings and comments, cut to about 120 bytes; "" none.
std::string first_line(std::string_view text);

/// What the extension of a name (any case) says about a file: its media type and the type of context.
struct FileType {
  std::string_view media;  ///< "" unknown
  std::string_view type;   ///< "" unknown
};
FileType file_type(std::string_view name);
/// From the first bytes: image, archive and document formats by their magic numbers, "text/plain; charset=utf-8",
/// else "application/octet-stream".
std::string_view sniff_media(base::BytesView beginning, bool whole);

}  // namespace openmcp::context
