// Views: keeps the catalog and the search index behind the store's log, in the background. A commit that is durable is
// handed over here and acknowledged; it is visible at once to writers (what is on its way is remembered) and to readers
// (who first wait until the views have caught up). Several commits share one transaction of each view.
//
// The position that a view records never passes a batch that is not in it: what a crash takes from a view is found
// again in the store's history of pins.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "base/env.hpp"
#include "context/backlog.hpp"
#include "context/catalog.hpp"
#include "context/indexer.hpp"
#include "context/view.hpp"
#include "storage/pins.hpp"

namespace openmcp::context {

class Views : public std::enable_shared_from_this<Views> {
public:
  /// `index` may be null. `position`: where the catalog stands.
  Views(base::Env& env, storage::PinningStore& store, std::shared_ptr<Catalog> catalog,
        std::shared_ptr<search::SearchIndex> index, storage::Position position);
  ~Views();

  /// Begins the background work; once, before anything else.
  void start();
  /// The catalog was brought to this position from outside.
  void stands_at(storage::Position position) { newest_ = recorded_ = position; }

  /// Ends the background work, after everything handed over is in both views. Throws what kept one back. `position`: of
  /// the store, when no batch is on its way: changes up to there were not ours.
  base::Task<void> close(storage::Position position);

  /// Ends it at its next step; the store is not asked any more.
  void abandon() noexcept;

  // --- writers ---

  /// Waits while too much is on its way. Throws what keeps a view back, when something does.
  base::Task<void> room();
  /// Before the store is asked to apply a batch. The ticket goes to exactly one of the next two.
  using Ticket = std::multiset<storage::Position>::iterator;
  Ticket begin(storage::Position before);
  /// The batch is durable at `position`. Takes effect at once.
  void committed(Ticket ticket, storage::Position position, std::vector<ContextRecord> records);
  /// The batch failed. When it is not sure that nothing of it is in the store (`doubtful`), no later position is
  /// recorded, so that the next open looks again.
  void failed(Ticket ticket, bool doubtful);

  /// For the index only, because it stayed behind.
  void reindex(IndexChange change);

  /// As of the last committed record.
  base::Task<std::optional<ContextHeads>> heads(ContextId id);
  /// The context that came from this source last and is not forgotten.
  base::Task<std::optional<SourceMatch>> by_source(std::string source);

  // --- readers ---

  /// Waits until every record committed before the call is in the catalog. Throws what keeps it back.
  base::Task<void> catalog_ready();
  /// The same for catalog and search index.
  base::Task<void> index_ready();
  /// Runs `look(const Catalog&)` away from the executor, after catalog_ready().
  template <class F>
  base::Task<std::invoke_result_t<F&, const Catalog&>> read(F look) {
    co_await catalog_ready();
    auto work = [kept = catalog_, look = std::move(look)]() mutable { return look(std::as_const(*kept)); };
    co_return co_await env_.run(std::move(work));
  }

  /// As Workspace::catalog_following() and search_following(), without the store.
  base::Task<Following> catalog_following();
  base::Task<Following> index_following();  ///< precondition: there is an index

  const std::shared_ptr<Catalog>& catalog() const noexcept { return catalog_; }
  const std::shared_ptr<search::SearchIndex>& index() const noexcept { return index_; }
  std::size_t to_index() const noexcept { return indexer_ ? indexer_->waiting() : 0; }

private:
  struct Handed {
    std::shared_ptr<const ContextRecord> record;
    storage::Position position;
  };
  /// What is known of a context beyond the catalog.
  struct Pending {
    std::shared_ptr<const ContextRecord> newest;
    std::size_t records = 0;           ///< on their way
    std::vector<std::string> sources;  ///< that lead here in pending_sources_
  };
  static base::Task<void> apply(std::weak_ptr<Views> views, std::vector<Handed> group);
  storage::Position safe_position() const;
  void release(const Handed& handed);

  base::Env& env_;
  std::shared_ptr<Catalog> catalog_;
  std::shared_ptr<search::SearchIndex> index_;
  std::unique_ptr<Indexer> indexer_;
  std::shared_ptr<Backlog<Handed>> backlog_;

  std::multiset<storage::Position> in_flight_;  ///< each batch will lie behind its position
  std::multiset<storage::Position> unapplied_;  ///< of records that were handed over
  storage::Position newest_, recorded_;         ///< of committed batches; in the catalog
  std::unordered_map<ContextId, Pending> pending_;
  std::unordered_map<std::string, ContextId> pending_sources_;
};

}  // namespace openmcp::context
