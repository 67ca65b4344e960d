#include "context/search/stop_words.hpp"

#include <algorithm>
#include <array>

namespace openmcp::context::search {

namespace {

// Ascending.
constexpr auto kStopWords = std::to_array<std::string_view>({
    "a",      "about",   "after",  "again",   "all",   "am",     "an",    "and",     "any",   "are",   "aren",
    "as",     "at",      "be",     "because", "been",  "before", "being", "between", "both",  "but",   "by",
    "can",    "could",   "couldn", "d",       "did",   "didn",   "do",    "does",    "doesn", "doing", "don",
    "down",   "during",  "each",   "few",     "for",   "from",   "had",   "hadn",    "has",   "hasn",  "have",
    "haven",  "having",  "he",     "her",     "hers",  "him",    "his",   "how",     "i",     "if",    "in",
    "into",   "is",      "isn",    "it",      "its",   "just",   "ll",    "m",       "me",    "more",  "most",
    "my",     "no",      "nor",    "not",     "now",   "of",     "off",   "on",      "once",  "only",  "or",
    "other",  "our",     "ours",   "out",     "over",  "own",    "re",    "s",       "same",  "shan",  "she",
    "should", "shouldn", "so",     "some",    "such",  "t",      "than",  "that",    "the",   "their", "theirs",
    "them",   "then",    "there",  "these",   "they",  "this",   "those", "through", "to",    "too",   "under",
    "until",  "up",      "us",     "ve",      "very",  "was",    "wasn",  "we",      "were",  "weren", "what",
    "when",   "where",   "which",  "while",   "who",   "whom",   "whose", "why",     "will",  "with",  "won",
    "would",  "wouldn",  "you",    "your",    "yours",
});
static_assert(std::is_sorted(kStopWords.begin(), kStopWords.end()));

}  // namespace

bool is_stop_word(std::string_view word) noexcept {
  return word.size() <= 8 && std::binary_search(kStopWords.begin(), kStopWords.end(), word);
}

}  // namespace openmcp::context::search
