#include "context/search/snippet.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "context/search/unicode.hpp"

namespace openmcp::context::search {

namespace {

struct Match {
  std::size_t begin, end;  ///< bytes of the passage
  std::size_t term;
};

/// All occurrences of the terms, ascending; of those that overlap, each.
class Finder final : public TokenSink {
public:
  explicit Finder(const std::vector<Term>& terms) : terms_(terms), progress_(terms.size()) {}

  int token(const Token& token) override {
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      const auto& term = terms_[t];
      if (term.role == Role::excluded) continue;
      if (term.stems.size() == 1) {
        if (matches(term, 0, token)) matches_.push_back({token.begin, token.end, t});
      } else if (!token.part) {
        advance(t, token);
      }
    }
    return SQLITE_OK;
  }

  std::vector<Match> take() {
    std::ranges::sort(matches_, {}, [](const Match& m) { return std::pair(m.begin, m.end); });
    return std::move(matches_);
  }

private:
  static bool matches(const Term& term, std::size_t word, const Token& token) {
    const auto& stem = term.stems[word];
    bool prefix = term.prefix && word + 1 == term.stems.size();
    return prefix ? token.stem.starts_with(stem) : token.stem == stem;
  }

  /// Phrases under way: where each began and how many words it has.
  void advance(std::size_t t, const Token& token) {
    const auto& term = terms_[t];
    auto& open = progress_[t];
    std::vector<std::pair<std::size_t, std::size_t>> next;
    if (open.size() < term.stems.size()) open.emplace_back(token.begin, 0);
    for (auto [begin, words] : open) {
      if (!matches(term, words, token)) continue;
      if (words + 1 == term.stems.size())
        matches_.push_back({begin, token.end, t});
      else
        next.emplace_back(begin, words + 1);
    }
    open = std::move(next);
  }

  const std::vector<Term>& terms_;
  std::vector<std::vector<std::pair<std::size_t, std::size_t>>> progress_;
  std::vector<Match> matches_;
};

/// The run of matches within `room` bytes that has the most weight of different terms; the first of equal ones.
std::pair<std::size_t, std::size_t> best_run(const std::vector<Match>& matches, const std::vector<double>& weights,
                                             std::size_t terms, std::size_t room) {
  std::vector<std::size_t> counts(terms);
  double weight = 0, best = -1;
  std::pair<std::size_t, std::size_t> run{0, 0};
  std::size_t first = 0;
  for (std::size_t last = 0; last < matches.size(); ++last) {
    auto of = [&](std::size_t i) { return weights[matches[i].term] + 1e-6; };
    if (counts[matches[last].term]++ == 0) weight += of(last);
    while (first < last && matches[last].end - matches[first].begin > room) {
      if (--counts[matches[first].term] == 0) weight -= of(first);
      ++first;
    }
    if (weight > best + 1e-9) {
      best = weight;
      run = {first, last};
    }
  }
  return run;
}

bool space_before(std::string_view text, std::size_t at) {
  return at == 0 || static_cast<unsigned char>(text[at - 1]) <= 0x20;
}

/// The nearest good place to begin, at `from` or up to `to` behind it.
std::size_t begin_near(std::string_view text, std::size_t from, std::size_t to) {
  if (from == 0) return 0;
  for (auto at = from; at < to; ++at)
    if (space_before(text, at) && static_cast<unsigned char>(text[at]) > 0x20) return at;
  for (auto at = from; at < to; ++at)
    if (is_character_boundary(text, at)) return at;
  return to;
}

/// The nearest good place to end, at `from` or down to `to` before it.
std::size_t end_near(std::string_view text, std::size_t from, std::size_t to) {
  if (from >= text.size()) return text.size();
  for (auto at = from; at > to; --at)
    if (static_cast<unsigned char>(text[at]) <= 0x20) return at;
  for (auto at = from; at > to; --at)
    if (is_character_boundary(text, at)) return at;
  return to;
}

/// Writes [begin, end) with blanks as single spaces, and the matches in it as highlights.
void write(std::string_view text, std::size_t begin, std::size_t end, const std::vector<Match>& matches,
           Snippet& into) {
  auto next = std::ranges::find_if(matches, [&](const Match& m) { return m.begin >= begin; });
  auto part = text.substr(0, end);
  bool space = false;
  std::size_t open_until = 0;
  for (auto at = begin; at < end;) {
    auto point = code_point_at(part, at);
    if (open_until != 0 && at >= open_until) {
      into.highlights.back().end = static_cast<std::uint32_t>(into.text.size());
      open_until = 0;
    }
    if (is_blank(point.value)) {
      space = !into.text.empty();
    } else if (point.value != 0xfffd || point.length != 1) {  // else torn by the limit
      if (space) into.text += ' ';
      space = false;
      for (; next != matches.end() && next->begin <= at; ++next) {
        if (next->end > end || next->end <= at) continue;
        if (open_until == 0) {
          auto here = static_cast<std::uint32_t>(into.text.size());
          into.highlights.push_back({here, here});
        }
        open_until = std::max(open_until, next->end);
      }
      into.text += part.substr(at, point.length);
    }
    at += point.length;
  }
  if (open_until != 0) into.highlights.back().end = static_cast<std::uint32_t>(into.text.size());
}

}  // namespace

Snippet make_snippet(Tokenizer& tokenizer, std::string_view passage, const std::vector<Term>& terms,
                     const std::vector<double>& weights, std::size_t limit) {
  Snippet snippet;
  if (limit == 0 || passage.empty()) return snippet;
  Finder finder(terms);
  tokenizer.each(passage, Tokenizer::Purpose::document, finder);
  auto matches = finder.take();

  std::size_t begin = 0, end = passage.size();
  if (passage.size() > limit) {
    std::size_t from = 0, to = 0;
    if (!matches.empty()) {
      auto [first, last] = best_run(matches, weights, terms.size(), limit);
      from = matches[first].begin;
      to = from;
      for (auto i = first; i <= last; ++i) to = std::max(to, matches[i].end);
      to = std::min(to, from + limit);
    }
    // A third of the room before the first match, the rest behind the last; at the ends of the passage it shifts.
    auto room = limit - (to - from);
    auto before = std::min(from, room / 3);
    auto after = std::min(passage.size() - to, room - before);
    before = std::min(from, room - after);
    begin = begin_near(passage, from - before, from);
    end = end_near(passage, std::min(to + after, passage.size()), std::max(to, begin + 1));
    if (end - begin > limit) {  // one match is longer than all the room
      end = begin + limit;
      while (end > begin && !is_character_boundary(passage, end)) --end;
    }
  }
  write(passage, begin, end, matches, snippet);
  auto blank = [](std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
  };
  snippet.cut_before = !blank(passage.substr(0, begin));
  snippet.cut_after = !blank(passage.substr(end));
  return snippet;
}

std::string marked(const Hit& hit, std::string_view open, std::string_view close) {
  static constexpr std::string_view kCut = "…";
  std::string out;
  if (hit.cut_before) out += kCut;
  std::size_t at = 0;
  for (auto [begin, end] : hit.highlights) {
    out.append(hit.snippet, at, begin - at);
    out += open;
    out.append(hit.snippet, begin, end - begin);
    out += close;
    at = end;
  }
  out.append(hit.snippet, at);
  if (hit.cut_after) out += kCut;
  return out;
}

}  // namespace openmcp::context::search
