#include "context/text.hpp"

#include <algorithm>

#include "ipld/utf8.hpp"

namespace openmcp::context {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::size_t kFirstLine = 120;                    // bytes: fits a line of a list

/// Bytes of the well-formed character at the front, 0 when there is none.
std::size_t character_length(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  std::size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
  if (length == 0 || length > text.size() || !ipld::valid_utf8(text.substr(0, length))) return 0;
  return length;
}

/// The longest part of `text` within `limit` bytes that does not end inside a character.
std::string_view cut_at_character(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && limit - end < 4 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

struct Extension {
  std::string_view name, media, type;
};

constexpr std::string_view kCode = "code", kDocumentation = "documentation", kOther = "other";

// Sorted by name. Media types from the IANA registry where it has one.
constexpr Extension kExtensions[] = {
    {"adoc", "text/asciidoc", kDocumentation},
    {"bash", "application/x-sh", kCode},
    {"bmp", "image/bmp", kOther},
    {"c", "text/x-c", kCode},
    {"cc", "text/x-c++", kCode},
    {"clj", "text/x-clojure", kCode},
    {"cmake", "text/x-cmake", kCode},
    {"cpp", "text/x-c++", kCode},
    {"cs", "text/x-csharp", kCode},
    {"css", "text/css", kCode},
    {"csv", "text/csv", kOther},
    {"dart", "text/x-dart", kCode},
    {"doc", "application/msword", kDocumentation},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", kDocumentation},
    {"epub", "application/epub+zip", kDocumentation},
    {"erl", "text/x-erlang", kCode},
    {"ex", "text/x-elixir", kCode},
    {"gif", "image/gif", kOther},
    {"go", "text/x-go", kCode},
    {"gz", "application/gzip", kOther},
    {"h", "text/x-c", kCode},
    {"hpp", "text/x-c++", kCode},
    {"hs", "text/x-haskell", kCode},
    {"htm", "text/html", kDocumentation},
    {"html", "text/html", kDocumentation},
    {"java", "text/x-java", kCode},
    {"jpeg", "image/jpeg", kOther},
    {"jpg", "image/jpeg", kOther},
    {"js", "text/javascript", kCode},
    {"json", "application/json", kOther},
    {"jsonl", "application/jsonl", kOther},
    {"jsx", "text/javascript", kCode},
    {"kt", "text/x-kotlin", kCode},
    {"log", "text/plain; charset=utf-8", kOther},
    {"lua", "text/x-lua", kCode},
    {"markdown", "text/markdown", kDocumentation},
    {"md", "text/markdown", kDocumentation},
    {"mdx", "text/markdown", kDocumentation},
    {"ml", "text/x-ocaml", kCode},
    {"mp3", "audio/mpeg", kOther},
    {"mp4", "video/mp4", kOther},
    {"ndjson", "application/x-ndjson", kOther},
    {"nix", "text/x-nix", kCode},
    {"odt", "application/vnd.oasis.opendocument.text", kDocumentation},
    {"org", "text/org", kDocumentation},
    {"pdf", "application/pdf", kDocumentation},
    {"php", "application/x-httpd-php", kCode},
    {"pl", "text/x-perl", kCode},
    {"png", "image/png", kOther},
    {"proto", "text/x-protobuf", kCode},
    {"ps1", "text/x-powershell", kCode},
    {"py", "text/x-python", kCode},
    {"r", "text/x-r", kCode},
    {"rb", "text/x-ruby", kCode},
    {"rs", "text/rust", kCode},
    {"rst", "text/x-rst", kDocumentation},
    {"rtf", "application/rtf", kDocumentation},
    {"scala", "text/x-scala", kCode},
    {"sh", "application/x-sh", kCode},
    {"sol", "text/x-solidity", kCode},
    {"sql", "application/sql", kCode},
    {"svg", "image/svg+xml", kOther},
    {"swift", "text/x-swift", kCode},
    {"tar", "application/x-tar", kOther},
    {"tex", "application/x-tex", kDocumentation},
    {"toml", "application/toml", kOther},
    {"ts", "text/x-typescript", kCode},
    {"tsx", "text/x-typescript", kCode},
    {"txt", "text/plain; charset=utf-8", kDocumentation},
    {"wasm", "application/wasm", kOther},
    {"wav", "audio/wav", kOther},
    {"webp", "image/webp", kOther},
    {"xml", "application/xml", kOther},
    {"yaml", "application/yaml", kOther},
    {"yml", "application/yaml", kOther},
    {"zig", "text/x-zig", kCode},
    {"zip", "application/zip", kOther},
    {"zst", "application/zstd", kOther},
};

struct Magic {
  std::string_view bytes, media;
};

constexpr Magic kMagic[] = {
    {"\x89PNG\r\n\x1a\n", "image/png"},
    {"\xff\xd8\xff", "image/jpeg"},
    {"GIF87a", "image/gif"},
    {"GIF89a", "image/gif"},
    {"%PDF-", "application/pdf"},
    {"PK\x03\x04", "application/zip"},
    {"\x1f\x8b", "application/gzip"},
    {"\x28\xb5\x2f\xfd", "application/zstd"},
};

}  // namespace

std::string to_valid_utf8(std::string_view text, std::size_t limit) {
  if (ipld::valid_utf8(text)) return std::string(cut_at_character(text, limit));
  std::string out;
  while (!text.empty()) {
    auto length = character_length(text);
    auto piece = length == 0 ? kReplacement : text.substr(0, length);
    if (out.size() + piece.size() > limit) break;
    out += piece;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

bool is_text(base::BytesView bytes, bool whole) {
  auto text = base::as_text(bytes);
  if (text.find('\0') != std::string_view::npos) return false;
  if (!whole) {
    // A character cut at the end is at most three bytes of a longer one.
    std::size_t back = 0;
    while (back < std::min<std::size_t>(3, text.size()) && (text[text.size() - 1 - back] & 0xc0) == 0x80) ++back;
    if (back < text.size() && (text[text.size() - 1 - back] & 0xc0) == 0xc0 &&
        character_length(text.substr(text.size() - 1 - back)) == 0)
      text.remove_suffix(back + 1);
  }
  return ipld::valid_utf8(text);
}

IndexText index_text(base::BytesView content) {
  bool cut = content.size() > kMaxIndexedText;
  if (!is_text(content.first(std::min(content.size(), kMaxIndexedText)), !cut)) return {};
  return {cut_at_character(base::as_text(content), kMaxIndexedText), cut};
}

std::string first_line(std::string_view text) {
  static constexpr std::string_view kBlank = " \t\r\n\f\v";
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto begin = line.find_first_not_of(" \t\r\f\v#/*=-;<!\xef\xbb\xbf");
    if (begin == std::string_view::npos) continue;
    line.remove_prefix(begin);
    line = line.substr(0, line.find_last_not_of(kBlank) + 1);
    auto cut = cut_at_character(line, kFirstLine);
    return to_valid_utf8(cut, kFirstLine);
  }
  return {};
}

FileType file_type(std::string_view name) {
  auto slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  if (name == "Makefile" || name == "Dockerfile" || name == "CMakeLists.txt")
    return {"text/plain; charset=utf-8", kCode};
  auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > 12) return {};
  std::string extension(name.substr(dot + 1));
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  auto found = std::lower_bound(std::begin(kExtensions), std::end(kExtensions), extension,
                                [](const Extension& entry, const std::string& wanted) { return entry.name < wanted; });
  if (found == std::end(kExtensions) || found->name != extension) return {};
  return {found->media, found->type};
}

std::string_view sniff_media(base::BytesView beginning, bool whole) {
  auto text = base::as_text(beginning);
  for (const auto& magic : kMagic)
    if (text.starts_with(magic.bytes)) return magic.media;
  return is_text(beginning, whole) ? "text/plain; charset=utf-8" : "application/octet-stream";
}

}  // namespace openmcp::context
