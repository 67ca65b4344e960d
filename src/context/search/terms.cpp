#include "context/search/terms.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

#include "context/search/query.hpp"
#include "context/search/stop_words.hpp"
#include "context/search/unicode.hpp"
#include "context/text.hpp"

namespace openmcp::context::search {

namespace {

constexpr std::size_t kMaxPhraseWords = 32;

struct Word {
  std::string word, stem;
  bool part, lone;
};

std::vector<Word> words_of(Tokenizer& tokenizer, std::string_view text) {
  struct Collect final : TokenSink {
    std::vector<Word> words;
    int token(const Token& t) override {
      words.push_back({std::string(t.word), std::string(t.stem), t.part, t.lone});
      return SQLITE_OK;
    }
  } collect;
  tokenizer.each(text, Tokenizer::Purpose::query, collect);
  return std::move(collect.words);
}

bool is_quote(char32_t c) { return c == U'"' || c == U'\u201c' || c == U'\u201d' || c == U'\u201e'; }

class Parser {
public:
  explicit Parser(Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  Terms parse(std::string_view text) {
    bool fresh = true;  // at the beginning of a word
    for (std::size_t at = 0; at < text.size();) {
      auto point = code_point_at(text, at);
      if (is_blank(point.value)) {
        fresh = true;
        at += point.length;
        continue;
      }
      bool excluded = false;
      if (fresh && point.value == U'-' && at + 1 < text.size()) {
        auto next = code_point_at(text, at + 1);
        if (!is_blank(next.value) && next.value != U'-') {
          excluded = true;
          ++at;
          point = next;
        }
      }
      fresh = false;
      if (is_quote(point.value)) {
        auto begin = at + point.length;
        auto end = find_quote(text, begin);
        if (end != std::string_view::npos) {
          phrase(text.substr(begin, end - begin), excluded ? Role::excluded : Role::required);
          at = end + code_point_at(text, end).length;
          fresh = true;
          continue;
        }
        at = begin;  // never closed: only a character
      }
      auto end = at;
      while (end < text.size()) {
        auto next = code_point_at(text, end);
        if (is_blank(next.value) || is_quote(next.value)) break;
        end += next.length;
      }
      auto chunk = text.substr(at, end - at);
      if (excluded)
        phrase(chunk, Role::excluded);
      else
        words(chunk);
      at = end;
    }
    if (!terms_.ranked())
      for (auto& term : stop_words_) add(std::move(term));
    if (dropped_ > 0) terms_.notes.push_back(fmt::format("ignored {} words beyond {}", dropped_, max_query_words));
    return std::move(terms_);
  }

private:
  static std::size_t find_quote(std::string_view text, std::size_t at) {
    while (at < text.size()) {
      auto point = code_point_at(text, at);
      if (is_quote(point.value)) return at;
      at += point.length;
    }
    return std::string_view::npos;
  }

  void words(std::string_view chunk) {
    for (auto& word : words_of(tokenizer_, chunk)) {
      bool stop = is_stop_word(word.word);
      Term term{{std::move(word.word)}, {std::move(word.stem)}, word.lone, Role::optional};
      if (stop)
        stop_words_.push_back(std::move(term));
      else
        add(std::move(term));
    }
  }

  void phrase(std::string_view text, Role role) {
    Term term;
    term.role = role;
    for (auto& word : words_of(tokenizer_, text)) {
      if (word.part) continue;
      if (term.words.size() == kMaxPhraseWords) {
        terms_.notes.push_back(fmt::format("only the first {} words of a phrase count", kMaxPhraseWords));
        break;
      }
      term.prefix = word.lone;
      term.words.push_back(std::move(word.word));
      term.stems.push_back(std::move(word.stem));
    }
    if (!term.words.empty()) add(std::move(term));
  }

  void add(Term term) {
    auto same = std::find_if(terms_.all.begin(), terms_.all.end(), [&](const Term& other) {
      return other.stems == term.stems && other.prefix == term.prefix;
    });
    if (same != terms_.all.end())
      same->role = std::max(same->role, term.role);
    else if (terms_.all.size() == max_query_words)
      ++dropped_;
    else
      terms_.all.push_back(std::move(term));
  }

  Tokenizer& tokenizer_;
  Terms terms_;
  std::vector<Term> stop_words_;
  std::size_t dropped_ = 0;
};

}  // namespace

std::string Term::text() const { return fmt::format("{}", fmt::join(stems, " ")); }

std::string Term::match() const {
  // Words are letters and digits, whatever the query held: nothing in them is syntax.
  return fmt::format("\"{}\"{}", fmt::join(words, " "), prefix ? " *" : "");
}

bool Terms::ranked() const {
  return std::any_of(all.begin(), all.end(), [](const Term& term) { return term.role != Role::excluded; });
}

Terms parse_terms(Tokenizer& tokenizer, std::string_view text) {
  bool cut = text.size() > max_query_bytes;
  auto clean = to_valid_utf8(text.substr(0, max_query_bytes), max_query_bytes);
  auto terms = Parser(tokenizer).parse(clean);
  if (cut) terms.notes.push_back(fmt::format("ignored the text beyond {} bytes", max_query_bytes));
  return terms;
}

}  // namespace openmcp::context::search
