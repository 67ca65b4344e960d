#include "context/search/index.hpp"

#include <fmt/format.h>

#include <mutex>

#include "context/search/database.hpp"
#include "context/search/searcher.hpp"
#include "context/search/writer.hpp"

namespace openmcp::context::search {

namespace {

void note(std::vector<std::string>& findings, bool wrong, std::string text) {
  if (wrong) findings.push_back(std::move(text));
}

}  // namespace

struct SearchIndex::State {
  explicit State(IndexOptions given)
      : options(std::move(given)),
        main(open_database(options.path, options.store)),
        second(options.path == ":memory:" ? nullptr : open_database(options.path, options.store)),
        tokenizer(main->handle()),
        writer(*main, tokenizer),
        searcher(second ? *second : *main, options.cache_bytes) {}

  sql::Connection& reading() { return second ? *second : *main; }
  /// In memory both share one connection, and so one lock.
  std::mutex& read_lock() { return second ? read_mutex : write_mutex; }

  /// The table, loaded at first use; nullptr with the reason in `problem`.
  std::shared_ptr<const WordTable> words() {
    std::scoped_lock lock(words_mutex);
    if (!words_loaded) {
      words_loaded = true;
      problem = "no word table was found";
      if (options.words) {
        auto loaded = options.words();
        if (!loaded)
          problem = loaded.error().message();
        else
          table = *std::move(loaded);
      }
      if (table) problem.clear();
    }
    return table;
  }

  IndexOptions options;
  std::mutex write_mutex, read_mutex, words_mutex;
  std::unique_ptr<sql::Connection> main, second;  ///< the second reads beside the first
  Tokenizer tokenizer;
  Writer writer;
  Searcher searcher;
  std::unique_ptr<Lexicon> lexicon;
  bool words_loaded = false;
  std::shared_ptr<const WordTable> table;
  std::string problem;
};

SearchIndex::SearchIndex(IndexOptions options) : state_(std::make_unique<State>(std::move(options))) {}
SearchIndex::~SearchIndex() = default;

std::uint64_t SearchIndex::position() const {
  std::scoped_lock lock(state_->read_lock());
  return read_state(state_->reading()).position;
}

void SearchIndex::apply(const Batch& batch) {
  auto table = batch.upserts.empty() ? nullptr : state_->words();
  std::scoped_lock lock(state_->write_mutex);
  if (table && !state_->lexicon) state_->lexicon = std::make_unique<Lexicon>(table);
  state_->writer.apply(batch, table ? state_->lexicon.get() : nullptr);
}

SearchResult SearchIndex::search(const Query& query) const {
  auto table = query.weights.embedding != 0 ? state_->words() : nullptr;
  std::scoped_lock lock(state_->read_lock());
  return state_->searcher.search(query, table, state_->problem);
}

std::uint64_t SearchIndex::count() const {
  std::scoped_lock lock(state_->read_lock());
  return read_state(state_->reading()).contexts;
}

IndexStats SearchIndex::stats() const {
  state_->words();
  std::scoped_lock lock(state_->read_lock());
  auto& connection = state_->reading();
  auto state = read_state(connection);
  auto pages = connection.prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  pages.step();
  return {.contexts = state.contexts,
          .passages = state.passages,
          .vectors = state.vectors,
          .file_bytes = pages.unsigned_integer(0),
          .embedder = state.embedder,
          .embedding_problem = state_->problem};
}

void SearchIndex::clear() {
  std::scoped_lock lock(state_->write_mutex);
  state_->writer.clear();
}

void SearchIndex::optimize() {
  std::scoped_lock lock(state_->write_mutex);
  state_->writer.tidy();
}

void SearchIndex::scrub() {
  // Freed pages are zeroed (secure_delete); the log holds older contents until it is emptied, which needs all readers
  // to pause.
  std::scoped_lock lock(state_->write_mutex);
  std::unique_lock pause(state_->read_mutex);
  state_->writer.tidy();
  state_->main->checkpoint(true);
}

std::vector<std::string> SearchIndex::integrity_check() const {
  std::scoped_lock lock(state_->write_mutex);
  auto& connection = *state_->main;
  std::vector<std::string> findings;
  {
    auto check = connection.prepare("PRAGMA integrity_check(100)");
    while (check.step()) note(findings, check.text(0) != "ok", check.text(0));
  }
  try {
    connection.run("INSERT INTO words(words, rank) VALUES('integrity-check', 0)");
  } catch (const base::Error& error) {
    findings.push_back(error.message());
  }
  auto state = read_state(connection);
  auto count = [&](const char* text) {
    auto query = connection.prepare(text);
    return query.step() ? query.unsigned_integer(0) : 0;
  };
  auto expect = [&](const char* what, std::uint64_t found, std::uint64_t expected) {
    note(findings, found != expected, fmt::format("{}: {} instead of {}", what, found, expected));
  };
  expect("contexts", count("SELECT count(*) FROM contexts"), state.contexts);
  expect("passages", count("SELECT count(*) FROM passages"), state.passages);
  expect("passages of contexts", count("SELECT coalesce(sum(passages), 0) FROM contexts"), state.passages);

  Columns columns;
  columns.refresh(connection, state);
  std::uint64_t heads = 0, passages = 0;
  for (std::uint32_t row = 0; row < columns.row_end(); ++row) {
    heads += columns.row(row).kind == RowKind::head;
    passages += columns.row(row).kind == RowKind::passage;
  }
  expect("heads among the rows", heads, state.contexts);
  expect("passages among the rows", passages, state.passages);
  return findings;
}

}  // namespace openmcp::context::search
