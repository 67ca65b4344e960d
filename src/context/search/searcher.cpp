#include "context/search/searcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "context/search/cursor.hpp"
#include "context/search/snippet.hpp"

namespace openmcp::context::search {

namespace {

constexpr std::size_t kNearest = 100;           // contexts that match by meaning alone
constexpr float kMinCosine = 0.35f;             // below, a passage without any word of the query is no match
constexpr std::uint64_t kCompareAll = 500'000;  // vectors; beyond, only where words match
constexpr double kMicrosPerDay = 86'400e6;

/// A snapshot for several statements.
class Reading {
public:
  explicit Reading(sql::Connection& connection) : connection_(connection) { connection_.run("BEGIN"); }
  ~Reading() {
    try {
      connection_.run("COMMIT");
    } catch (const base::Error&) {  // ended by an error already
    }
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

private:
  sql::Connection& connection_;
};

/// The largest of values that are not negative; in lanes, so that the compiler may use them.
float largest(const std::vector<float>& values) {
  std::array<float, 16> lanes{};
  std::size_t i = 0;
  for (; i + lanes.size() <= values.size(); i += lanes.size())
    for (std::size_t lane = 0; lane < lanes.size(); ++lane)
      lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
  float most = *std::ranges::max_element(lanes);
  for (; i < values.size(); ++i) most = std::max(most, values[i]);
  return most;
}

}  // namespace

struct Searcher::Work {
  const Query& query;
  StateRow state{};
  SearchResult result{};
  Terms terms{};
  std::vector<std::shared_ptr<const PostingList>> lists{};  ///< by term; nullptr: left out
  std::vector<RankedTerm> ranked{};                         ///< of the terms that count, and which these are
  std::vector<std::size_t> ranked_terms{};
  double average = 0;
  std::vector<char> allowed{};           ///< by context; empty: all
  std::vector<float> bm25{}, cosines{};  ///< by row; empty: none
  float bm25_max = 0;
  Micros newest = 0;
  std::vector<Ranked> order{};
};

Searcher::Searcher(sql::Connection& connection, std::size_t cache_bytes)
    : connection_(connection), tokenizer_(connection.handle()), postings_(connection, cache_bytes) {}

SearchResult Searcher::search(const Query& query, const std::shared_ptr<const WordTable>& table,
                              const std::string& problem) {
  Work work{query};
  auto offset = read_cursor(query);
  Reading reading(connection_);
  work.state = read_state(connection_);
  columns_.refresh(connection_, work.state);
  if (columns_.row_end() < work.state.next_row && work.state.passages > 0)
    throw base::Error(base::Errc::corrupt, "search index: columns are missing", "rebuild it");
  // Lists keep rows that died; when these are many, reading them anew is cheaper.
  if (work.state.epoch != epoch_ ||
      work.state.removed_rows > removed_when_cached_ + (work.state.passages + work.state.contexts) / 4) {
    postings_.forget();
    epoch_ = work.state.epoch;
    removed_when_cached_ = work.state.removed_rows;
  }

  work.terms = parse_terms(tokenizer_, query.text);
  work.result.notes = std::move(work.terms.notes);
  read_terms(work);
  filter(work);
  compare(work, table, problem);
  select(work);

  work.result.total = static_cast<std::uint32_t>(work.order.size());
  auto begin = std::min<std::size_t>(offset, work.order.size());
  auto limit = std::clamp<std::uint32_t>(query.limit, 1, max_limit);
  auto end = std::min(begin + limit, work.order.size());
  if (end < work.order.size()) work.result.next = write_cursor(query, static_cast<std::uint32_t>(end));
  work.order = {work.order.begin() + static_cast<std::ptrdiff_t>(begin),
                work.order.begin() + static_cast<std::ptrdiff_t>(end)};
  fill(work);
  return std::move(work.result);
}

void Searcher::read_terms(Work& work) {
  if (work.terms.all.empty()) return;
  work.lists = postings_.read(work.terms.all, work.state.next_row);
  const auto& weights = work.query.weights;
  std::string left_out;
  for (std::size_t i = 0; i < work.terms.all.size(); ++i) {
    const auto& term = work.terms.all[i];
    if (!work.lists[i]) {
      left_out += ' ';
      left_out += term.text();
      continue;
    }
    if (!work.lists[i]->empty() && work.lists[i]->back().row >= columns_.row_end())
      throw base::Error(base::Errc::corrupt, "search index: words and columns disagree", "rebuild it");
    if (term.role == Role::excluded) continue;
    work.ranked.push_back(rank_term(columns_, work.lists[i], work.state, weights));
    work.ranked_terms.push_back(i);
  }
  if (!left_out.empty()) work.result.notes.push_back("left out as too common:" + left_out);
  if (work.ranked.empty()) return;
  if (work.state.passages > 0)
    work.average = static_cast<double>(work.state.length_sum) / 8 / static_cast<double>(work.state.passages);
  work.bm25 = Scorer(columns_, weights, work.average).run(work.ranked);
}

std::vector<char> Searcher::contexts_with(const PostingList& postings) const {
  std::vector<char> found(columns_.context_end());
  for (const auto& posting : postings) {
    const auto& entry = columns_.row(posting.row);
    if (entry.kind != RowKind::dead && entry.context < found.size()) found[entry.context] = 1;
  }
  return found;
}

void Searcher::filter(Work& work) {
  const auto& query = work.query;
  auto contexts = columns_.context_end();
  auto keep = [&](auto&& passes) {
    if (work.allowed.empty()) work.allowed.assign(contexts, 1);
    for (std::uint32_t number = 0; number < contexts; ++number)
      if (work.allowed[number] && !passes(number)) work.allowed[number] = 0;
  };
  auto ids_of = [&](const std::vector<std::string>& names) {
    std::vector<std::uint32_t> ids;
    for (const auto& name : names) {
      auto find = connection_.prepare("SELECT id FROM names WHERE name=?");
      if (find.bind(std::string_view(name)).step()) ids.push_back(static_cast<std::uint32_t>(find.integer(0)));
    }
    return ids;
  };
  auto among = [](const std::vector<std::uint32_t>& ids, std::uint32_t id) {
    return std::ranges::find(ids, id) != ids.end();
  };
  if (!query.types.empty()) {
    auto ids = ids_of(query.types);
    keep([&](std::uint32_t number) { return among(ids, columns_.context(number).type); });
  }
  if (!query.authors.empty()) {
    auto ids = ids_of(query.authors);
    keep([&](std::uint32_t number) { return among(ids, columns_.context(number).author); });
  }
  for (const auto& tag : query.tags) {
    std::vector<char> found(contexts);
    auto find = connection_.prepare("SELECT context FROM tags WHERE tag=?");
    find.bind(std::string_view(tag));
    while (find.step())
      if (auto number = find.unsigned_integer(0); number < contexts) found[number] = 1;
    keep([&](std::uint32_t number) { return found[number] != 0; });
  }
  if (!query.contexts.empty()) {
    std::vector<char> found(contexts);
    for (const auto& key : query.contexts) {
      auto find = connection_.prepare("SELECT number FROM contexts WHERE id=?");
      if (find.bind(base::BytesView(key)).step() && find.unsigned_integer(0) < contexts)
        found[find.unsigned_integer(0)] = 1;
    }
    keep([&](std::uint32_t number) { return found[number] != 0; });
  }
  for (std::size_t i = 0; i < work.lists.size(); ++i) {
    auto role = work.terms.all[i].role;
    if (role == Role::optional) continue;
    auto found = contexts_with(*work.lists[i]);
    keep([&](std::uint32_t number) { return (found[number] != 0) == (role == Role::required); });
  }
  if (query.from || query.to) columns_.refresh_times(connection_);
  if (query.weights.recency != 0)
    for (std::uint32_t number = 0; number < contexts; ++number)
      if (columns_.context(number).type != 0) work.newest = std::max(work.newest, columns_.context(number).time);
}

void Searcher::compare(Work& work, const std::shared_ptr<const WordTable>& table, const std::string& problem) {
  const auto& state = work.state;
  if (work.query.weights.embedding == 0 || work.ranked.empty()) return;
  if (!table) {
    work.result.notes.push_back("embeddings: " + problem);
    return;
  }
  if (state.vectors == 0 || state.embedder != table->id()) {
    if (state.passages > 0)
      work.result.notes.push_back("embeddings: the index was made with another word table; the next commit renews it");
    return;
  }
  if (!lexicon_ || &lexicon_->table() != table.get()) lexicon_ = std::make_unique<Lexicon>(table);
  std::vector<float> sum(table->dims()), mean(table->dims());
  for (std::size_t t = 0; t < work.ranked.size(); ++t) {
    for (const auto& word : work.terms.all[work.ranked_terms[t]].words) {
      auto index = lexicon_->find(word).index;
      if (index >= 0) table->add(static_cast<std::uint32_t>(index), static_cast<float>(work.ranked[t].idf), sum);
    }
  }
  for (std::size_t d = 0; d < mean.size() && d < state.vector_sum.size(); ++d)
    mean[d] = static_cast<float>(state.vector_sum[d] / static_cast<double>(state.vectors));
  columns_.refresh_vectors(connection_, table->dims());
  Mean middle(mean, columns_.vector_stride());
  Comparison comparison(sum, middle, columns_.vector_stride());
  if (!comparison.usable()) return;

  auto chunks = columns_.row_end() / kRowsPerVectorChunk;
  work.cosines.resize(std::size_t{chunks} * kRowsPerVectorChunk);
  bool all = state.vectors <= kCompareAll;
  for (std::uint32_t chunk = 0; chunk < chunks; ++chunk) {
    auto* vectors = columns_.vectors(chunk);
    auto first = chunk * kRowsPerVectorChunk;
    if (!vectors) continue;
    if (!all && std::all_of(work.bm25.begin() + first, work.bm25.begin() + first + kRowsPerVectorChunk,
                            [](float score) { return score == 0; }))
      continue;
    VectorsView view{vectors->components.data(), kRowsPerVectorChunk, columns_.vector_stride()};
    if (vectors->spread_generation != state.generation) {
      vectors->spread.resize(kRowsPerVectorChunk);
      middle.spread(view, vectors->inverse.data(), vectors->spread.data());
      vectors->spread_generation = state.generation;
    }
    comparison.run(view, vectors->inverse.data(), vectors->spread.data(), work.cosines.data() + first);
  }
}

void Searcher::select(Work& work) {
  const auto& query = work.query;
  const auto& weights = query.weights;
  bool timed = query.from || query.to;
  auto end = columns_.row_end();
  // A head stands for its context only when there are no passages.
  auto eligible = [&](std::uint32_t row) {
    const auto& entry = columns_.row(row);
    if (entry.kind == RowKind::dead || entry.context >= columns_.context_end()) return false;
    if (!work.allowed.empty() && !work.allowed[entry.context]) return false;
    if (entry.kind == RowKind::head && row + 1 < end && columns_.row(row + 1).context == entry.context) return false;
    if (!timed) return true;
    auto time = columns_.time(row);
    return (!query.from || time >= *query.from) && (!query.to || time < *query.to);
  };
  bool worded = !work.ranked.empty();
  if (worded) {
    // Without filters the largest score is of an eligible row: a head's counts in its passages.
    if (work.allowed.empty() && !timed)
      work.bm25_max = largest(work.bm25);
    else
      for (std::uint32_t row = 0; row < end; ++row)
        if (work.bm25[row] > work.bm25_max && eligible(row)) work.bm25_max = work.bm25[row];
  }

  auto scale = work.bm25_max > 0 ? 1 / work.bm25_max : 0;
  auto embedding = static_cast<float>(weights.embedding);
  auto fused_of = [&](std::uint32_t row) {
    float fused = worded ? work.bm25[row] * scale : 0;
    if (!work.cosines.empty()) fused += embedding * work.cosines[row];
    if (weights.recency != 0) fused += static_cast<float>(weights.recency * recency_of(work, row));
    return fused;
  };

  std::vector<Ranked> matches, near;
  auto better = [](const Ranked& a, const Ranked& b) {
    if (a.fused != b.fused) return a.fused > b.fused;
    if (a.time != b.time) return a.time > b.time;
    return a.row < b.row;
  };
  auto keep_best = [&](std::vector<Ranked>& list, std::size_t size) {
    if (list.size() <= size) return;
    std::ranges::nth_element(list, list.begin() + static_cast<std::ptrdiff_t>(size) - 1, better);
    list.resize(size);
  };
  // Once there are enough matches, what scores less than the worst of the best is passed over.
  float least = -INFINITY;
  auto put = [&](std::vector<Ranked>& list, std::size_t size, const Ranked& entry) {
    list.push_back(entry);
    if (list.size() < size * 4) return;
    keep_best(list, size);
    if (&list != &matches) return;
    work.result.more = true;
    least = list.back().fused;
  };
  Ranked best;
  bool open = false, matched = false;
  std::uint32_t context = 0;
  auto close = [&] {
    if (!open) return;
    best.time = columns_.time(best.row);
    if (matched)
      put(matches, max_ranked, best);
    else
      put(near, kNearest, best);
    open = matched = false;
  };
  for (std::uint32_t row = 0; row < end; ++row) {
    bool hit = !worded || work.bm25[row] > 0;
    if (!hit && (work.cosines.empty() || work.cosines[row] < kMinCosine)) continue;
    auto fused = fused_of(row);
    if (fused < least || !eligible(row)) continue;
    auto here = columns_.row(row).context;
    if (here != context || query.every_passage) close();
    context = here;
    if (!open || fused > best.fused) best = {fused, row, 0};
    open = true;
    matched |= hit;
  }
  close();

  work.result.more |= matches.size() > max_ranked;
  keep_best(near, kNearest);
  matches.insert(matches.end(), near.begin(), near.end());
  keep_best(matches, max_ranked);
  std::ranges::sort(matches, better);
  work.order = std::move(matches);
}

double Searcher::recency_of(const Work& work, std::uint32_t row) const {
  auto age = static_cast<double>(work.newest - columns_.time(row)) / kMicrosPerDay;
  return std::exp2(-std::max(age, 0.0) / std::max(work.query.weights.half_life_days, 1e-3));
}

void Searcher::fill(Work& work) {
  std::vector<double> term_weights(work.terms.all.size());
  for (std::size_t t = 0; t < work.ranked.size(); ++t) term_weights[work.ranked_terms[t]] = work.ranked[t].idf;
  auto snippet_bytes = std::min(work.query.snippet_bytes, max_snippet_bytes);
  for (const auto& ranked : work.order) {
    Hit hit;
    auto context = connection_.prepare(
        "SELECT id, first_row, passages, manifest, type, title, author, tags, time FROM contexts WHERE number=?");
    if (!context.bind(std::uint64_t{columns_.row(ranked.row).context}).step() || context.blob(0).size() != 16)
      throw base::Error(base::Errc::corrupt, "search index: a context is missing", "rebuild it");
    std::ranges::copy(context.blob(0), hit.context.begin());
    auto head = static_cast<std::uint32_t>(context.integer(1));
    hit.passages = static_cast<std::uint32_t>(context.integer(2));
    hit.manifest = base::as_text(context.blob(3));
    hit.type = context.text(4);
    hit.title = context.text(5);
    hit.author = context.text(6);
    hit.tags = split_tags(context.text(7));
    hit.time = context.integer(8);
    if (ranked.row > head) {
      hit.passage = ranked.row - head - 1;
      auto passage = connection_.prepare("SELECT time, speaker, text FROM passages WHERE row=?");
      if (!passage.bind(std::uint64_t{ranked.row}).step())
        throw base::Error(base::Errc::corrupt, "search index: a passage is missing", "rebuild it");
      if (!passage.null(0)) hit.passage_time = passage.integer(0);
      hit.speaker = passage.text(1);
      auto snippet = make_snippet(tokenizer_, passage.text(2), work.terms.all, term_weights, snippet_bytes);
      hit.snippet = std::move(snippet.text);
      hit.highlights = std::move(snippet.highlights);
      hit.cut_before = snippet.cut_before;
      hit.cut_after = snippet.cut_after;
    }
    fill_score(work, ranked, head, hit);
    work.result.hits.push_back(std::move(hit));
  }
}

void Searcher::fill_score(const Work& work, const Ranked& ranked, std::uint32_t head, Hit& hit) const {
  auto& score = hit.score;
  const auto& weights = work.query.weights;
  score.fused = ranked.fused;
  score.bm25_max = work.bm25_max;
  if (!work.bm25.empty()) score.bm25 = work.bm25[ranked.row];
  if (!work.cosines.empty()) {
    const auto* vectors = columns_.vectors(ranked.row / kRowsPerVectorChunk);
    if (vectors && vectors->inverse[ranked.row % kRowsPerVectorChunk] != 0) score.cosine = work.cosines[ranked.row];
    score.embedding_weight = weights.embedding;
  }
  if (weights.recency != 0) {
    score.recency = recency_of(work, ranked.row);
    score.recency_weight = weights.recency;
  }
  if (!work.query.explain || work.ranked.empty()) return;
  Scorer scorer(columns_, weights, work.average);
  for (std::size_t t = 0; t < work.ranked.size(); ++t) {
    auto part = scorer.explain(work.ranked[t], ranked.row, head);
    if (part.score == 0) continue;
    part.term = work.terms.all[work.ranked_terms[t]].text();
    score.terms.push_back(std::move(part));
  }
  std::ranges::sort(score.terms, std::greater{}, &TermScore::score);
}

}  // namespace openmcp::context::search
