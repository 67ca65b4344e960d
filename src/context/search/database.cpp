#include "context/search/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

#include "context/search/tokenizer.hpp"

namespace openmcp::context::search {

namespace {

constexpr int kFormat = 1;                         // of the tables below
constexpr std::int64_t kApplication = 0x4f4d5331;  // "OMS1", PRAGMA application_id
constexpr char kTagSeparator = '\x1f';

constexpr const char* kSchema = R"(
  CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id = 1), store TEXT NOT NULL, position INTEGER NOT NULL,
    generation INTEGER NOT NULL, epoch INTEGER NOT NULL, next_row INTEGER NOT NULL, next_context INTEGER NOT NULL,
    contexts INTEGER NOT NULL, passages INTEGER NOT NULL, length_sum INTEGER NOT NULL, removed_rows INTEGER NOT NULL,
    embedder TEXT NOT NULL, embedding_complete INTEGER NOT NULL, vectors INTEGER NOT NULL, vector_sum BLOB NOT NULL);
  CREATE TABLE contexts(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, first_row INTEGER NOT NULL,
    passages INTEGER NOT NULL, manifest BLOB NOT NULL, type TEXT NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL,
    tags TEXT NOT NULL, time INTEGER NOT NULL);
  CREATE TABLE passages(row INTEGER PRIMARY KEY, time INTEGER, speaker TEXT, text TEXT NOT NULL);
  CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE tags(tag TEXT NOT NULL, context INTEGER NOT NULL, PRIMARY KEY(tag, context)) WITHOUT ROWID;
  CREATE TABLE columns(key INTEGER PRIMARY KEY, generation INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE INDEX columns_generation ON columns(generation);
  CREATE VIRTUAL TABLE words USING fts5(body, title, tags, date, content='', columnsize=0, tokenize='openmcp');
)";

constexpr const char* kCountTables = "SELECT count(*) FROM sqlite_schema";

std::int64_t pragma(sql::Connection& connection, const char* text) {
  auto query = connection.prepare(text);
  return query.step() ? query.integer(0) : 0;
}

int version() { return kFormat * 1000 + tokenizer_version; }

void make_tables(sql::Connection& connection, const std::string& store) {
  sql::Transaction transaction(connection);
  if (pragma(connection, kCountTables) != 0) return;  // another process was faster
  connection.run(kSchema);
  connection.prepare("INSERT INTO state VALUES(1, ?, 0, 0, 0, 1, 1, 0, 0, 0, 0, '', 1, 0, x'')")
      .bind(std::string_view(store))
      .run();
  connection.run(fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplication, version()).c_str());
  transaction.commit();
}

enum class Found { nothing, ours, other };

Found look(sql::Connection& connection, const std::string& store) {
  if (pragma(connection, kCountTables) == 0) return Found::nothing;
  if (pragma(connection, "PRAGMA application_id") != kApplication)
    throw base::Error(base::Errc::corrupt, "search index: the file is another program's database",
                      "remove it or choose another place for the index");
  if (pragma(connection, "PRAGMA user_version") != version()) return Found::other;
  auto query = connection.prepare("SELECT store FROM state");
  return query.step() && query.text(0) == store ? Found::ours : Found::other;
}

std::unique_ptr<sql::Connection> connect(const std::string& path) {
  auto connection = std::make_unique<sql::Connection>(path, "search index");
  register_tokenizer(connection->handle());
  return connection;
}

}  // namespace

std::unique_ptr<sql::Connection> open_database(const std::string& path, const std::string& store) {
  auto connection = connect(path);
  auto found = look(*connection, store);
  if (found == Found::other) {
    connection.reset();
    SearchIndex::destroy(path);
    connection = connect(path);
    found = look(*connection, store);
  }
  if (found == Found::nothing) make_tables(*connection, store);
  return connection;
}

StateRow read_state(sql::Connection& connection) {
  auto query = connection.prepare(
      "SELECT position, generation, epoch, next_row, next_context, contexts, passages, length_sum, removed_rows, "
      "embedder, embedding_complete, vectors, vector_sum FROM state");
  if (!query.step()) throw base::Error(base::Errc::corrupt, "search index: its state row is missing", "rebuild it");
  StateRow row;
  row.position = query.unsigned_integer(0);
  row.generation = query.unsigned_integer(1);
  row.epoch = query.unsigned_integer(2);
  row.next_row = static_cast<std::uint32_t>(query.integer(3));
  row.next_context = static_cast<std::uint32_t>(query.integer(4));
  row.contexts = query.unsigned_integer(5);
  row.passages = query.unsigned_integer(6);
  row.length_sum = query.unsigned_integer(7);
  row.removed_rows = query.unsigned_integer(8);
  row.embedder = query.text(9);
  row.embedding_complete = query.integer(10) != 0;
  row.vectors = query.unsigned_integer(11);
  auto sum = query.blob(12);
  row.vector_sum.resize(sum.size() / sizeof(double));
  if (!sum.empty()) std::memcpy(row.vector_sum.data(), sum.data(), row.vector_sum.size() * sizeof(double));
  return row;
}

void write_state(sql::Connection& connection, const StateRow& state) {
  base::BytesView sum(reinterpret_cast<const std::uint8_t*>(state.vector_sum.data()),
                      state.vector_sum.size() * sizeof(double));
  connection
      .prepare(
          "UPDATE state SET position=?, generation=?, epoch=?, next_row=?, next_context=?, contexts=?, passages=?, "
          "length_sum=?, removed_rows=?, embedder=?, embedding_complete=?, vectors=?, vector_sum=?")
      .bind(state.position)
      .bind(state.generation)
      .bind(state.epoch)
      .bind(std::uint64_t{state.next_row})
      .bind(std::uint64_t{state.next_context})
      .bind(state.contexts)
      .bind(state.passages)
      .bind(state.length_sum)
      .bind(state.removed_rows)
      .bind(std::string_view(state.embedder))
      .bind(int{state.embedding_complete})
      .bind(state.vectors)
      .bind(sum)
      .run();
}

std::string date_words(Micros time) {
  static constexpr std::array<const char*, 12> kMonths = {"january",   "february", "march",    "april",
                                                          "may",       "june",     "july",     "august",
                                                          "september", "october",  "november", "december"};
  static constexpr std::array<const char*, 7> kDays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
  auto days = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::microseconds>{std::chrono::microseconds{time}});
  std::chrono::year_month_day date{days};
  if (!date.ok()) return {};
  auto month = static_cast<unsigned>(date.month());
  return fmt::format("{:04} {:02} {:02} {} {}", static_cast<int>(date.year()), month, static_cast<unsigned>(date.day()),
                     kMonths[month - 1], kDays[std::chrono::weekday{days}.c_encoding()]);
}

std::string join_tags(const std::vector<std::string>& tags) {
  std::string joined;
  for (const auto& tag : tags) {
    if (!joined.empty()) joined += kTagSeparator;
    joined += tag;
  }
  return joined;
}

std::vector<std::string> split_tags(std::string_view joined) {
  std::vector<std::string> tags;
  while (!joined.empty()) {
    auto end = std::min(joined.find(kTagSeparator), joined.size());
    tags.emplace_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return tags;
}

void SearchIndex::destroy(const std::string& path) {
  if (path == ":memory:") return;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::remove((path + suffix).c_str());
}

}  // namespace openmcp::context::search
