// What is asked of the search index and what comes back. Plain data; everything has a bound.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openmcp::context::search {

/// A context's id: the 16 bytes of its UUIDv7.
using ContextKey = std::array<std::uint8_t, 16>;

/// Microseconds since 1970-01-01T00:00:00Z.
using Micros = std::int64_t;

/// How the parts of a score are weighed. The defaults were tuned on five conversations of LoCoMo (bench/retrieval).
///
/// A passage's BM25 is the sum over the words of the query of idf^idf_power * f * (k1 + 1) / (f + k1 * (1 - b + b *
/// length / average)), where f counts the word's occurrences, each with the weight of where it stands; a word in the
/// title or tags adds its own such sum (of length average) to every passage of the context.
struct Weights {
  double body = 1.0;     ///< in the passage itself
  double before = 0.4;   ///< in the passage before
  double before2 = 0.3;  ///< in the one before that
  double after = 0.3;    ///< in the next passage
  double speaker = 1.0;  ///< in the name of who said it
  double date = 1.0;     ///< in the date of the passage or context ("2024 05 03 may friday")
  double title = 1.5;    ///< in the context's title
  double tags = 1.0;     ///< in the context's tags

  double k1 = 0.6, b = 0.75, idf_power = 0.8;
  double smoothing = 10;  ///< words added to every length: very short passages do not win by being short

  double embedding = 0.5;  ///< times the cosine, beside BM25 divided by the query's maximum; 0: BM25 only
  double recency = 0.0;    ///< times 2^(-age / half_life), age measured from the newest context
  double half_life_days = 90;
};

struct Query {
  /// Free text. Words are OR-ed, stop words dropped (unless there is nothing else); "a phrase" must occur; -word and
  /// -"a phrase" must not. No other syntax: every other character separates words, so no text is an error. Text beyond
  /// max_query_bytes and words beyond max_query_words are ignored (and noted in the result). Empty: all contexts that
  /// pass the filters, newest first.
  std::string text = {};

  std::vector<std::string> types = {};    ///< any of these; empty: any type
  std::vector<std::string> tags = {};     ///< all of these
  std::vector<std::string> authors = {};  ///< any of these; empty: any author
  /// from <= time < to, of the passage when it has a time, else of the context.
  std::optional<Micros> from = {}, to = {};
  std::vector<ContextKey> contexts = {};  ///< only these; empty: all

  std::uint32_t limit = 10;    ///< contexts a page, 1..max_limit (clamped)
  std::string cursor = {};     ///< SearchResult::next of the page before; of another query: Error invalid_argument
  bool every_passage = false;  ///< each matching passage is a hit, instead of the best of each context

  std::uint32_t snippet_bytes = 320;  ///< longest snippet, at most max_snippet_bytes; 0: none
  bool explain = false;               ///< fill Score::terms
  Weights weights = {};
};

inline constexpr std::size_t max_query_bytes = 8192;
inline constexpr std::size_t max_query_words = 64;
inline constexpr std::uint32_t max_limit = 100;
inline constexpr std::uint32_t max_snippet_bytes = 4096;
/// How many contexts (or passages) one query ranks at most: the end of paging.
inline constexpr std::uint32_t max_ranked = 1000;

/// One word's (or phrase's) part in a score. Counts are occurrences.
struct TermScore {
  std::string term = {};   ///< as indexed: folded and stemmed
  std::uint32_t rows = 0;  ///< passages and titles that hold it
  double idf = 0;
  std::uint32_t body = 0, before = 0, before2 = 0, after = 0, speaker = 0, date = 0, title = 0, tags = 0;
  double score = 0;
};

/// fused = bm25 / bm25_max + embedding_weight * cosine + recency_weight * recency, absent parts being 0.
struct Score {
  double fused = 0;
  double bm25 = 0;                    ///< the sum of terms[].score
  double bm25_max = 0;                ///< the largest bm25 of this query (0: no word matched, the first part is then 0)
  std::optional<double> cosine = {};  ///< nullopt: no embeddings, or nothing to compare
  double embedding_weight = 0;
  double recency = 0;
  double recency_weight = 0;
  std::vector<TermScore> terms = {};  ///< only when asked to explain
};

/// Bytes [begin, end) of a snippet.
struct Range {
  std::uint32_t begin, end;
  bool operator==(const Range&) const = default;
};

struct Hit {
  ContextKey context{};
  std::string manifest = {};  ///< as given in SearchDocument
  std::string type = {}, title = {}, author = {};
  std::vector<std::string> tags = {};
  Micros time = 0;  ///< of the version

  std::uint32_t passage = 0;                ///< number of the best passage, from 0
  std::uint32_t passages = 0;               ///< how many the context has
  std::optional<Micros> passage_time = {};  ///< its own time, when it has one
  std::string speaker = {};
  std::string snippet = {};                    ///< valid UTF-8, cut at characters and, where possible, at words
  std::vector<Range> highlights = {};          ///< the matching words in it, ascending, not overlapping
  bool cut_before = false, cut_after = false;  ///< the passage goes on before or after the snippet

  Score score = {};
};

struct SearchResult {
  std::vector<Hit> hits = {};
  std::string next = {};    ///< cursor of the next page; empty: this was the last
  std::uint32_t total = 0;  ///< contexts (or passages) ranked, at most max_ranked
  bool more = false;        ///< more match than are ranked
  /// What the reader of the scores should know: "embeddings: not found", "ignored 12 words beyond 64".
  std::vector<std::string> notes = {};
};

/// The snippet with `open` before and `close` after each highlight, and "…" where it was cut.
std::string marked(const Hit& hit, std::string_view open, std::string_view close);

}  // namespace openmcp::context::search
