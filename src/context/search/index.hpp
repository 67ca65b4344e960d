// SearchIndex: the full-text and vector index of a store's contexts, one SQLite file (`search.db`).
//
// Derived data: it can be deleted at any time and filled again from the blocks. A batch and the position it brings the
// index to are one transaction, so after a crash the caller continues from position().
//
// All calls block: make them inside Env::run. apply, clear, optimize and scrub are for one caller at a time;
// search, position, stats may run beside them and beside each other (searches wait for each other). Errors are thrown
// as base::Error: no_space, corrupt (hint: rebuild), busy (another process writes), io.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "context/search/embedding.hpp"
#include "context/search/passages.hpp"
#include "context/search/query.hpp"

namespace openmcp::context::search {

/// What is indexed of a context: its newest version.
struct SearchDocument {
  ContextKey context{};
  std::string manifest = {};  ///< the version's CID, bytes or text, returned as it is; at most 256 bytes
  std::string type = {}, title = {}, author = {};
  std::vector<std::string> tags = {};
  Micros time = 0;
  std::vector<Passage> passages = {};  ///< split_text(...) or the turns of a conversation; may be empty
};

struct Batch {
  /// Each replaces what is indexed of the same context; the last of duplicates counts.
  std::vector<SearchDocument> upserts = {};
  std::vector<ContextKey> removals = {};  ///< unknown ids are ignored; applied before the upserts
  std::uint64_t position = 0;             ///< what position() returns afterwards; below 2^63
};

struct IndexOptions {
  std::string path = {};  ///< of search.db, or ":memory:"
  /// Whose contexts these are (any text, e.g. the store's id). When the file holds another's, it is emptied.
  std::string store = {};
  WordTableLoader words = {};           ///< empty: BM25 only
  std::size_t cache_bytes = 64u << 20;  ///< postings kept in memory between searches
};

struct IndexStats {
  std::uint64_t contexts = 0, passages = 0;
  std::uint64_t vectors = 0;           ///< passages with an embedding
  std::uint64_t file_bytes = 0;        ///< of search.db without its WAL
  std::string embedder = {};           ///< id of the table the vectors are of; empty: none
  std::string embedding_problem = {};  ///< why there is no table: "not found", or the error
};

class SearchIndex {
public:
  /// Opens or makes the file. A file of another format version or another store is emptied (position 0).
  /// Throws Error corrupt when the file is damaged: then destroy() it and open again.
  explicit SearchIndex(IndexOptions options);
  ~SearchIndex();
  SearchIndex(const SearchIndex&) = delete;
  SearchIndex& operator=(const SearchIndex&) = delete;

  /// Removes the file and what SQLite keeps beside it.
  static void destroy(const std::string& path);

  /// What the last applied batch said; 0 for an empty index.
  std::uint64_t position() const;

  /// All or nothing. Batches of some hundred documents are the fastest; one document a batch works.
  void apply(const Batch& batch);

  /// Throws Error invalid_argument only for a cursor that is not of this query; never for what `text` holds.
  SearchResult search(const Query& query) const;

  std::uint64_t count() const;  ///< contexts
  IndexStats stats() const;

  /// Empties the index; position 0.
  void clear();
  /// Merges the full-text segments into one: smaller and faster. Takes seconds on a large index.
  void optimize();
  /// After removals: rewrites what may still hold removed words and empties the WAL, so that the removed text is no
  /// longer anywhere in the file. As slow as optimize().
  void scrub();
  /// Empty: the index is sound. Else what is wrong, one finding a line.
  std::vector<std::string> integrity_check() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openmcp::context::search
