// Scores rows by BM25 over weighted places, with neighbours counted in (formula: query.hpp, Weights).
//
// The window of a passage is not a column of the full-text table: its occurrences are those of the neighbouring rows,
// found while their postings pass by. That spares two thirds of the index and weighs each neighbour by itself.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "context/search/columns.hpp"
#include "context/search/postings.hpp"

namespace openmcp::context::search {

struct RankedTerm {
  std::shared_ptr<const PostingList> postings;
  std::uint32_t rows = 0;  ///< living rows in the list
  double idf = 0;
  double factor = 0;  ///< idf^idf_power * (k1 + 1)
};

RankedTerm rank_term(const Columns& columns, std::shared_ptr<const PostingList> postings, const StateRow& state,
                     const Weights& weights);

class Scorer {
public:
  /// References must outlive this. `average`: mean effective length of passages.
  Scorer(const Columns& columns, const Weights& weights, double average);

  /// The sum over the terms, by row number: of a passage with its share of its head, of a head alone.
  std::vector<float> run(std::span<const RankedTerm> terms) const;

  /// The same for one term and one passage, with counts. `head` is the passage's context's head.
  TermScore explain(const RankedTerm& term, std::uint32_t row, std::uint32_t head) const;

private:
  double own(const Posting& posting, RowKind kind) const;
  float norm(const RowEntry& entry) const noexcept { return norms_[entry.length]; }
  void add_block(const RankedTerm& term, std::span<const Posting> postings, std::uint32_t begin,
                 std::span<float> scores, std::vector<std::uint32_t>& heads) const;

  const Columns& columns_;
  Weights weights_;
  std::vector<float> norms_;  ///< k1 * (1 - b + b * length / average) by encoded length
  double head_norm_;
  mutable std::vector<float> counts_, block_norms_;
  mutable std::vector<std::uint32_t> touched_;
};

}  // namespace openmcp::context::search
