#include "context/indexer.hpp"

#include <unordered_map>

#include "base/log.hpp"
#include "context/document.hpp"
#include "context/search/index.hpp"
#include "context/versions.hpp"

namespace openmcp::context {

namespace {

constexpr BacklogLimits kLimits{.batch = 2048, .room = 16384, .linger = std::chrono::milliseconds(500)};

/// The store, until the indexer goes: what is on its way then must not ask a store that may be gone, too.
class WhileRunning final : public ipld::BlockSource {
public:
  WhileRunning(storage::PinningStore& store, std::shared_ptr<const bool> stopped)
      : store_(store), stopped_(std::move(stopped)) {}
  base::Task<std::optional<base::SharedBytes>> retrieve(ipld::Cid cid) override {
    check();
    return store_.retrieve(std::move(cid));
  }
  base::Task<std::vector<std::optional<base::SharedBytes>>> retrieve_many(std::vector<ipld::Cid> cids) override {
    check();
    return store_.retrieve_many(std::move(cids));
  }

private:
  void check() const {
    if (*stopped_) throw base::Error(base::Errc::cancelled, "cancelled: the workspace is closed");
  }
  storage::PinningStore& store_;
  std::shared_ptr<const bool> stopped_;
};

struct Found {
  IndexChange change;
  base::SharedBytes searched;
};

/// The bytes to search, and the manifest when it is not there yet.
base::Task<Found> find(base::Env& env, ipld::BlockSource& source, IndexChange change) {
  Found found{.change = std::move(change), .searched = {}};
  try {
    if (!found.change.latest) found.change.latest = co_await load_manifest(source, *found.change.version);
    found.searched = co_await searched_bytes(env, source, found.change.latest);
  } catch (const base::Error& error) {
    // What cannot be read must not keep everything else out of the index.
    if (error.code() != base::Errc::corrupt && error.code() != base::Errc::not_found) throw;
    base::log(base::LogLevel::warn, "context", "{} is not searched: {}", found.change.id.text(), error.message());
  }
  co_return found;
}

base::Task<void> index_batch(base::Env& env, std::shared_ptr<WhileRunning> source,
                             std::shared_ptr<search::SearchIndex> index, std::vector<IndexChange> changes) {
  // Of several changes of one context only the last counts.
  std::unordered_map<ContextId, std::size_t> last;
  for (std::size_t i = 0; i < changes.size(); ++i) last[changes[i].id] = i;
  std::vector<Found> found;
  search::Batch batch;
  batch.position = changes.back().position;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto& change = changes[i];
    if (last[change.id] != i) continue;
    if (!change.version) {
      batch.removals.push_back(change.id.array());
      continue;
    }
    auto one = co_await find(env, *source, change);
    if (one.change.latest) found.push_back(std::move(one));
  }
  auto work = [index, found = std::move(found), batch = std::move(batch)]() mutable {
    for (const auto& [change, searched] : found)
      batch.upserts.push_back(make_document(*change.version, *change.latest, searched));
    index->apply(batch);
  };
  co_await env.run(std::move(work));
}

}  // namespace

Indexer::Indexer(base::Env& env, storage::PinningStore& store, std::shared_ptr<search::SearchIndex> index) {
  auto source = std::make_shared<WhileRunning>(store, stopped_);
  auto handle = [&env, source, index](const std::vector<IndexChange>& changes) {
    return index_batch(env, source, index, changes);
  };
  backlog_ = std::make_shared<Backlog<IndexChange>>(env, kLimits, std::move(handle));
  backlog_->start();
}

Indexer::~Indexer() { abandon(); }

void Indexer::abandon() noexcept {
  *stopped_ = true;
  backlog_->abandon();
}

}  // namespace openmcp::context
