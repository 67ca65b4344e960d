#include "context/search/passages.hpp"

#include <algorithm>

#include "context/search/unicode.hpp"

namespace openmcp::context::search {

namespace {

// How good it is to begin a passage at a line.
enum class Strength : unsigned char { line, paragraph, definition, heading };

struct Line {
  std::size_t begin;
  Strength strength;
};

constexpr std::string_view kBlank = " \t\r\n\f\v";
constexpr std::size_t kShort = passage_target / 4;  // a heading does not end a passage below this

bool blank(std::string_view line) { return line.find_first_not_of(kBlank) == std::string_view::npos; }

bool is_fence(std::string_view line) {
  auto begin = line.find_first_not_of(' ');
  return begin <= 3 && (line.substr(begin).starts_with("```") || line.substr(begin).starts_with("~~~"));
}

bool is_heading(std::string_view line) {
  auto level = line.find_first_not_of('#');
  return level != std::string_view::npos && level >= 1 && level <= 6 && (line[level] == ' ' || line[level] == '\t');
}

/// The line under a title: "=====" or "-----".
bool is_underline(std::string_view line) {
  auto end = line.find_last_not_of(kBlank);
  if (end == std::string_view::npos || end < 2 || (line[0] != '=' && line[0] != '-')) return false;
  return line.substr(0, end + 1).find_first_not_of(line[0]) == std::string_view::npos;
}

bool begins_definition(std::string_view line) {
  static constexpr std::string_view kInside = " \t)}]";
  return !line.empty() && kInside.find(line[0]) == std::string_view::npos;
}

std::vector<Line> lines_of(std::string_view text, TextKind kind) {
  std::vector<Line> lines;
  bool fenced = false, after_blank = true, before_that_blank = true;
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    end = end == std::string_view::npos ? text.size() : end + 1;
    auto line = text.substr(at, end - at);
    auto strength = after_blank && !blank(line) ? Strength::paragraph : Strength::line;
    if (kind == TextKind::code) {
      if (strength == Strength::paragraph && begins_definition(line)) strength = Strength::definition;
    } else if (is_fence(line)) {
      fenced = !fenced;
      if (!fenced) strength = Strength::line;
    } else if (!fenced) {
      if (is_heading(line)) strength = Strength::heading;
      if (!after_blank && before_that_blank && is_underline(line)) lines.back().strength = Strength::heading;
    }
    lines.push_back({at, strength});
    before_that_blank = after_blank;
    after_blank = blank(line);
    at = end;
  }
  return lines;
}

/// Where to cut inside a line that is too long: [low, high] are offsets in text.
std::size_t cut_inside(std::string_view text, std::size_t low, std::size_t high) {
  auto part = text.substr(0, high);
  std::size_t space = 0;
  for (std::size_t at = high - 1; at > low; --at) {
    bool is_space = kBlank.find(part[at]) != std::string_view::npos;
    if (!is_space) {
      if (part.substr(at).starts_with("\u3002")) return std::min(high, at + 3);  // ideographic full stop
      continue;
    }
    if (space == 0) space = at + 1;
    if (part[at - 1] == '.' || part[at - 1] == '!' || part[at - 1] == '?' || part[at - 1] == ';') return at + 1;
  }
  if (space != 0) return space;
  for (std::size_t at = high; at > high - 128; --at)
    if (is_character_boundary(text, at)) return at;
  return high;
}

class Splitter {
public:
  Splitter(std::string_view text, TextKind kind) : text_(text), lines_(lines_of(text, kind)) {}

  std::size_t next(std::size_t begin) {
    while (first_ < lines_.size() && lines_[first_].begin <= begin) ++first_;
    auto limit = begin + passage_limit;
    std::size_t best[4] = {};  // by strength: the last at most `target` far, or else the first behind
    for (std::size_t i = first_; i < lines_.size() && lines_[i].begin <= limit; ++i) {
      auto at = lines_[i].begin;
      auto strength = lines_[i].strength;
      if (strength == Strength::heading) {
        if (at - begin >= kShort) {
          best[static_cast<int>(strength)] = at;
          break;
        }
        continue;
      }
      auto& known = best[static_cast<int>(strength)];
      if (at - begin >= passage_target / 2 && (at - begin <= passage_target || known == 0)) known = at;
    }
    auto heading = best[static_cast<int>(Strength::heading)];
    if (heading != 0 && heading - begin <= passage_target) return heading;
    auto end = heading != 0 ? heading : text_.size();
    if (end - begin <= passage_target + kShort) return end;
    for (int strength = static_cast<int>(Strength::definition); strength >= 0; --strength)
      if (best[strength] != 0 && best[strength] < end) return best[strength];
    if (end - begin <= passage_limit) return end;
    return cut_inside(text_, begin + passage_target / 2, limit);
  }

private:
  std::string_view text_;
  std::vector<Line> lines_;
  std::size_t first_ = 0;
};

}  // namespace

std::vector<Passage> split_text(std::string_view text, TextKind kind) {
  std::vector<Passage> passages;
  Splitter splitter(text, kind);
  for (std::size_t begin = 0; begin < text.size() && passages.size() < max_passages;) {
    auto end = splitter.next(begin);
    auto part = text.substr(begin, end - begin);
    begin = end;
    auto last = part.find_last_not_of(kBlank);
    if (last == std::string_view::npos) continue;
    part = part.substr(0, last + 1);
    // Code keeps the indentation of its first line.
    auto first = part.find_first_not_of(kBlank);
    if (kind == TextKind::code) {
      auto line = part.rfind('\n', first);
      first = line == std::string_view::npos ? 0 : line + 1;
    }
    passages.push_back({std::string(part.substr(first)), std::nullopt, {}});
  }
  return passages;
}

}  // namespace openmcp::context::search
