#include "api/byte_ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/syntax.hpp"

namespace openmcp::api {

using http::trimmed;

namespace {

/// Digits only; larger numbers than fit are the largest one.
std::optional<std::uint64_t> parse_place(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  std::uint64_t value = 0;
  auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? value : ~std::uint64_t{0};
}

/// "0-99", "7-", "-5": nullopt when it is none of these, length 0 when none of it is there.
std::optional<ByteSpan> parse_span(std::string_view text, std::uint64_t size) {
  const auto dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto from = trimmed(text.substr(0, dash)), to = trimmed(text.substr(dash + 1));
  if (from.empty()) {
    const auto back = parse_place(to);
    if (!back) return std::nullopt;
    const auto length = std::min(*back, size);
    return ByteSpan{.offset = size - length, .length = length};
  }
  const auto begin = parse_place(from);
  const auto end = to.empty() ? std::optional(~std::uint64_t{0}) : parse_place(to);
  if (!begin || !end || *end < *begin) return std::nullopt;
  if (*begin >= size) return ByteSpan{};
  return ByteSpan{.offset = *begin, .length = std::min(*end, size - 1) - *begin + 1};
}

bool overlap(std::vector<ByteSpan> spans) {
  std::ranges::sort(spans, {}, &ByteSpan::offset);
  auto touches = [](const ByteSpan& one, const ByteSpan& next) { return next.offset - one.offset < one.length; };
  return std::ranges::adjacent_find(spans, touches) != spans.end();
}

std::string content_range(const ByteSpan& span, std::uint64_t size) {
  return fmt::format("bytes {}-{}/{}", span.offset, span.offset + span.length - 1, size);
}

}  // namespace

RangeChoice choose_ranges(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!field.starts_with(kUnit)) return {};
  field.remove_prefix(kUnit.size());
  RangeChoice choice;
  std::size_t count = 0;
  while (!field.empty()) {
    const auto comma = field.find(',');
    const auto text = trimmed(field.substr(0, comma));
    field = comma == field.npos ? std::string_view() : field.substr(comma + 1);
    if (text.empty()) continue;
    const auto span = parse_span(text, size);
    if (!span || ++count > kMaxRanges) return {};
    if (span->length > 0) choice.spans.push_back(*span);
  }
  if (count > 0 && choice.spans.empty()) choice.satisfiable = false;
  if (overlap(choice.spans)) return {};
  return choice;
}

RangedBody::RangedBody(base::Env& env, std::vector<ByteSpan> spans, std::uint64_t size, http::Headers& headers)
    : whole_(spans.empty()), spans_(std::move(spans)) {
  if (whole_) {
    spans_.push_back({.offset = 0, .length = size});
    return;
  }
  if (spans_.size() == 1) {
    headers.set("Content-Range", content_range(spans_.front(), size));
    return;
  }
  // By chance: what is sent cannot have been made to contain it.
  base::Bytes chance(16);
  env.random(chance);
  const auto boundary = base::to_hex(chance);
  const std::string type(headers.get("Content-Type"));
  for (const auto& span : spans_)
    before_.push_back(fmt::format("{}--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
                                  before_.empty() ? "" : "\r\n", boundary, type, content_range(span, size)));
  end_ = fmt::format("\r\n--{}--\r\n", boundary);
  headers.set("Content-Type", "multipart/byteranges; boundary=" + boundary);
}

std::uint64_t RangedBody::length() const noexcept {
  std::uint64_t length = end_.size();
  for (const auto& span : spans_) length += span.length;
  for (const auto& text : before_) length += text.size();
  return length;
}

base::Task<void> RangedBody::send(ReadSpan read, ipld::ByteSink sink) const {
  std::string before;
  auto put = [&sink](std::string text) { return sink(base::SharedBytes(base::to_bytes(text))); };
  ipld::ByteSink out = [&before, &put, &sink](base::SharedBytes bytes) -> base::Task<void> {
    if (!before.empty()) co_await put(std::exchange(before, {}));
    co_await sink(std::move(bytes));
  };
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    if (!before_.empty()) before = before_[i];
    co_await read(spans_[i], out);
  }
  if (!end_.empty()) co_await put(end_);
}

}  // namespace openmcp::api
