// Passage vectors: what a passage is about, as a direction in the space of a word table.
//
// A passage's vector is the sum of its words' unit vectors without stop words, each weighted by a / (a + p), p being
// the word's share in general English from its rank in the table: it depends on nothing but text and table, so that it
// never grows stale and peers can compare theirs. The neighbours add `kWindow` of theirs, the title a little. What
// depends on the collection is done when searching: the words of the query weigh their inverse document frequency, and
// the mean of the collection's vectors is subtracted from both sides before the cosine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "context/search/embedding.hpp"
#include "context/search/tokenizer.hpp"

namespace openmcp::context::search {

/// Looks words up, remembering recent ones.
class Lexicon {
public:
  explicit Lexicon(std::shared_ptr<const WordTable> table);
  const WordTable& table() const noexcept { return *table_; }

  struct Entry {
    std::int32_t index = -1;  ///< in the table; -1 for stop words and unknown ones
    float weight = 0;         ///< a / (a + p)
  };
  Entry find(std::string_view word);

private:
  struct Slot {
    std::uint64_t hash = 0;
    Entry entry;
  };
  std::shared_ptr<const WordTable> table_;
  std::vector<Slot> slots_;
};

/// Words of a text, and their weighted sum of vectors when there is a lexicon.
struct Measured {
  std::size_t words = 0;
  std::vector<float> sum;  ///< dims components; empty without a lexicon
};
Measured measure(Tokenizer& tokenizer, Lexicon* lexicon, std::string_view text);

/// Passage vectors as int8 directions (their length means nothing; all zero: no word of the table), `dims` each.
std::vector<std::int8_t> passage_vectors(const std::vector<Measured>& passages, std::span<const float> title,
                                         std::uint32_t dims);

/// components / |components|, added times `sign` to `sum`. False when all are zero.
bool add_unit(std::span<const std::int8_t> components, double sign, std::span<double> sum);

/// Vectors as they are kept in memory: `count` times `stride` components (a multiple of 16, the rest zero).
struct VectorsView {
  const std::int8_t* components;
  std::size_t count;
  std::uint32_t stride;
};

/// The mean of a collection's unit vectors, and how far each vector lies from it.
class Mean {
public:
  Mean(std::span<const float> mean, std::uint32_t stride);
  std::span<const float> vector() const noexcept { return mean_; }
  /// 1 / |u - mean| for each vector's unit vector u, given 1 / its length (0: none, gives 0).
  void spread(const VectorsView& vectors, const float* inverse, float* spreads) const noexcept;

private:
  std::vector<float> mean_;
  std::vector<std::int16_t> quantised_;
  float scale_ = 0, square_ = 0;
};

/// Cosines of one query with many passage vectors, the mean subtracted from both sides.
class Comparison {
public:
  /// `query`: the weighted sum of its words' vectors.
  Comparison(std::span<const float> query, const Mean& mean, std::uint32_t stride);
  /// False: the query has no direction.
  bool usable() const noexcept { return !quantised_.empty(); }
  void run(const VectorsView& vectors, const float* inverse, const float* spreads, float* cosines) const noexcept;

private:
  std::vector<std::int16_t> quantised_;
  float scale_ = 0, along_mean_ = 0;
};

}  // namespace openmcp::context::search
