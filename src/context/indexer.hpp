// Indexer: brings changed contexts into the search index, in batches, behind the catalog.
#pragma once

#include <memory>

#include "base/env.hpp"
#include "context/backlog.hpp"
#include "context/manifest.hpp"
#include "context/view.hpp"
#include "storage/pins.hpp"

namespace openmcp::context {

namespace search {
class SearchIndex;
}

/// A context is now this version.
struct IndexChange {
  ContextId id;
  std::optional<ipld::Cid> version;        ///< nullopt: gone or forgotten, take it out
  std::shared_ptr<const Manifest> latest;  ///< of that version; null: read it when its turn comes
  /// Where the index stands in the store's log when this and everything before it is indexed.
  storage::Position position = 0;
};

class Indexer {
public:
  Indexer(base::Env& env, storage::PinningStore& store, std::shared_ptr<search::SearchIndex> index);
  ~Indexer();

  void changed(IndexChange change) { backlog_->push(std::move(change)); }
  base::Task<void> ready() { return backlog_->ready(); }
  base::Task<void> room() { return backlog_->room(); }
  base::Task<void> close() { return backlog_->close(); }
  void abandon() noexcept;
  std::size_t waiting() const noexcept { return backlog_->waiting(); }
  bool failing() const noexcept { return backlog_->failing(); }
  Following following() const {
    return {
        .store = 0, .view = 0, .waiting = backlog_->waiting(), .room = backlog_->limit(), .still = backlog_->still()};
  }

private:
  std::shared_ptr<bool> stopped_ = std::make_shared<bool>(false);  ///< the store must not be asked any more
  std::shared_ptr<Backlog<IndexChange>> backlog_;
};

}  // namespace openmcp::context
