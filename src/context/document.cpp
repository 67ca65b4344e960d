#include "context/document.hpp"

#include <charconv>
#include <chrono>
#include <cmath>

#include "context/content.hpp"
#include "context/conversation.hpp"
#include "context/text.hpp"
#include "ipld/unixfs/directory.hpp"
#include "ipld/unixfs/exporter.hpp"

namespace openmcp::context {

namespace {

/// Reads a number of exactly `digits` digits.
bool take_digits(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || text[0] == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool take_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::int64_t take_fraction(std::string_view& text) {
  std::int64_t micros = 0, unit = 100'000;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10)
    micros += (text[0] - '0') * unit;
  return micros;
}

std::optional<std::int64_t> zone_minutes(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  int sign = text[0] == '-' ? -1 : 1, hours = 0, minutes = 0;
  if (!take_char(text, "+-") || !take_digits(text, 2, hours)) return std::nullopt;
  take_char(text, ":");
  if (!text.empty() && !take_digits(text, 2, minutes)) return std::nullopt;
  if (!text.empty() || hours > 23 || minutes > 59) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value < 0)
    return std::nullopt;
  // The year 5138 in seconds, 1973 in milliseconds or microseconds: the size tells the unit.
  if (value < 1e11) return static_cast<std::int64_t>(value * 1e6);
  if (value < 1e14) return static_cast<std::int64_t>(value * 1e3);
  if (value < 1e17) return static_cast<std::int64_t>(value);
  return std::nullopt;
}

std::vector<search::Passage> turns_of(std::string_view text) {
  std::vector<search::Passage> passages;
  // A conversation cut for its length ends in a broken line: what lies before it counts.
  auto turns = parse_conversation(text);
  if (!turns) turns = parse_conversation(text.substr(0, text.rfind('\n') + 1));
  if (!turns) return passages;
  for (auto& turn : *turns) {
    if (turn.text.empty() || passages.size() == search::max_passages) continue;
    passages.push_back(
        {.text = std::move(turn.text), .time = parse_time(turn.time), .speaker = std::move(turn.speaker)});
  }
  return passages;
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  auto rest = text;
  int year = 0, month = 0, day = 0;
  if (!take_digits(rest, 4, year) || !take_char(rest, "-") || !take_digits(rest, 2, month) || !take_char(rest, "-") ||
      !take_digits(rest, 2, day))
    return parse_number(text);
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  int hour = 0, minute = 0, second = 0;
  std::int64_t micros = 0;
  if (take_char(rest, "Tt ")) {
    if (!take_digits(rest, 2, hour) || !take_char(rest, ":") || !take_digits(rest, 2, minute)) return std::nullopt;
    if (take_char(rest, ":") && !take_digits(rest, 2, second)) return std::nullopt;
    if (take_char(rest, ".,")) micros = take_fraction(rest);
  }
  auto zone = zone_minutes(rest);
  if (!zone || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute - *zone) * 60 + second) * 1'000'000 + micros;
}

base::Task<base::SharedBytes> searched_bytes(base::Env& env, ipld::BlockSource& source,
                                             std::shared_ptr<const Manifest> manifest) {
  const auto& content = *manifest->content;
  if (content.codec() == ipld::Codec::raw && manifest->size <= kMaxIndexedText)
    co_return co_await get_block(source, content);
  base::Bytes bytes;
  if (manifest->media_type == kDirectoryMedia) {
    auto each = [&bytes](const ipld::unixfs::DirectoryLink& entry) {
      bytes.insert(bytes.end(), entry.name.begin(), entry.name.end());
      bytes.push_back('\n');
      return bytes.size() < kMaxIndexedText;
    };
    co_await ipld::unixfs::list_directory(source, content, each);
  } else {
    // A beginning that is no text is all that need be read.
    auto sink = [&bytes](base::SharedBytes piece) -> base::Task<void> {
      bytes.insert(bytes.end(), piece.view().begin(), piece.view().end());
      co_return;
    };
    constexpr std::uint64_t kProbe = 64u << 10;
    ipld::unixfs::ByteRange beginning{.offset = 0, .length = std::min(kProbe, manifest->size)};
    co_await ipld::unixfs::read_file(env, source, content, beginning, sink);
    if (is_text(bytes, false)) {
      ipld::unixfs::ByteRange rest{.offset = bytes.size(), .length = kMaxIndexedText + 1 - bytes.size()};
      co_await ipld::unixfs::read_file(env, source, content, rest, sink);
    }
  }
  co_return base::SharedBytes(std::move(bytes));
}

search::SearchDocument make_document(const ipld::Cid& version, const Manifest& manifest, base::BytesView searched) {
  search::SearchDocument document{.context = manifest.id.array(),
                                  .manifest = version.text(),
                                  .type = manifest.type,
                                  .title = manifest.title,
                                  .author = manifest.author.name,
                                  .tags = manifest.tags,
                                  .time = manifest.time,
                                  .passages = {}};
  auto text = index_text(searched).text;
  if (text.empty()) return document;
  if (manifest.type == type::conversation) document.passages = turns_of(text);
  if (document.passages.empty())
    document.passages =
        search::split_text(text, manifest.type == type::code ? search::TextKind::code : search::TextKind::prose);
  return document;
}

}  // namespace openmcp::context
