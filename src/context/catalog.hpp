// Catalog: the SQL view of all contexts: what lists, filters, numbers of versions and lookups by name read. Derived
// data: everything in it comes from manifests and pins, and `position` says up to where in the store's log.
//
// The only user of SQLite in this room besides the search index; its interface knows no SQLite, so that another
// database can stand behind it. All calls block: make them inside Env::run. They may come from several threads: writes
// follow one another, reads see the last write that returned. Errors: corrupt (hint: rebuild), busy, no_space, io.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "context/id.hpp"
#include "context/manifest.hpp"
#include "context/request.hpp"
#include "context/view.hpp"
#include "storage/pins.hpp"

namespace openmcp::context {

/// One version's row.
struct VersionRow {
  ipld::Cid manifest;
  std::optional<ipld::Cid> attestation;  ///< nullopt: none is known
  std::uint64_t generation = 1;          ///< 1, or one more than the greatest of its parents
  std::int64_t time = 0;
  bool operator==(const VersionRow&) const = default;
};

/// What the stat of a file said when its content was committed: an unchanged one need not be read again.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t mtime = 0;  ///< microseconds
  std::uint64_t inode = 0;
  std::int64_t checked = 0;  ///< when it was read
  ipld::Cid content;         ///< what was read
  bool operator==(const FileStamp&) const = default;
};

/// A context's whole state after a change; it replaces what is there.
struct ContextRecord {
  ContextId id;
  std::shared_ptr<const Manifest> latest;  ///< of the latest head (time, then CID); null: the context is gone
  std::vector<VersionRow> heads;           ///< latest first
  std::vector<VersionRow> new_versions;    ///< not in the catalog yet, heads included
  bool replace_versions = false;           ///< new_versions are all there are: drop the others
  std::int64_t created = 0;                ///< time of the oldest version
  std::uint64_t versions = 0;
  std::optional<FileStamp> stamp;  ///< of the file at latest->source
};

/// What a writer needs to know of a context.
struct ContextHeads {
  ContextId id;
  std::vector<VersionRow> heads;  ///< latest first
  std::int64_t created = 0;
  std::uint64_t versions = 0;
  bool forgotten = false;
};

struct NumberedVersion {
  VersionRow row;
  std::uint64_t number = 0;  ///< rank by (generation, time, manifest), 1 is the oldest
  bool head = false;
};

struct SourceMatch {
  ContextId id;
  ipld::Cid version, content;
  std::optional<FileStamp> stamp;
};

class Catalog {
public:
  static int schema() noexcept;  ///< the newest version, the number of steps in catalog_schema.cpp

  /// Opens or makes the file, or ":memory:"; brings an older schema forward. Errors: unsupported (a newer schema),
  /// corrupt.
  explicit Catalog(const std::string& path);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;
  /// Removes the file and what SQLite keeps beside it.
  static void destroy(const std::string& path);

  // --- writing ---
  /// One transaction: all records in order, then the position.
  void apply(const std::vector<const ContextRecord*>& records, storage::Position position);
  void stamp(const std::string& source, const FileStamp& stamp);
  void clear();
  /// Leaves nothing of removed rows in the file or its log.
  void scrub();

  // --- reading ---
  storage::Position position() const;
  std::optional<ContextHeads> heads(const ContextId& id) const;
  /// Latest changed first; forgotten contexts have none.
  std::vector<SourceMatch> by_source(const std::string& source) const;
  /// Contexts with this title, the latest first; at most `limit`.
  std::vector<ContextId> by_title(const std::string& title, std::size_t limit) const;
  /// Contexts whose latest version has a content with this sha2-256, the latest first; at most `limit`.
  std::vector<ContextId> by_content(const crypto::Digest32& hash, std::size_t limit) const;
  /// Ids (also of forgotten contexts) that begin with these 4 to 32 lower-case hex digits; at most `limit`.
  std::vector<ContextId> by_prefix(const std::string& hex, std::size_t limit) const;
  std::optional<ContextId> by_manifest(const ipld::Cid& manifest) const;
  std::optional<NumberedVersion> version(const ContextId& id, const ipld::Cid& manifest) const;
  std::optional<NumberedVersion> version(const ContextId& id, std::uint64_t number) const;
  /// Newest first: children before parents. `limit` 0: all.
  std::vector<NumberedVersion> versions(const ContextId& id, std::size_t limit) const;
  std::optional<ContextSummary> summary(const ContextId& id) const;
  ListPage list(const ListRequest& request) const;
  std::vector<TagCount> tags() const;
  /// Relations of other contexts that point at this one; `target` is the one that points.
  std::vector<Relation> incoming(const ContextId& id) const;
  /// Ids in order, after `after` (nil: from the start), with their heads; forgotten contexts too.
  std::vector<ContextHeads> page(const ContextId& after, std::size_t limit) const;
  /// contexts, versions, diverged, forgotten, content_bytes, pins, by_type and schema are filled.
  Status totals() const;
  /// Empty: the file is sound. Else what is wrong, one finding a line.
  std::vector<std::string> integrity_check() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openmcp::context
