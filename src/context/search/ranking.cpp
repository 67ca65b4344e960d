#include "context/search/ranking.hpp"

#include <algorithm>
#include <cmath>

namespace openmcp::context::search {

namespace {

constexpr std::uint32_t kBlock = 4096;  // rows whose scores, counts and norms stay in the first cache

bool same_context(const Columns& columns, std::uint32_t a, std::uint32_t b) {
  return b < columns.row_end() && columns.row(a).context == columns.row(b).context &&
         columns.row(b).kind == RowKind::passage;
}

}  // namespace

RankedTerm rank_term(const Columns& columns, std::shared_ptr<const PostingList> postings, const StateRow& state,
                     const Weights& weights) {
  RankedTerm term;
  if (state.removed_rows == 0)
    term.rows = static_cast<std::uint32_t>(postings->size());
  else
    for (const auto& posting : *postings) term.rows += columns.row(posting.row).kind != RowKind::dead;
  auto n = static_cast<double>(state.passages + state.contexts), df = static_cast<double>(term.rows);
  term.idf = std::log(1 + (std::max(n - df, 0.0) + 0.5) / (df + 0.5));
  term.factor = std::pow(term.idf, weights.idf_power) * (weights.k1 + 1);
  term.postings = std::move(postings);
  return term;
}

Scorer::Scorer(const Columns& columns, const Weights& weights, double average)
    : columns_(columns), weights_(weights), norms_(256), head_norm_(weights.k1), counts_(kBlock), block_norms_(kBlock) {
  average += weights.smoothing;
  for (std::size_t code = 0; code < norms_.size(); ++code) {
    auto length = decode_length(static_cast<std::uint8_t>(code)) + weights.smoothing;
    auto share = average > 0 ? length / average : 1;
    norms_[code] = static_cast<float>(std::max(weights.k1 * (1 - weights.b + weights.b * share), 1e-6));
  }
}

double Scorer::own(const Posting& posting, RowKind kind) const {
  if (kind == RowKind::head)
    return weights_.title * posting.title + weights_.tags * posting.tags + weights_.date * posting.date;
  return weights_.body * posting.body + weights_.speaker * posting.tags + weights_.date * posting.date;
}

std::vector<float> Scorer::run(std::span<const RankedTerm> terms) const {
  auto end = columns_.row_end();
  std::vector<float> scores(end, 0.0f);
  std::vector<std::uint32_t> heads;
  std::vector<std::size_t> at(terms.size(), 0);
  for (std::uint32_t begin = 0; begin < end; begin += kBlock) {
    auto stop = std::min(begin + kBlock, end);
    bool fresh = true;
    for (std::size_t t = 0; t < terms.size(); ++t) {
      // Occurrences two rows before and one after the block count in it too.
      const auto& list = *terms[t].postings;
      auto& first = at[t];
      while (first < list.size() && list[first].row + 2 < begin) ++first;
      auto last = first;
      while (last < list.size() && list[last].row <= stop) ++last;
      if (first == last) continue;
      if (fresh) {
        for (auto row = begin; row < stop; ++row)
          block_norms_[row - begin] =
              columns_.row(row).kind == RowKind::passage ? norm(columns_.row(row)) : static_cast<float>(head_norm_);
        fresh = false;
      }
      add_block(terms[t], std::span(list).subspan(first, last - first), begin,
                std::span(scores).subspan(begin, stop - begin), heads);
      first = last > first + 3 ? last - 3 : first;
    }
  }
  std::ranges::sort(heads);
  heads.erase(std::unique(heads.begin(), heads.end()), heads.end());
  for (auto head : heads)
    for (auto row = head + 1; same_context(columns_, head, row); ++row) scores[row] += scores[head];
  return scores;
}

void Scorer::add_block(const RankedTerm& term, std::span<const Posting> postings, std::uint32_t begin,
                       std::span<float> scores, std::vector<std::uint32_t>& heads) const {
  bool sparse = postings.size() * 16 < scores.size();
  touched_.clear();
  auto add = [&](std::uint32_t row, double count) {
    auto i = row - begin;  // wraps to something large for rows before the block
    if (i >= scores.size() || count <= 0) return;
    if (sparse && counts_[i] == 0) touched_.push_back(i);
    counts_[i] += static_cast<float>(count);
  };
  for (const auto& posting : postings) {
    auto row = posting.row;
    auto kind = columns_.row(row).kind;
    if (kind == RowKind::dead) continue;
    add(row, own(posting, kind));
    if (kind == RowKind::head) {
      if (row - begin < scores.size()) heads.push_back(row);
      continue;
    }
    if (posting.body == 0) continue;
    if (same_context(columns_, row, row + 1)) {
      add(row + 1, weights_.before * posting.body);
      if (same_context(columns_, row, row + 2)) add(row + 2, weights_.before2 * posting.body);
    }
    if (same_context(columns_, row, row - 1)) add(row - 1, weights_.after * posting.body);
  }
  auto factor = static_cast<float>(term.factor);
  if (sparse) {
    for (auto i : touched_) {
      scores[i] += factor * counts_[i] / (counts_[i] + block_norms_[i]);
      counts_[i] = 0;
    }
    return;
  }
  auto* count = counts_.data();
  const auto* block_norm = block_norms_.data();
  auto* score = scores.data();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    score[i] += factor * count[i] / (count[i] + block_norm[i]);
    count[i] = 0;
  }
}

TermScore Scorer::explain(const RankedTerm& term, std::uint32_t row, std::uint32_t head) const {
  auto find = [&](std::uint32_t wanted) -> const Posting* {
    auto found = std::ranges::lower_bound(*term.postings, wanted, {}, &Posting::row);
    return found != term.postings->end() && found->row == wanted ? &*found : nullptr;
  };
  TermScore score;
  score.rows = term.rows;
  score.idf = term.idf;
  auto saturated = [&](double count, double k) { return count > 0 ? term.factor * count / (count + k) : 0; };
  if (columns_.row(row).kind == RowKind::passage) {
    double count = 0;
    if (auto posting = find(row)) {
      score.body = posting->body;
      score.speaker = posting->tags;
      score.date = posting->date;
      count += own(*posting, RowKind::passage);
    }
    auto window = [&](std::uint32_t neighbour, double weight, std::uint32_t& counter) {
      if (!same_context(columns_, row, neighbour)) return;
      if (auto posting = find(neighbour)) {
        counter = posting->body;
        count += weight * counter;
      }
    };
    window(row - 1, weights_.before, score.before);
    if (same_context(columns_, row, row - 1)) window(row - 2, weights_.before2, score.before2);
    window(row + 1, weights_.after, score.after);
    score.score += saturated(count, norm(columns_.row(row)));
  }
  if (auto posting = find(head); posting && columns_.row(head).kind == RowKind::head) {
    score.title = posting->title;
    score.tags = posting->tags;
    score.date += posting->date;
    score.score += saturated(own(*posting, RowKind::head), head_norm_);
  }
  return score;
}

}  // namespace openmcp::context::search
