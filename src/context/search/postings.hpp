// Where the terms of a query occur, read from FTS5 in bulk: about 50 ns a row, where one row at a time through SQL
// would take several hundred. Lists are remembered: rows are never changed and new ones have higher numbers, so that a
// list only has to be continued.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "context/search/terms.hpp"
#include "context/sql.hpp"

struct Fts5ExtensionApi;
struct Fts5Context;

namespace openmcp::context::search {

/// Occurrences of a term in one row, each count at most 255. Of a passage, `tags` are those in its speaker.
struct Posting {
  std::uint32_t row;
  std::uint8_t body, title, tags, date;
};
static_assert(sizeof(Posting) == 8);

using PostingList = std::vector<Posting>;  ///< ascending by row; rows may have died since

class PostingReader {
public:
  /// Registers functions on the connection, which must outlive this; stays where it is.
  PostingReader(sql::Connection& connection, std::size_t cache_bytes);
  PostingReader(const PostingReader&) = delete;
  PostingReader& operator=(const PostingReader&) = delete;

  /// The list of each term, among rows below `row_end`, in the current transaction. nullptr: an optional term so common
  /// that reading it would take too long while rarer ones are there to rank by.
  std::vector<std::shared_ptr<const PostingList>> read(const std::vector<Term>& terms, std::uint32_t row_end);
  void forget();

private:
  struct Cached {
    std::shared_ptr<PostingList> postings;
    std::uint32_t end = 0;  ///< rows below are in the list
    std::list<std::string>::iterator age;
  };
  struct Reading;
  static int take(const Fts5ExtensionApi* api, Fts5Context* context, void* user);

  std::vector<std::shared_ptr<const PostingList>> read_lists(const std::vector<Term>& terms, std::uint32_t row_end);
  void read_all(std::vector<Reading*> readings, std::size_t cap);
  std::shared_ptr<const PostingList> remembered(const std::string& match, std::uint32_t row_end);
  void remember(const std::string& match, std::shared_ptr<PostingList> list, std::uint32_t row_end);

  sql::Connection& connection_;
  std::size_t cache_bytes_, used_bytes_ = 0;
  std::map<std::string, Cached> cache_;
  std::list<std::string> ages_;  ///< most recently used first
  // What the functions called back by SQLite work on.
  std::vector<Reading*> current_;
  std::size_t cap_ = 0;
};

}  // namespace openmcp::context::search
