// The catalog's file and its writes; reads are in catalog_read.cpp and catalog_list.cpp.
#include "context/catalog.hpp"

#include <cstdio>

#include "context/catalog_schema.hpp"
#include "context/catalog_state.hpp"

namespace openmcp::context {

namespace {

constexpr int kTidyPages = 256;  ///< a log larger than this (1 MiB) is moved into the file when the catalog closes

void remove_context(sql::Connection& db, const ContextId& id) {
  for (auto statement : {"DELETE FROM versions WHERE context = ?1", "DELETE FROM tags WHERE context = ?1",
                         "DELETE FROM relations WHERE context = ?1",
                         "DELETE FROM stamps WHERE source = (SELECT source FROM contexts WHERE id = ?1)",
                         "DELETE FROM contexts WHERE id = ?1"}) {
    db.prepare(statement).bind(id.bytes()).run();
  }
}

void put_versions(sql::Connection& db, const ContextRecord& record) {
  const bool first = record.versions == 1;
  if (record.replace_versions) db.prepare("DELETE FROM versions WHERE context = ?").bind(record.id.bytes()).run();
  if (!first) db.prepare("UPDATE versions SET head = 0 WHERE context = ? AND head = 1").bind(record.id.bytes()).run();
  auto is_head = [&record](const VersionRow& row) {
    return std::any_of(record.heads.begin(), record.heads.end(),
                       [&row](const VersionRow& head) { return head.manifest == row.manifest; });
  };
  auto insert = [&](const VersionRow& row, bool head) {
    auto query = db.prepare(
        "INSERT INTO versions(manifest, context, attestation, generation, time, head) VALUES(?,?,?,?,?,?)"
        " ON CONFLICT(manifest) DO UPDATE SET attestation = coalesce(excluded.attestation, attestation),"
        " head = excluded.head");
    query.bind(row.manifest).bind(record.id.bytes());
    row.attestation ? query.bind(*row.attestation) : query.bind_null();
    query.bind(row.generation).bind(row.time).bind(head ? 1 : 0).run();
  };
  for (const auto& row : record.new_versions) insert(row, is_head(row));
  if (!first)
    for (const auto& row : record.heads) insert(row, true);
}

void put_lists(sql::Connection& db, const ContextRecord& record) {
  const auto& latest = *record.latest;
  if (record.versions > 1 || latest.tombstone || record.replace_versions) {
    db.prepare("DELETE FROM tags WHERE context = ?").bind(record.id.bytes()).run();
    db.prepare("DELETE FROM relations WHERE context = ?").bind(record.id.bytes()).run();
  }
  for (const auto& tag : latest.tags)
    db.prepare("INSERT OR IGNORE INTO tags(tag, context) VALUES(?,?)").bind(tag).bind(record.id.bytes()).run();
  for (const auto& [kind, target] : latest.relations)
    db.prepare("INSERT OR IGNORE INTO relations(context, kind, target) VALUES(?,?,?)")
        .bind(record.id.bytes())
        .bind(kind)
        .bind(target.bytes())
        .run();
}

void put_stamp(sql::Connection& db, const std::string& source, const FileStamp& stamp) {
  db.prepare("INSERT OR REPLACE INTO stamps(source, size, mtime, inode, checked, content) VALUES(?,?,?,?,?,?)")
      .bind(base::as_bytes(source))
      .bind(stamp.size)
      .bind(stamp.mtime)
      .bind(stamp.inode)
      .bind(stamp.checked)
      .bind(stamp.content)
      .run();
}

void put(sql::Connection& db, const ContextRecord& record) {
  if (!record.latest) return remove_context(db, record.id);
  const auto& latest = *record.latest;
  if (latest.tombstone) remove_context(db, record.id);
  put_versions(db, record);
  put_lists(db, record);
  if (record.stamp && !latest.source.empty()) put_stamp(db, latest.source, *record.stamp);
  auto query = db.prepare(
      "INSERT OR REPLACE INTO contexts(id, type, title, author, created, changed, size, versions, heads, version,"
      " content, source, forgotten, content_hash) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  query.bind(record.id.bytes()).bind(latest.type).bind(latest.title).bind(latest.author.name);
  query.bind(record.created).bind(latest.time).bind(latest.size);
  query.bind(record.versions).bind(static_cast<std::uint64_t>(record.heads.size()));
  query.bind(record.heads.front().manifest);
  latest.content ? query.bind(*latest.content) : query.bind_null();
  latest.source.empty() ? query.bind_null() : query.bind(base::as_bytes(latest.source));
  query.bind(latest.tombstone ? 1 : 0);
  latest.content ? query.bind(base::BytesView(latest.content_hash)) : query.bind_null();
  query.run();
}

void put_position(sql::Connection& db, storage::Position position) {
  db.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES('position', ?)").bind(position).run();
}

}  // namespace

Catalog::State::State(const std::string& path) : writer(path, "the catalog " + path) {
  bring_forward(writer, catalog_steps());
  if (path != ":memory:") reader = std::make_unique<sql::Connection>(path, "the catalog " + path);
}

Catalog::Catalog(const std::string& path) : state_(std::make_unique<State>(path)) {}

Catalog::~Catalog() {
  if (!state_ || state_->writer.log_pages() <= kTidyPages) return;
  try {
    state_->writer.checkpoint(false);
  } catch (const base::Error&) {  // the log stays: the next one to open reads it
  }
}

int Catalog::schema() noexcept { return static_cast<int>(catalog_steps().size()); }

void Catalog::destroy(const std::string& path) {
  if (path == ":memory:") return;
  for (auto suffix : {"", "-wal", "-shm"}) std::remove((path + suffix).c_str());
}

void Catalog::apply(const std::vector<const ContextRecord*>& records, storage::Position position) {
  auto db = state_->write();
  sql::Transaction transaction(db.connection);
  for (const auto* record : records) put(db.connection, *record);
  put_position(db.connection, position);
  transaction.commit();
}

void Catalog::stamp(const std::string& source, const FileStamp& stamp) {
  auto db = state_->write();
  put_stamp(db.connection, source, stamp);
}

void Catalog::clear() {
  auto db = state_->write();
  sql::Transaction transaction(db.connection);
  db->run(
      "DELETE FROM contexts; DELETE FROM versions; DELETE FROM tags; DELETE FROM relations; DELETE FROM stamps;"
      "DELETE FROM meta");
  transaction.commit();
}

void Catalog::scrub() {
  // Rows were overwritten when they were removed (secure_delete); older pages of the log may still hold them. A reader
  // that is at work keeps the log from being emptied: wait for it.
  auto db = state_->write();
  auto reading = state_->reader ? std::unique_lock(state_->read_mutex) : std::unique_lock<std::mutex>();
  db->checkpoint(true);
}

}  // namespace openmcp::context
