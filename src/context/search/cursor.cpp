#include "context/search/cursor.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace openmcp::context::search {

namespace {

/// Everything that decides the order of hits; not how they are shown.
std::string fingerprint(const Query& query) {
  std::string all;
  auto add = [&](std::string_view text) { all += fmt::format("{}:{},", text.size(), text); };
  auto add_all = [&](const std::vector<std::string>& texts) {
    all += fmt::format("[{}]", texts.size());
    for (const auto& text : texts) add(text);
  };
  add(query.text);
  add_all(query.types);
  add_all(query.tags);
  add_all(query.authors);
  auto time = [&](const std::optional<Micros>& t) { add(t ? fmt::format("{}", *t) : "-"); };
  time(query.from);
  time(query.to);
  all += fmt::format("[{}]", query.contexts.size());
  for (const auto& key : query.contexts) all += base::as_text(key);
  const auto& w = query.weights;
  for (double weight : {w.body, w.before, w.before2, w.after, w.speaker, w.date, w.title, w.tags, w.k1, w.b,
                        w.idf_power, w.smoothing, w.embedding, w.recency, w.half_life_days})
    all += fmt::format("{};", weight);
  all += query.every_passage ? 'p' : 'c';
  auto hash = crypto::murmur3_x64_128(base::as_bytes(all));
  return fmt::format("{:016x}", hash.h1);
}

}  // namespace

std::string write_cursor(const Query& query, std::uint32_t offset) {
  return fmt::format("{}-{}", fingerprint(query), offset);
}

std::uint32_t read_cursor(const Query& query) {
  if (query.cursor.empty()) return 0;
  std::string_view cursor = query.cursor;
  std::uint32_t offset = 0;
  auto own = fingerprint(query);
  bool good = cursor.size() > own.size() + 1 && cursor.starts_with(own) && cursor[own.size()] == '-';
  if (good) {
    auto digits = cursor.substr(own.size() + 1);
    auto [stop, code] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    good = code == std::errc() && stop == digits.data() + digits.size() && offset <= max_ranked;
  }
  if (!good)
    throw base::Error(base::Errc::invalid_argument, "searching: the cursor does not belong to this query",
                      "repeat the query without a cursor, and pass on the one it returns");
  return offset;
}

}  // namespace openmcp::context::search
