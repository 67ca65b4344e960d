#include "context/sql.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/result.hpp"

namespace openmcp::context::sql {

namespace {

constexpr int kBusyMillis = 5000;
constexpr int kCheckpointPages = 4096;  // of 4 KiB: a log of 16 MiB

base::Errc errc_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return base::Errc::no_space;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return base::Errc::busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return base::Errc::corrupt;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return base::Errc::permission;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return base::Errc::io;
    default:
      return base::Errc::internal;
  }
}

std::string hint_of(base::Errc code) {
  switch (code) {
    case base::Errc::corrupt:
      return "it is a view of the blocks: rebuild it";
    case base::Errc::busy:
      return "another process uses this workspace; try again";
    case base::Errc::no_space:
      return "free some space on the disk";
    default:
      return {};
  }
}

}  // namespace

Query::Query(Connection& connection, const std::string& text)
    : connection_(connection), statement_(connection.compile(text, false)) {}

Query::~Query() {
  if (!kept_) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::check(int code) const {
  if (code != SQLITE_OK) connection_.fail(code);
}

Query& Query::bind(std::int64_t value) {
  check(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

Query& Query::bind(std::string_view text) {
  check(sqlite3_bind_text64(statement_, ++bound_, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

Query& Query::bind(base::BytesView blob) {
  check(sqlite3_bind_blob64(statement_, ++bound_, blob.data() ? static_cast<const void*>(blob.data()) : "", blob.size(),
                            SQLITE_STATIC));
  return *this;
}

Query& Query::bind(const ipld::Cid& cid) {
  auto bytes = cid.bytes();
  check(sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Query& Query::bind_null() {
  check(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

bool Query::step() {
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.fail(code);
  return false;
}

void Query::run() {
  while (step()) {
  }
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::text(int column) const {
  auto data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

base::BytesView Query::blob(int column) const {
  auto data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

ipld::Cid Query::cid(int column) const { return base::unwrap(ipld::Cid::from_bytes(blob(column))); }

bool Query::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Connection::Connection(const std::string& path, std::string what) : what_(std::move(what)) {
  int code = sqlite3_open_v2(path.c_str(), &handle_,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    sqlite3_busy_timeout(handle_, kBusyMillis);
    // Commits must not wait for the disk: what a crash takes away is replayed from the store's log.
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON; PRAGMA cache_size=-16384;"
        "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
  // A checkpoint syncs twice: done when the log is large, not at the end of every command.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_hook(handle_, &Connection::on_commit, this);
}

Connection::~Connection() {
  for (auto& [text, statement] : kept_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

int Connection::on_commit(void* self, sqlite3* handle, const char* name, int pages) {
  auto& connection = *static_cast<Connection*>(self);
  connection.log_pages_ = pages;
  if (pages >= kCheckpointPages) sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

sqlite3_stmt* Connection::compile(std::string_view text, bool keep) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(handle_, text.data(), static_cast<int>(text.size()),
                                keep ? SQLITE_PREPARE_PERSISTENT : 0, &statement, nullptr);
  if (code != SQLITE_OK) fail(code);
  return statement;
}

sqlite3_stmt* Connection::cached(const char* text) {
  auto& statement = kept_[text];
  if (!statement) statement = compile(text, true);
  return statement;
}

void Connection::run(const char* text) {
  int code = sqlite3_exec(handle_, text, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

void Connection::checkpoint(bool truncate) {
  int code = sqlite3_wal_checkpoint_v2(
      handle_, nullptr, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

void Connection::fail(int code) const {
  auto errc = errc_of(code);
  auto reason = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  throw base::Error(errc, fmt::format("{}: {}", what_, reason), hint_of(errc));
}

Transaction::Transaction(Connection& connection) : connection_(connection) { connection_.run("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    connection_.run("ROLLBACK");
  } catch (const base::Error&) {  // SQLite rolled back by itself: the error that brought us here says why
  }
}

void Transaction::commit() {
  connection_.run("COMMIT");
  open_ = false;
}

}  // namespace openmcp::context::sql
