// Lookups in the catalog: by id, by name, by version.
#include "context/catalog_state.hpp"

namespace openmcp::context {

namespace {

ContextId id_of(base::BytesView blob) { return base::unwrap(ContextId::from_bytes(blob)); }

/// Columns from `first` on: manifest, attestation, generation, time.
VersionRow row_of(const sql::Query& query, int first = 0) {
  VersionRow row{.manifest = query.cid(first),
                 .attestation = {},
                 .generation = query.unsigned_integer(first + 2),
                 .time = query.integer(first + 3)};
  if (!query.null(first + 1)) row.attestation = query.cid(first + 1);
  return row;
}

std::vector<VersionRow> heads_of(sql::Connection& db, const ContextId& id) {
  std::vector<VersionRow> heads;
  auto query = db.prepare(
      "SELECT manifest, attestation, generation, time FROM versions WHERE context = ? AND head = 1"
      " ORDER BY time DESC, manifest DESC");
  query.bind(id.bytes());
  while (query.step()) heads.push_back(row_of(query));
  return heads;
}

std::uint64_t number_of(sql::Connection& db, const ContextId& id, const VersionRow& row) {
  auto query =
      db.prepare("SELECT count(*) FROM versions WHERE context = ? AND (generation, time, manifest) < (?, ?, ?)");
  query.bind(id.bytes()).bind(row.generation).bind(row.time).bind(row.manifest);
  query.step();
  return query.unsigned_integer(0) + 1;
}

}  // namespace

storage::Position Catalog::position() const {
  auto db = state_->read();
  auto query = db->prepare("SELECT value FROM meta WHERE key = 'position'");
  return query.step() ? query.unsigned_integer(0) : 0;
}

std::optional<ContextHeads> Catalog::heads(const ContextId& id) const {
  auto db = state_->read();
  ContextHeads out{.id = id, .heads = {}};
  {
    auto query = db->prepare("SELECT created, versions, forgotten FROM contexts WHERE id = ?");
    query.bind(id.bytes());
    if (!query.step()) return std::nullopt;
    out.created = query.integer(0);
    out.versions = query.unsigned_integer(1);
    out.forgotten = query.integer(2) != 0;
  }
  out.heads = heads_of(db.connection, id);
  return out;
}

std::vector<SourceMatch> Catalog::by_source(const std::string& source) const {
  auto db = state_->read();
  std::vector<SourceMatch> out;
  auto query = db->prepare(
      "SELECT c.id, c.version, c.content, s.size, s.mtime, s.inode, s.checked, s.content FROM contexts c"
      " LEFT JOIN stamps s ON s.source = c.source WHERE c.source = ? ORDER BY c.changed DESC, c.id DESC");
  query.bind(base::as_bytes(source));
  while (query.step()) {
    SourceMatch match{.id = id_of(query.blob(0)), .version = query.cid(1), .content = query.cid(2), .stamp = {}};
    if (!query.null(3))
      match.stamp = FileStamp{.size = query.unsigned_integer(3),
                              .mtime = query.integer(4),
                              .inode = query.unsigned_integer(5),
                              .checked = query.integer(6),
                              .content = query.cid(7)};
    out.push_back(std::move(match));
  }
  return out;
}

std::vector<ContextId> Catalog::by_title(const std::string& title, std::size_t limit) const {
  auto db = state_->read();
  std::vector<ContextId> out;
  auto query = db->prepare("SELECT id FROM contexts WHERE title = ? AND forgotten = 0 ORDER BY changed DESC LIMIT ?");
  query.bind(title).bind(static_cast<std::uint64_t>(limit));
  while (query.step()) out.push_back(id_of(query.blob(0)));
  return out;
}

std::vector<ContextId> Catalog::by_content(const crypto::Digest32& hash, std::size_t limit) const {
  auto db = state_->read();
  std::vector<ContextId> out;
  auto query = db->prepare("SELECT id FROM contexts WHERE content_hash = ? ORDER BY changed DESC, id DESC LIMIT ?");
  query.bind(base::BytesView(hash)).bind(static_cast<std::uint64_t>(limit));
  while (query.step()) out.push_back(id_of(query.blob(0)));
  return out;
}

std::vector<ContextId> Catalog::by_prefix(const std::string& hex, std::size_t limit) const {
  std::array<std::uint8_t, ContextId::kSize> low{}, high;
  high.fill(0xff);
  for (std::size_t i = 0; i < hex.size() && i < 32; ++i) {
    auto digit = static_cast<std::uint8_t>(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
    auto shift = i % 2 ? 0 : 4;
    auto set = [&](std::uint8_t& byte) { byte = static_cast<std::uint8_t>((byte & ~(0xf << shift)) | digit << shift); };
    set(low[i / 2]);
    set(high[i / 2]);
  }
  auto db = state_->read();
  std::vector<ContextId> out;
  auto query = db->prepare("SELECT id FROM contexts WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?");
  query.bind(base::BytesView(low)).bind(base::BytesView(high)).bind(static_cast<std::uint64_t>(limit));
  while (query.step()) out.push_back(id_of(query.blob(0)));
  return out;
}

std::optional<ContextId> Catalog::by_manifest(const ipld::Cid& manifest) const {
  auto db = state_->read();
  auto query = db->prepare("SELECT context FROM versions WHERE manifest = ?");
  query.bind(manifest);
  if (!query.step()) return std::nullopt;
  return id_of(query.blob(0));
}

std::optional<NumberedVersion> Catalog::version(const ContextId& id, const ipld::Cid& manifest) const {
  auto db = state_->read();
  NumberedVersion out;
  {
    auto query = db->prepare(
        "SELECT manifest, attestation, generation, time, head FROM versions WHERE manifest = ? AND context = ?");
    query.bind(manifest).bind(id.bytes());
    if (!query.step()) return std::nullopt;
    out.row = row_of(query);
    out.head = query.integer(4) != 0;
  }
  out.number = number_of(db.connection, id, out.row);
  return out;
}

std::optional<NumberedVersion> Catalog::version(const ContextId& id, std::uint64_t number) const {
  if (number == 0 || number > std::uint64_t{INT64_MAX}) return std::nullopt;
  auto db = state_->read();
  auto query = db->prepare(
      "SELECT manifest, attestation, generation, time, head FROM versions WHERE context = ?"
      " ORDER BY generation, time, manifest LIMIT 1 OFFSET ?");
  query.bind(id.bytes()).bind(number - 1);
  if (!query.step()) return std::nullopt;
  return NumberedVersion{.row = row_of(query), .number = number, .head = query.integer(4) != 0};
}

std::vector<NumberedVersion> Catalog::versions(const ContextId& id, std::size_t limit) const {
  auto db = state_->read();
  std::uint64_t number = 0;
  {
    auto query = db->prepare("SELECT count(*) FROM versions WHERE context = ?");
    query.bind(id.bytes());
    if (query.step()) number = query.unsigned_integer(0);
  }
  std::vector<NumberedVersion> out;
  auto query = db->prepare(
      "SELECT manifest, attestation, generation, time, head FROM versions WHERE context = ?"
      " ORDER BY generation DESC, time DESC, manifest DESC LIMIT ?");
  query.bind(id.bytes()).bind(limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(limit));
  while (query.step()) out.push_back({.row = row_of(query), .number = number--, .head = query.integer(4) != 0});
  return out;
}

std::vector<Relation> Catalog::incoming(const ContextId& id) const {
  auto db = state_->read();
  std::vector<Relation> out;
  auto query = db->prepare("SELECT kind, context FROM relations WHERE target = ? ORDER BY kind, context");
  query.bind(id.bytes());
  while (query.step()) out.push_back({.kind = query.text(0), .target = id_of(query.blob(1))});
  return out;
}

std::vector<ContextHeads> Catalog::page(const ContextId& after, std::size_t limit) const {
  auto db = state_->read();
  std::vector<ContextHeads> out;
  {
    auto query = db->prepare("SELECT id, created, versions, forgotten FROM contexts WHERE id > ? ORDER BY id LIMIT ?");
    query.bind(after.bytes()).bind(static_cast<std::uint64_t>(limit));
    while (query.step())
      out.push_back({.id = id_of(query.blob(0)),
                     .heads = {},
                     .created = query.integer(1),
                     .versions = query.unsigned_integer(2),
                     .forgotten = query.integer(3) != 0});
  }
  for (auto& context : out) context.heads = heads_of(db.connection, context.id);
  return out;
}

std::vector<std::string> Catalog::integrity_check() const {
  auto db = state_->read();
  std::vector<std::string> out;
  auto query = db->prepare("PRAGMA quick_check(100)");
  while (query.step())
    if (auto line = query.text(0); line != "ok") out.push_back(std::move(line));
  return out;
}

}  // namespace openmcp::context
