// Workspace: the service behind every surface. Commits contexts, finds them again, follows and proves their versions.
//
// The truth is in the store: a version is a manifest block, vouched for by an attestation block that is pinned under
// the name "context/<id>". One commit is one batch of the store: durable as a whole when commit() returns, or absent.
// The catalog (SQLite) and the search index are views: they follow the store's log, may lag behind it after a crash,
// and are brought up to date when the workspace opens. Reads here see every commit that was acknowledged here.
//
// One Workspace to a store at a time. All calls may run concurrently on one executor. Errors are thrown.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.hpp"
#include "context/change.hpp"
#include "context/request.hpp"
#include "context/search/query.hpp"
#include "context/view.hpp"
#include "storage/pins.hpp"

namespace openmcp::context {

namespace search {
class SearchIndex;
}
struct ContextHeads;  // catalog.hpp

struct WorkspaceOptions {
  base::Path home;            ///< directory of keys/ed25519, workspace.db and search.db; made when absent
  base::Path root;            ///< absolute directory that sources are relative to; "" no sources
  std::string author;         ///< name for commits that give none; "" the key's first 8 hex digits
  bool memory_views = false;  ///< catalog and search index in memory (simulation, tests): rebuilt at each open
  bool search = true;         ///< keep a search index
  /// Reads beside a writer in another process, over a store that is opened for reading: nothing is made or changed, the
  /// catalog and the index are taken as they are, wherever they stand: see positions().
  bool read_only = false;
  /// Where the word table for embeddings may lie; the first that exists is used (search::word_table_places).
  std::vector<std::string> word_tables;
};

class Workspace {
public:
  /// Opens, makes what is missing, and brings the catalog up to the store's log. `env` and `store` outlive it.
  static base::Task<std::unique_ptr<Workspace>> open(base::Env& env, storage::PinningStore& store,
                                                     WorkspaceOptions options);
  /// Waits for commits in progress, brings catalog and index up to date, closes them. The store stays open.
  base::Task<void> close();
  ~Workspace();

  // --- writing -----------------------------------------------------------------------------------------------------

  base::Task<CommitResult> commit(CommitRequest request);
  base::Task<DirectoryReport> commit_directory(DirectoryRequest request);
  base::Task<CommitResult> merge(MergeRequest request);
  base::Task<CommitResult> edit(EditRequest request);  ///< tags, relations, title, metadata
  base::Task<CommitResult> restore(RestoreRequest request);
  base::Task<ForgetReport> forget(ForgetRequest request);

  // --- reading -----------------------------------------------------------------------------------------------------

  /// What the text names: an id, the beginning of one (4 hex digits or more, when only one context has it), the CID of
  /// a manifest or attestation, a source path, or a title that only one context has; then optionally a version:
  /// "@v3" or "@3" (1 is the oldest), "@<manifest CID>", "~2" (two before the latest). Errors: not_found;
  /// invalid_argument naming the candidates when several fit; not_found with a note for a forgotten one.
  base::Task<Ref> resolve(std::string text);
  /// Error not_found (also for forgotten contexts: the message then says when and why).
  base::Task<ContextView> get(Ref ref);
  base::Task<ContextView> get(ContextId id) { return get(Ref{id, {}}); }
  /// One version by its manifest's CID, with its proof. Its number and head flag are filled when the catalog has it.
  base::Task<Version> version(ipld::Cid manifest);
  /// Newest first: every version comes before its parents. At most `limit` (0: all).
  base::Task<std::vector<Version>> history(ContextId id, std::size_t limit = 0);
  base::Task<ListPage> list(ListRequest request);
  /// Contexts whose latest version has a content with this sha2-256 (the original's content_hash), the latest first.
  base::Task<std::vector<ContextId>> by_content(crypto::Digest32 hash, std::size_t limit);
  /// Contexts by id, after `after` (nil: from the start), forgotten ones too: all of them, page by page, whatever is
  /// committed meanwhile.
  base::Task<std::vector<ContextHeads>> page(ContextId after, std::size_t limit);
  base::Task<std::vector<TagCount>> tags();  ///< most used first
  base::Task<VersionDiff> diff(ipld::Cid before, ipld::Cid after, DiffOptions options);
  /// The whole content in memory. Error too_large above `limit` bytes, unsupported for a directory.
  base::Task<base::SharedBytes> content(ipld::Cid manifest, std::uint64_t limit = 64u << 20);
  /// The content in order, in bounded memory. For a directory: unsupported (export it with ipld::unixfs).
  base::Task<void> read_content(ipld::Cid manifest, WriteBytes write);

  // --- search ------------------------------------------------------------------------------------------------------

  /// Over every acknowledged commit. Error unsupported when the workspace was opened without search.
  base::Task<search::SearchResult> search(search::Query query);
  /// The index, with every acknowledged commit in it. Error unsupported when the workspace was opened without.
  base::Task<search::SearchIndex*> search_index();

  // --- exchange ----------------------------------------------------------------------------------------------------

  /// One CARv1, the same bytes for the same contexts. Its root is an index of dag-cbor blocks (see car_index.hpp) that
  /// links the attestations of all heads.
  base::Task<ExportReport> export_car(ExportRequest request, WriteBytes write);
  /// Verifies everything before anything is applied. A CAR without our index block is stored and its roots pinned
  /// under "import". Errors: corrupt (bytes, manifests, signatures), not_found (a block that is linked but
  /// absent), too_large.
  base::Task<ImportReport> import_car(ImportRequest request, ReadBytes read);

  // --- care --------------------------------------------------------------------------------------------------------

  /// Reads every block of every context, checks every manifest, signature and link, and the catalog against the pins.
  /// What is wrong is in the report, not thrown. (Whether the store itself is sound, its own verify says.)
  base::Task<VerifyReport> verify(ProgressFn progress);
  /// The same of one context. Error not_found when there is none (or it was forgotten).
  base::Task<VerifyReport> verify_context(ContextId id);
  /// Makes catalog and search index anew from the blocks alone.
  base::Task<RebuildReport> rebuild(ProgressFn progress);
  base::Task<Status> status();
  /// Waits until catalog and search index hold every acknowledged commit.
  base::Task<void> catch_up();
  /// Where store, catalog and search index stand. Of a read-only workspace the views may be behind the store (nobody
  /// brought them forward) or before it (the writer went on since the store was opened: refresh the store).
  base::Task<Positions> positions();
  /// How the catalog, or the search index, follows what is committed; waits for nothing that it has still to do. When
  /// its last batch failed, that is tried again now, and what keeps it back is thrown. Of a workspace without search
  /// the index is the catalog.
  base::Task<Following> catalog_following();
  base::Task<Following> search_following();

  /// Calls `watcher` on the executor for every change made through this workspace, once it is durable and readers see
  /// it; until unwatch().
  std::uint64_t watch(ChangeFn watcher);
  void unwatch(std::uint64_t number);

  const WorkspaceOptions& options() const noexcept;
  base::Env& env() const noexcept;

  struct State;  ///< of this room's own sources
private:
  explicit Workspace(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::context
