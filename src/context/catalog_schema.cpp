#include "context/catalog_schema.hpp"

#include <fmt/format.h>

#include "base/result.hpp"
#include "context/sql.hpp"

namespace openmcp::context {

namespace {

// Ids are 16 bytes, CIDs are in bytes, times are microseconds. `source` is a blob: paths are any bytes.
constexpr const char* kSteps[] = {
    R"sql(
    CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

    CREATE TABLE contexts(
      id BLOB PRIMARY KEY,
      type TEXT NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL,
      created INTEGER NOT NULL, changed INTEGER NOT NULL,
      size INTEGER NOT NULL, versions INTEGER NOT NULL, heads INTEGER NOT NULL,
      version BLOB NOT NULL, content BLOB, source BLOB,
      forgotten INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX contexts_by_change ON contexts(changed, id) WHERE forgotten = 0;
    CREATE INDEX contexts_by_type ON contexts(type, changed, id) WHERE forgotten = 0;
    CREATE INDEX contexts_by_title ON contexts(title, changed) WHERE forgotten = 0;
    CREATE INDEX contexts_by_source ON contexts(source, changed) WHERE source IS NOT NULL;

    CREATE TABLE versions(
      manifest BLOB PRIMARY KEY,
      context BLOB NOT NULL, attestation BLOB,
      generation INTEGER NOT NULL, time INTEGER NOT NULL, head INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX versions_by_context ON versions(context, generation, time, manifest);
    CREATE INDEX versions_heads ON versions(context) WHERE head = 1;

    CREATE TABLE tags(tag TEXT NOT NULL, context BLOB NOT NULL, PRIMARY KEY(tag, context)) WITHOUT ROWID;
    CREATE INDEX tags_by_context ON tags(context, tag);

    CREATE TABLE relations(
      context BLOB NOT NULL, kind TEXT NOT NULL, target BLOB NOT NULL, PRIMARY KEY(context, kind, target)
    ) WITHOUT ROWID;
    CREATE INDEX relations_by_target ON relations(target, kind, context);

    CREATE TABLE stamps(
      source BLOB PRIMARY KEY,
      size INTEGER NOT NULL, mtime INTEGER NOT NULL, inode INTEGER NOT NULL, checked INTEGER NOT NULL,
      content BLOB NOT NULL
    ) WITHOUT ROWID;
    )sql",
    // A content of one raw block has its hash in its CID (bytes 01 55 12 20, then the digest). Of larger contents only
    // the manifests know it: the position goes, so that every context is read from the blocks again.
    R"sql(
    ALTER TABLE contexts ADD COLUMN content_hash BLOB;
    UPDATE contexts SET content_hash = substr(content, 5)
      WHERE length(content) = 36 AND substr(content, 1, 4) = x'01551220';
    CREATE INDEX contexts_by_content ON contexts(content_hash, changed) WHERE content_hash IS NOT NULL;
    DELETE FROM meta WHERE key = 'position'
      AND EXISTS (SELECT 1 FROM contexts WHERE content_hash IS NULL AND forgotten = 0);
    )sql",
};

}  // namespace

std::span<const char* const> catalog_steps() noexcept { return kSteps; }

void bring_forward(sql::Connection& connection, std::span<const char* const> steps) {
  auto version = [&connection] {
    auto query = connection.prepare("PRAGMA user_version");
    return query.step() ? static_cast<std::size_t>(query.integer(0)) : 0;
  };
  auto refuse_newer = [&](std::size_t seen) {
    if (seen > steps.size())
      throw base::Error(base::Errc::unsupported,
                        fmt::format("the catalog has schema {}; this program knows {}", seen, steps.size()),
                        "use a newer OpenMCP, or remove workspace.db: it is made again from the blocks");
    return seen == steps.size();
  };
  if (refuse_newer(version())) return;
  sql::Transaction transaction(connection);
  for (auto done = version(); !refuse_newer(done); ++done) connection.run(steps[done]);
  connection.run(fmt::format("PRAGMA user_version = {}", steps.size()).c_str());
  transaction.commit();
}

}  // namespace openmcp::context
