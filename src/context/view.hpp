// What a workspace answers. Plain data, values only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "context/diff.hpp"
#include "context/id.hpp"
#include "context/manifest.hpp"
#include "ipld/cid.hpp"
#include "storage/pins.hpp"

namespace openmcp::context {

struct SkippedFile {
  std::string path;
  std::string why;
};

struct CommitResult {
  ContextId id;
  ipld::Cid version;  ///< the manifest
  ipld::Cid attestation;
  ipld::Cid content;
  std::uint64_t number = 0;  ///< 1 is the oldest version
  std::uint64_t size = 0;    ///< bytes of the content
  std::string title, type;
  bool created = false;                      ///< a new context
  bool unchanged = false;                    ///< nothing new: `version` is the existing one
  std::vector<std::string> merge_conflicts;  ///< fields where one side had to win
  std::vector<SkippedFile> skipped;          ///< of a directory taken as one tree
};

/// One line of a list.
struct ContextSummary {
  ContextId id;
  std::string type, title;
  std::vector<std::string> tags;
  std::string author;
  std::int64_t created = 0, changed = 0;  ///< microseconds: of the first and the latest version
  std::uint64_t size = 0;                 ///< bytes
  std::uint64_t versions = 0;
  std::size_t heads = 1;       ///< more than one: diverged, wants a merge
  ipld::Cid version, content;  ///< of the latest head
  std::string source;
};

struct ListPage {
  std::vector<ContextSummary> contexts;  ///< last changed first
  std::string next;                      ///< cursor; "" at the end
};

enum class Proof : std::uint8_t {
  valid,    ///< signed, and the signature holds
  invalid,  ///< the signature does not hold
  missing,  ///< no attestation is here
};

struct Version {
  ipld::Cid cid;  ///< of the manifest
  Manifest manifest;
  std::uint64_t number = 0;  ///< 1 is the oldest
  bool head = false;
  std::optional<ipld::Cid> attestation;
  Proof proof = Proof::missing;
  std::array<std::uint8_t, 32> key{};  ///< who signed, when proof is not missing
};

/// A context as it is now: `current` is the latest head (by time, then CID) or the version that was asked for.
struct ContextView {
  ContextId id;
  Version current;
  std::vector<ipld::Cid> heads;  ///< manifests, latest first
  std::uint64_t versions = 0;
  std::int64_t created = 0, changed = 0;
  std::vector<Relation> incoming;  ///< `target` is the context that points here
};

struct VersionDiff {
  Version before, after;
  FieldDiff fields;
  bool content_equal = false;
  bool binary = false;     ///< one of them is not text, or too large: no lines
  std::string why_binary;  ///< "content is not UTF-8 text", "larger than 16 MiB", "a directory"
  TextDiff text;
};

struct DirectoryReport {
  std::uint64_t created = 0, updated = 0, unchanged = 0;
  std::uint64_t bytes = 0;              ///< of files read
  std::vector<CommitResult> committed;  ///< created and updated, in the order of paths; not the unchanged
  std::vector<SkippedFile> skipped;     ///< links, sockets, unreadable or changing files
};

struct ForgetReport {
  std::vector<ContextId> forgotten;  ///< not those that were forgotten before
  std::uint64_t versions = 0;
  std::uint64_t blocks_removed = 0, bytes_removed = 0;
};

struct ExportReport {
  ipld::Cid root;  ///< the index block
  std::uint64_t contexts = 0, versions = 0, blocks = 0, bytes = 0;
};

struct ImportReport {
  std::vector<ipld::Cid> roots;
  bool plain = false;  ///< a CAR of something else: its roots were pinned
  std::uint64_t blocks = 0, bytes = 0;
  std::uint64_t created = 0, forwarded = 0, diverged = 0, unchanged = 0, forgotten = 0;  ///< contexts
  std::vector<ContextId> refused;  ///< forgotten here, and not asked to come back
};

struct Finding {
  std::string what;   ///< "block", "manifest", "attestation", "content", "catalog", "pin"
  std::string where;  ///< CID, id or both
  std::string problem;
};

struct VerifyReport {
  std::uint64_t contexts = 0, versions = 0, attestations = 0, blocks = 0, bytes = 0;
  std::vector<Finding> findings;  ///< empty: all is well
  bool ok() const noexcept { return findings.empty(); }
};

struct RebuildReport {
  std::uint64_t contexts = 0, versions = 0;
  std::vector<Finding> findings;  ///< heads that could not be read
};

struct Status {
  std::uint64_t contexts = 0, versions = 0, diverged = 0, forgotten = 0;
  std::uint64_t content_bytes = 0;  ///< of the heads
  std::uint64_t pins = 0;           ///< of contexts
  std::map<std::string, std::uint64_t> by_type;
  storage::Position store_position = 0, catalog_position = 0, search_position = 0;
  std::uint64_t indexed = 0;           ///< documents in the search index
  std::uint64_t to_index = 0;          ///< changes that wait for it
  std::string embedder;                ///< id and version of the word table; "" none
  std::array<std::uint8_t, 32> key{};  ///< of the workspace's identity
  int schema = 0;                      ///< of the catalog
};

/// In the store's log.
struct Positions {
  storage::Position store = 0, catalog = 0;
  storage::Position search = 0;  ///< the catalog's when there is no index
};

/// How a view follows the store's log.
struct Following {
  storage::Position store = 0, view = 0;
  std::uint64_t waiting = 0;  ///< changes of contexts that are not in it yet
  std::uint64_t room = 0;     ///< from so many on, writers wait
  base::Duration still{};     ///< how long nothing came in although something waits
};

struct TagCount {
  std::string tag;
  std::uint64_t contexts = 0;
};

/// What a text names: a context, and a version of it when it said so.
struct Ref {
  ContextId id;
  std::optional<ipld::Cid> version;
};

}  // namespace openmcp::context
