#include "api/gateway/ranges.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace openmcp::api::gateway {
namespace {

constexpr int kMaxRanges = 64;

/// Digits only; larger numbers than fit are the largest one.
std::optional<std::uint64_t> parse_place(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  std::uint64_t value = 0;
  auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? value : ~std::uint64_t{0};
}

std::string_view trim(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

RangeChoice choose_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return {};
  header.remove_prefix(kUnit.size());
  RangeChoice choice;
  for (int count = 0; !header.empty(); ++count) {
    if (count == kMaxRanges) return {};
    auto comma = header.find(',');
    auto spec = trim(header.substr(0, comma));
    header = comma == header.npos ? std::string_view() : header.substr(comma + 1);
    if (spec.empty()) continue;
    auto dash = spec.find('-');
    if (dash == spec.npos) return {};
    auto from = trim(spec.substr(0, dash)), to = trim(spec.substr(dash + 1));
    std::uint64_t first = 0, last = 0;
    bool can = size > 0;
    if (from.empty()) {
      auto count_back = parse_place(to);
      if (!count_back) return {};
      can = can && *count_back > 0;
      first = *count_back >= size ? 0 : size - *count_back;
      last = size - 1;
    } else {
      auto begin = parse_place(from);
      auto end = to.empty() ? std::optional(~std::uint64_t{0}) : parse_place(to);
      if (!begin || !end || *end < *begin) return {};
      can = can && *begin < size;
      first = *begin;
      last = std::min(*end, size - 1);
    }
    if (can && choice.kind != RangeChoice::Kind::part) {
      choice = {.kind = RangeChoice::Kind::part, .first = first, .length = last - first + 1};
    } else if (!can && choice.kind == RangeChoice::Kind::whole) {
      choice.kind = RangeChoice::Kind::unsatisfiable;
    }
  }
  return choice;
}

}  // namespace openmcp::api::gateway
