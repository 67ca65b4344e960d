#include "api/gateway/content_type.hpp"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/stream_parser.hpp>
#include <utility>

#include "http/headers.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::api::gateway {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kUnknown = "application/octet-stream";

struct Extension {
  std::string_view extension, type;
};
constexpr auto kExtensions = std::to_array<Extension>({
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"apng", "image/apng"},
    {"avif", "image/avif"},
    {"avi", "video/x-msvideo"},
    {"bin", "application/octet-stream"},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/plain; charset=utf-8"},
    {"car", "application/vnd.ipld.car"},
    {"cbor", "application/cbor"},
    {"cpp", "text/plain; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"geojson", "application/geo+json"},
    {"gif", "image/gif"},
    {"go", "text/plain; charset=utf-8"},
    {"gz", "application/gzip"},
    {"h", "text/plain; charset=utf-8"},
    {"heic", "image/heic"},
    {"hpp", "text/plain; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar; charset=utf-8"},
    {"java", "text/plain; charset=utf-8"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"jxl", "image/jxl"},
    {"log", "text/plain; charset=utf-8"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"map", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mid", "audio/midi"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", "application/postscript"},
    {"py", "text/plain; charset=utf-8"},
    {"rs", "text/plain; charset=utf-8"},
    {"rss", "application/rss+xml"},
    {"rtf", "application/rtf"},
    {"sh", "text/plain; charset=utf-8"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "text/plain; charset=utf-8"},
    {"ts", "text/plain; charset=utf-8"},
    {"tsv", "text/tab-separated-values; charset=utf-8"},
    {"tsx", "text/plain; charset=utf-8"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml"},
    {"yaml", "text/plain; charset=utf-8"},
    {"yml", "text/plain; charset=utf-8"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
});

struct Magic {
  std::size_t offset;
  std::string_view bytes, type;
};
using namespace std::string_view_literals;
constexpr auto kMagic = std::to_array<Magic>({
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    {0, "\xff\xd8\xff"sv, "image/jpeg"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {8, "WEBPVP"sv, "image/webp"},
    {0, "BM"sv, "image/bmp"},
    {0, "\0\0\1\0"sv, "image/vnd.microsoft.icon"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {4, "ftypavif"sv, "image/avif"},
    {4, "ftypheic"sv, "image/heic"},
    {4, "ftypM4A "sv, "audio/mp4"},
    {4, "ftypqt  "sv, "video/quicktime"},
    {4, "ftyp"sv, "video/mp4"},
    {0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
    {8, "AVI LIST"sv, "video/x-msvideo"},
    {8, "WAVE"sv, "audio/wav"},
    {0, "OggS\0"sv, "application/ogg"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "\xff\xfb"sv, "audio/mpeg"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "PK\3\4"sv, "application/zip"},
    {0, "\x1f\x8b\x08"sv, "application/gzip"},
    {0, "\x28\xb5\x2f\xfd"sv, "application/zstd"},
    {0, "BZh"sv, "application/x-bzip2"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "application/x-7z-compressed"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "application/x-xz"},
    {257, "ustar"sv, "application/x-tar"},
    {0, "\0asm"sv, "application/wasm"},
    {0, "wOFF"sv, "font/woff"},
    {0, "wOF2"sv, "font/woff2"},
    {0, "\0\1\0\0\0"sv, "font/ttf"},
    {0, "OTTO"sv, "font/otf"},
});

bool begins(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && http::equal_without_case(text.substr(0, with.size()), with);
}

/// So far it reads as JSON.
bool is_json(std::string_view text, bool whole) {
  boost::json::monotonic_resource memory;
  boost::json::parse_options options;
  options.max_depth = 128;
  boost::json::stream_parser parser({}, options);
  parser.reset(&memory);
  boost::json::error_code failure;
  parser.write(text.data(), text.size(), failure);
  if (failure) return false;
  if (!whole) return true;
  parser.finish(failure);
  return !failure;
}

/// Valid UTF-8, perhaps cut in the middle of a character, without control characters that no text has.
bool is_text(std::string_view text, bool whole) {
  for (unsigned char c : text) {
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b) return false;
  }
  if (ipld::valid_utf8(text)) return true;
  if (whole) return false;
  for (std::size_t cut = 1; cut <= 3 && cut < text.size(); ++cut)
    if (ipld::valid_utf8(text.substr(0, text.size() - cut))) return true;
  return false;
}

}  // namespace

std::string_view type_by_name(std::string_view name) noexcept {
  auto dot = name.rfind('.');
  if (dot == name.npos) return {};
  auto extension = name.substr(dot + 1);
  for (auto& row : kExtensions)
    if (http::equal_without_case(row.extension, extension)) return row.type;
  return {};
}

std::string_view sniff_type(base::BytesView start, bool whole) {
  auto text = base::as_text(start);
  if (text.size() > kSniffBytes) {
    text = text.substr(0, kSniffBytes);
    whole = false;
  }
  for (auto& magic : kMagic)
    if (text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.bytes)) return magic.type;
  if (text.starts_with("\xff\xfe"sv) || text.starts_with("\xfe\xff"sv)) return "text/plain; charset=utf-16";
  if (!is_text(text, whole)) return kUnknown;
  if (text.starts_with("\xef\xbb\xbf"sv)) text.remove_prefix(3);
  auto first = text.find_first_not_of(" \t\r\n\f");
  if (first == text.npos) return kText;
  auto body = text.substr(first);
  if (begins(body, "<!doctype html") || begins(body, "<html") || begins(body, "<head") || begins(body, "<body")) {
    return "text/html; charset=utf-8";
  }
  if (begins(body, "<svg")) return "image/svg+xml";
  if (begins(body, "<?xml")) {
    return body.find("<svg") != body.npos ? std::string_view("image/svg+xml") : "application/xml";
  }
  if ((body[0] == '{' || body[0] == '[') && is_json(body, whole)) return "application/json";
  return kText;
}

bool is_active(std::string_view type) noexcept {
  return begins(type, "text/html") || begins(type, "application/xhtml") || begins(type, "image/svg") ||
         begins(type, "application/xml") || begins(type, "text/xml") || begins(type, "application/rss");
}

}  // namespace openmcp::api::gateway
