// A thin layer over sqlite3: connections that own their statements, statements that bind and read typed values, and
// its error codes as base::Error. Included by sources of the catalog and the search index only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "ipld/cid.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace openmcp::context::sql {

class Connection;

/// One use of a statement.
class Query {
public:
  /// For text made at run time: compiled for this use. Literals are cheaper through Connection::prepare.
  Query(Connection& connection, const std::string& text);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Binds the next parameter. Views must stay valid until the Query goes.
  Query& bind(std::int64_t value);
  Query& bind(std::uint64_t value) { return bind(static_cast<std::int64_t>(value)); }
  Query& bind(int value) { return bind(static_cast<std::int64_t>(value)); }
  Query& bind(std::string_view text);
  Query& bind(base::BytesView blob);
  Query& bind(const ipld::Cid& cid);  ///< as bytes, copied
  Query& bind_null();

  /// True when there is a row.
  bool step();
  /// Runs to the end, ignoring rows.
  void run();

  std::int64_t integer(int column) const;
  std::uint64_t unsigned_integer(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string text(int column) const;
  base::BytesView blob(int column) const;  ///< valid until the next step
  ipld::Cid cid(int column) const;
  bool null(int column) const;

private:
  friend class Connection;
  Query(Connection& connection, sqlite3_stmt* kept) : connection_(connection), statement_(kept), kept_(true) {}
  void check(int code) const;
  Connection& connection_;
  sqlite3_stmt* statement_;
  bool kept_ = false;  ///< belongs to the connection: reset, not finalised
  int bound_ = 0;
};

/// Belongs to one thread at a time.
class Connection {
public:
  /// Makes the file when absent. `what` names it in errors.
  Connection(const std::string& path, std::string what);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// `text` must be the same object for the same statement (a literal): prepared once.
  Query prepare(const char* text) { return Query(*this, cached(text)); }
  void run(const char* text);  ///< one or several statements without parameters or results
  /// Moves the log into the file; `truncate` also empties the log.
  void checkpoint(bool truncate);
  /// Pages in the log after the last commit.
  int log_pages() const noexcept { return log_pages_; }

  /// Throws the Error of the last failure.
  [[noreturn]] void fail(int code) const;
  /// For what only sqlite3 itself offers (FTS5's own interfaces).
  sqlite3* handle() const noexcept { return handle_; }

private:
  friend class Query;
  sqlite3_stmt* cached(const char* text);
  sqlite3_stmt* compile(std::string_view text, bool keep);
  static int on_commit(void* self, sqlite3*, const char*, int pages);

  std::string what_;
  sqlite3* handle_ = nullptr;
  std::map<const char*, sqlite3_stmt*> kept_;
  int log_pages_ = 0;
};

/// Rolled back unless commit() was called.
class Transaction {
public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace openmcp::context::sql
