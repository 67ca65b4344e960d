#include "context/excerpt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "context/assemble.hpp"
#include "context/text.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::context {

namespace {

constexpr std::string_view kBlank = " \t\r\n\f\v";
constexpr std::string_view kGap = "[...]";
constexpr std::uint32_t kGapTokens = 5;  ///< with its line breaks
constexpr std::uint32_t kFewTokens = 12;

std::string when(std::int64_t micros) {
  auto time = std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(micros));
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

/// Where each passage begins in `text`; empty when they are not all in it (turns of a conversation, which are told).
std::vector<std::size_t> places_of(std::string_view text, const std::vector<search::Passage>& passages) {
  std::vector<std::size_t> out;
  std::size_t at = 0;
  for (const auto& passage : passages) {
    if (!passage.speaker.empty() || passage.time) return {};
    auto found = text.find(passage.text, at);
    if (found == std::string_view::npos) return {};
    out.push_back(out.empty() ? 0 : found);
    at = found + passage.text.size();
  }
  return out;
}

std::string_view without_end(std::string_view text) {
  auto last = text.find_last_not_of(kBlank);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// The beginning of a text that costs at most `budget`, cut at a space where there is one near.
std::string cut(std::string_view text, std::uint32_t budget) {
  std::size_t low = 0, high = text.size();
  while (low < high) {
    auto middle = (low + high + 1) / 2;
    if (estimate_tokens(text.substr(0, middle)) <= budget)
      low = middle;
    else
      high = middle - 1;
  }
  while (low > 0 && low < text.size() && (static_cast<unsigned char>(text[low]) & 0xc0) == 0x80) --low;
  if (low < text.size()) {
    auto space = text.find_last_of(kBlank, low);
    if (space != std::string_view::npos && space + 80 > low) low = space;
  }
  return std::string(without_end(text.substr(0, low)));
}

}  // namespace

PassageText::PassageText(std::string_view text, const std::vector<search::Passage>& passages) {
  if (passages.empty()) return;
  begins_ = places_of(text, passages);
  if (!begins_.empty()) {
    text_ = without_end(text);
  } else {
    for (const auto& passage : passages) {
      begins_.push_back(text_.size());
      if (!passage.speaker.empty()) text_ += one_line(passage.speaker, 128);
      if (passage.time) text_ += fmt::format("{}({})", passage.speaker.empty() ? "" : " ", when(*passage.time));
      if (!passage.speaker.empty() || passage.time) text_ += ": ";
      text_ += to_valid_utf8(passage.text, passage.text.size() * 3);
      text_ += '\n';
    }
    text_.pop_back();
  }
  for (std::size_t i = 0; i < begins_.size(); ++i) sizes_.push_back(estimate_tokens(passage(i)));
  tokens_ = estimate_tokens(text_);
}

std::string_view PassageText::passage(std::size_t index) const {
  auto end = index + 1 < begins_.size() ? begins_[index + 1] : text_.size();
  return std::string_view(text_).substr(begins_[index], end - begins_[index]);
}

std::string PassageText::excerpt(const std::vector<std::uint32_t>& hits, std::uint32_t budget) const {
  if (empty() || budget < kFewTokens) return {};
  std::vector<char> chosen(begins_.size());
  std::uint32_t used = kGapTokens;       // at the end
  std::optional<std::string> beginning;  // of a passage that does not fit whole
  std::size_t cut_at = 0;
  bool any = false;
  auto take = [&](std::size_t index) {
    if (index >= chosen.size() || chosen[index]) return false;
    // A passage beside one that is taken closes a gap instead of opening one.
    const bool beside = (index > 0 && chosen[index - 1]) || (index + 1 < chosen.size() && chosen[index + 1]);
    auto cost = sizes_[index] + (beside ? 0 : kGapTokens);
    if (used + cost > budget) {
      if (any) return false;
      beginning = cut(passage(index), budget > used + kGapTokens ? budget - used - kGapTokens : 0);
      cut_at = index;
      used = budget;
    } else {
      used += cost;
    }
    any = true;
    chosen[index] = 1;
    return true;
  };
  std::vector<std::size_t> around;
  for (auto hit : hits)
    if (take(hit)) around.push_back(hit);
  if (around.empty() && take(0)) around.push_back(0);
  for (std::size_t distance = 1; distance < chosen.size() && used < budget; ++distance) {
    bool more = false;
    for (auto at : around) {
      more |= take(at + distance);
      if (at >= distance) more |= take(at - distance);
    }
    if (!more && distance > 8) break;  // what is near is too large
  }

  std::string out;
  bool gap = false;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) {
      gap = true;
      continue;
    }
    if (gap) {
      out = without_end(out);
      if (!out.empty()) out += '\n';
      out += kGap;
      out += '\n';
    }
    gap = false;
    if (beginning && i == cut_at) {
      if (beginning->empty()) return {};
      out += *beginning;
      gap = true;
    } else {
      out += passage(i);
    }
  }
  out = without_end(out);
  if (gap) out += fmt::format("\n{}", kGap);
  return out;
}

std::string fence_for(std::string_view text) {
  std::size_t longest = 2, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(longest + 1, '`');
}

std::string one_line(std::string_view text, std::size_t limit) {
  auto valid = to_valid_utf8(text, limit);
  for (auto& c : valid)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return valid;
}

}  // namespace openmcp::context
