// What the workspace's sources share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/env.hpp"
#include "base/sync.hpp"
#include "context/content.hpp"
#include "context/identity.hpp"
#include "context/keyed_lock.hpp"
#include "context/merge.hpp"
#include "context/versions.hpp"
#include "context/views.hpp"
#include "context/workspace.hpp"

namespace openmcp::context {

/// Lives until the last operation that it protects has ended, also when its waiters were cancelled.
struct Workspace::State : std::enable_shared_from_this<Workspace::State> {
  State(base::Env& environment, storage::PinningStore& blocks, WorkspaceOptions settings, Identity key)
      : env(environment),
        store(blocks),
        options(std::move(settings)),
        identity(std::move(key)),
        ids(environment),
        locks(environment),
        idle(environment.executor()) {}

  base::Env& env;
  storage::PinningStore& store;
  WorkspaceOptions options;
  Identity identity;
  IdMaker ids;
  KeyedLock locks;
  std::shared_ptr<Views> views;
  std::size_t operations = 0;  ///< calls and batches on their way
  base::Signal idle;           ///< operations ended, or an exclusive one did
  bool exclusive = false, closed = false;
  ChangeFeed changes;

  /// A call that is counted until it ends.
  class Operation {
  public:
    explicit Operation(std::shared_ptr<State> state) : state_(std::move(state)) { ++state_->operations; }
    Operation(Operation&& other) noexcept = default;
    Operation& operator=(Operation&&) = delete;
    ~Operation() {
      if (state_ && --state_->operations == 0) state_->idle.wake_all();
    }

  private:
    std::shared_ptr<State> state_;
  };
  /// Waits for an exclusive call to end. Throws cancelled when the workspace is closed.
  base::Task<Operation> enter();
  /// Waits for all others and keeps new ones out until the returned object goes.
  base::Task<std::shared_ptr<void>> enter_alone();

  using Guards = std::vector<KeyedLock::Guard>;
  base::Task<KeyedLock::Guard> lock(ContextId id);

  // --- the one way of a change into the store (put.cpp) ---

  /// A new version that follows all present heads. Precondition of put: the manifest is normalised.
  struct NewVersion {
    std::optional<ContextHeads> before;  ///< nullopt: a new context
    Manifest manifest;                   ///< everything but parents; `id` is set
    std::optional<ipld::Block> block;    ///< content that is not in the store yet
    std::unique_ptr<storage::Lease> lease;
    std::optional<FileStamp> stamp;
    Guards guards;  ///< of the context, unless nobody else can know it
  };
  base::Task<CommitResult> put(NewVersion version);
  /// Applies the batch whole or not at all, also when the caller is cancelled, hands the records to the views and tells
  /// those who watch. `kind`: of what is no tombstone.
  base::Task<void> apply(storage::Batch batch, std::vector<ContextRecord> records, Guards guards,
                         std::unique_ptr<storage::Lease> lease, Change::Kind kind = Change::Kind::committed);
  Author author(const std::optional<std::string>& name) const;
  std::int64_t now() const { return env.now().time_since_epoch().count(); }

  // --- commits (commit.cpp) ---

  base::Task<CommitResult> commit(CommitRequest request);
  /// `prepared` nullopt: the content of the parent.
  base::Task<CommitResult> commit_prepared(CommitRequest request, std::optional<Prepared> prepared);
  /// Leaves nothing of removed rows in the files of the views.
  base::Task<void> scrub();
  base::Path excluded() const;  ///< the home, which no import may take

  /// The fields that a new version starts from: its only parent's, or what its parents merge to.
  struct Ground {
    Manifest fields;
    std::vector<std::string> conflicts;
    bool content_decided = true;
    std::shared_ptr<const Manifest> only_parent;
  };
  base::Task<Ground> ground(ContextHeads before, std::optional<ipld::Cid> prefer);
  /// Throws not_found (unknown or forgotten).
  base::Task<ContextHeads> existing(ContextId id);

  // --- views of the blocks (refresh.cpp) ---

  /// The attestations that are pinned for a context.
  base::Task<std::vector<ipld::Cid>> pinned_heads(ContextId id);
  /// Reads a context's state from pins and blocks. `before`: build on what the catalog knows.
  base::Task<ContextRecord> read_context(ContextId id, std::optional<ContextHeads> before);
  base::Task<std::set<ContextId>> pinned_contexts();
  /// Called for a context that cannot be read; it is left as it was.
  using Noticed = std::function<void(const ContextId&, const base::Error&)>;
  /// Writes these contexts anew; the catalog stands at `after` when all are written, at `before` until then.
  base::Task<void> refresh_catalog(std::set<ContextId> contexts, storage::Position before, storage::Position after,
                                   Noticed noticed);
  /// Hands these contexts (nullopt: all) to the search index.
  base::Task<void> reindex(std::optional<std::set<ContextId>> contexts, storage::Position before,
                           storage::Position after);
  /// Opens the views' files; damaged ones are made anew. `fresh`: all are. Starts following.
  base::Task<void> open_views(bool fresh);
  /// Brings catalog and index up to the store's log. Precondition: nothing else runs yet.
  base::Task<void> replay();
};

/// The CIDs of heads, for messages.
std::string names_of(const std::vector<VersionRow>& heads);
/// Throws conflict naming the actual heads, when some were expected and they are others.
void check_expected(const std::optional<std::vector<ipld::Cid>>& expected, const ContextHeads& before);
/// Throws conflict when there are several.
void require_one_head(const ContextHeads& before);
/// Nothing but author, time and message differs.
bool same_state(const Manifest& a, const Manifest& b);
CommitResult unchanged_result(const ContextHeads& before, const Manifest& manifest);

/// Throws not_found: the context was forgotten. Reads the tombstone for when and why.
base::Task<void> throw_forgotten(ipld::BlockSource& source, ContextHeads context);

}  // namespace openmcp::context
