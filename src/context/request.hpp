// What callers ask of a workspace. Plain data; defaults do the usual thing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/disk.hpp"
#include "base/task.hpp"
#include "context/id.hpp"
#include "context/manifest.hpp"
#include "ipld/byte_io.hpp"
#include "ipld/cid.hpp"

namespace openmcp::context {

using ReadBytes = ipld::ByteSource;  ///< pulls bytes; 0 is the end
using WriteBytes = ipld::ByteSink;   ///< takes bytes in order

struct Progress {
  std::uint64_t done = 0, total = 0;  ///< of `unit`; total 0: unknown
  std::uint64_t bytes = 0;            ///< bytes handled so far
  std::string_view unit;              ///< "files", "blocks", "contexts", "bytes"
  std::string_view what;              ///< the thing at hand, for example a path; valid during the call
};
using ProgressFn = std::function<void(const Progress&)>;  ///< on the executor, at most some 20 times a second

// --- content -------------------------------------------------------------------------------------------------------

struct FileContent {
  base::Path path;
};  ///< a regular file, streamed
struct DirectoryContent {
  base::Path path;
  bool hidden = false;
};  ///< a whole directory as one UnixFS tree
struct StreamContent {
  ReadBytes read;
};  ///< of unknown length
struct StoredContent {
  ipld::Cid cid;
};  ///< UnixFS or raw root whose DAG is in the store
/// Bytes in memory, or where to find them. monostate: the content of the parent version.
using Content =
    std::variant<std::monostate, base::SharedBytes, FileContent, DirectoryContent, StreamContent, StoredContent>;

// --- commit --------------------------------------------------------------------------------------------------------

/// A version of which context: `id`; else, when `source` is known and not `new_context`, the context that came from
/// there; else a new one. Fields that are nullopt keep the parent's value, or get a default in a first version.
struct CommitRequest {
  Content content;

  std::optional<ContextId> id;      ///< an existing context. Error not_found
  std::optional<ContextId> new_id;  ///< the id of the new context (moved from elsewhere). Error already_exists
  bool new_context = false;         ///< a new one even when `source` is known
  /// The heads (manifest CIDs) that the caller believes in; others are Error conflict naming the actual ones. An empty
  /// list means "does not exist yet".
  std::optional<std::vector<ipld::Cid>> expected_parents;
  bool merge = false;  ///< with several heads: make all of them parents. Without it: Error conflict

  std::optional<std::string> type;        ///< default: from the name's extension, else "other"
  std::optional<std::string> title;       ///< default: the file's name, else the first line of text
  std::optional<std::string> media_type;  ///< default: from the extension, else sniffed
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string> metadata;  ///< JSON object
  std::optional<std::vector<Relation>> relations;
  std::optional<std::string> author;  ///< name; default: the workspace's
  std::optional<std::int64_t> time;   ///< microseconds; default: now
  std::string message;
  /// Where it came from: a path below the workspace's root, '/' between its parts. Default for FileContent and
  /// DirectoryContent: their path made relative to the root, when it is absolute and lies inside.
  std::optional<std::string> source;
  /// Check that the content is a conversation (JSON Lines); the type defaults to "conversation".
  bool conversation = false;
};

/// Every regular file below a directory as a context of its own. Files whose context already has this content are
/// skipped quickly. Links are not followed and reported; files that change while being read are tried again once.
struct DirectoryRequest {
  base::Path path;
  bool hidden = false;     ///< names that begin with '.'; the workspace's home is never taken
  CommitRequest defaults;  ///< type, tags, metadata, author, message, new_context for each; content is ignored
  ProgressFn progress;
};

struct MergeRequest {
  ContextId id;
  Content content;                  ///< monostate: must be equal in the heads, or changed by one, or see `prefer`
  std::optional<ipld::Cid> prefer;  ///< the head whose side wins where sides differ
  std::optional<std::string> author;
  std::string message;
};

/// Changes of a version's description; the content stays.
struct EditRequest {
  ContextId id;
  std::vector<std::string> add_tags, remove_tags;
  std::vector<Relation> add_relations, remove_relations;
  std::optional<std::string> title, type;
  std::optional<std::string> metadata;  ///< JSON object: replaces
  std::optional<std::vector<ipld::Cid>> expected_parents;
  std::optional<std::string> author;
  std::string message;
};

struct RestoreRequest {
  ContextId id;
  /// Manifest whose content, type, title and metadata come back as a new version; tags and relations stay as they are.
  ipld::Cid version;
  std::optional<std::vector<ipld::Cid>> expected_parents;
  std::optional<std::string> author;
  std::string message;  ///< default: "restore v3"
};

struct ForgetRequest {
  std::vector<ContextId> ids;
  std::string reason;
  bool collect = true;  ///< also remove at once the blocks that nothing else uses (and any other unpinned block)
};

// --- reading -------------------------------------------------------------------------------------------------------

struct ListRequest {
  std::vector<std::string> types;  ///< any of these; empty: all
  std::vector<std::string> tags_all, tags_any;
  std::string author;                        ///< name; "" any
  std::optional<std::int64_t> since, until;  ///< microseconds: since <= last change < until
  std::string source_prefix;                 ///< "docs/"
  std::optional<bool> diverged;              ///< only with (without) several heads
  std::size_t limit = 50;                    ///< at most 1000
  std::string cursor;                        ///< `next` of the page before
};

// --- exchange ------------------------------------------------------------------------------------------------------

struct ExportRequest {
  std::vector<ContextId> ids;  ///< empty: all, tombstones included
  bool latest = false;         ///< heads only, without the content of older versions
  ProgressFn progress;
};

struct ImportRequest {
  bool resurrect = false;  ///< take contexts back that were forgotten here
  ProgressFn progress;
};

}  // namespace openmcp::context
