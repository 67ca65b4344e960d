#include "context/views.hpp"

#include "context/search/index.hpp"

namespace openmcp::context {

namespace {

constexpr BacklogLimits kLimits{.batch = 1024, .room = 4096, .linger = std::chrono::milliseconds(200)};

ContextHeads heads_of(const ContextRecord& record) {
  return {.id = record.id,
          .heads = record.heads,
          .created = record.created,
          .versions = record.versions,
          .forgotten = record.latest->tombstone};
}

bool comes_from(const ContextRecord& record, const std::string& source) {
  return record.latest && !record.latest->tombstone && record.latest->source == source;
}

}  // namespace

Views::Views(base::Env& env, storage::PinningStore& store, std::shared_ptr<Catalog> catalog,
             std::shared_ptr<search::SearchIndex> index, storage::Position position)
    : env_(env), catalog_(std::move(catalog)), index_(std::move(index)), newest_(position), recorded_(position) {
  if (index_) indexer_ = std::make_unique<Indexer>(env, store, index_);
}

Views::~Views() { abandon(); }

void Views::abandon() noexcept {
  if (backlog_) backlog_->abandon();
  if (indexer_) indexer_->abandon();
}

void Views::start() {
  auto handle = [weak = weak_from_this()](const std::vector<Handed>& group) { return apply(weak, group); };
  backlog_ = std::make_shared<Backlog<Handed>>(env_, kLimits, std::move(handle));
  backlog_->start();
}

base::Task<void> Views::close(storage::Position position) {
  std::exception_ptr problem;
  try {
    co_await backlog_->close();
    if (in_flight_.empty() && position > recorded_) {
      auto note = [catalog = catalog_, position] { catalog->apply({}, position); };
      co_await env_.run(std::move(note));
    }
  } catch (...) {
    problem = std::current_exception();
  }
  if (indexer_) co_await indexer_->close();
  if (problem) std::rethrow_exception(problem);
}

base::Task<void> Views::room() {
  co_await backlog_->room();
  if (indexer_) co_await indexer_->room();
}

Views::Ticket Views::begin(storage::Position before) { return in_flight_.insert(before); }

void Views::committed(Ticket ticket, storage::Position position, std::vector<ContextRecord> records) {
  in_flight_.erase(ticket);
  newest_ = std::max(newest_, position);
  for (auto& each : records) {
    auto record = std::make_shared<const ContextRecord>(std::move(each));
    auto& pending = pending_[record->id];
    pending.newest = record;
    ++pending.records;
    if (record->latest && !record->latest->source.empty()) {
      pending_sources_[record->latest->source] = record->id;
      pending.sources.push_back(record->latest->source);
    }
    unapplied_.insert(position);
    backlog_->push({.record = std::move(record), .position = position});
  }
}

void Views::failed(Ticket ticket, bool doubtful) {
  if (!doubtful) in_flight_.erase(ticket);
}

storage::Position Views::safe_position() const {
  auto safe = newest_;
  if (!in_flight_.empty()) safe = std::min(safe, *in_flight_.begin());
  if (!unapplied_.empty()) safe = std::min(safe, *unapplied_.begin() - 1);
  return std::max(safe, recorded_);
}

void Views::release(const Handed& handed) {
  auto found = pending_.find(handed.record->id);
  if (--found->second.records > 0) return;
  // Those of all its records: the last one may have come from elsewhere, or be a tombstone.
  for (const auto& each : found->second.sources) {
    auto source = pending_sources_.find(each);
    if (source != pending_sources_.end() && source->second == handed.record->id) pending_sources_.erase(source);
  }
  pending_.erase(found);
}

base::Task<void> Views::apply(std::weak_ptr<Views> views, std::vector<Handed> group) {
  auto self = views.lock();
  if (!self) co_return;
  auto& unapplied = self->unapplied_;
  for (const auto& handed : group) unapplied.erase(unapplied.find(handed.position));
  const auto position = self->safe_position();
  auto work = [catalog = self->catalog_, &group, position] {
    std::vector<const ContextRecord*> records;
    records.reserve(group.size());
    for (const auto& handed : group) records.push_back(handed.record.get());
    catalog->apply(records, position);
  };
  try {
    co_await self->env_.run(std::move(work));
  } catch (...) {
    for (const auto& handed : group) unapplied.insert(handed.position);
    throw;
  }
  const auto before = std::exchange(self->recorded_, position);
  for (const auto& handed : group) {
    const auto& record = *handed.record;
    if (self->indexer_) {
      IndexChange change{.id = record.id, .version = {}, .latest = {}, .position = before};
      if (record.latest && !record.latest->tombstone) {
        change.version = record.heads.front().manifest;
        change.latest = record.latest;
      }
      if (&handed == &group.back()) change.position = position;  // only then is the index as far as the catalog
      self->indexer_->changed(std::move(change));
    }
    self->release(handed);
  }
}

base::Task<std::optional<ContextHeads>> Views::heads(ContextId id) {
  if (auto found = pending_.find(id); found != pending_.end()) {
    const auto& record = *found->second.newest;
    if (!record.latest) co_return std::nullopt;
    co_return heads_of(record);
  }
  auto look = [catalog = catalog_, id] { return catalog->heads(id); };
  co_return co_await env_.run(std::move(look));
}

base::Task<std::optional<SourceMatch>> Views::by_source(std::string source) {
  if (auto found = pending_sources_.find(source); found != pending_sources_.end()) {
    const auto& record = *pending_.at(found->second).newest;
    if (comes_from(record, source))
      co_return SourceMatch{.id = record.id,
                            .version = record.heads.front().manifest,
                            .content = *record.latest->content,
                            .stamp = record.stamp};
  }
  auto look = [catalog = catalog_, source] { return catalog->by_source(source); };
  auto matches = co_await env_.run(std::move(look));
  for (auto& match : matches) {
    auto found = pending_.find(match.id);
    if (found == pending_.end() || comes_from(*found->second.newest, source)) co_return std::move(match);
  }
  co_return std::nullopt;
}

void Views::reindex(IndexChange change) {
  if (indexer_) indexer_->changed(std::move(change));
}

base::Task<void> Views::catalog_ready() { return backlog_->ready(); }

base::Task<void> Views::index_ready() {
  co_await backlog_->ready();
  if (indexer_) co_await indexer_->ready();
}

base::Task<Following> Views::catalog_following() {
  if (backlog_->failing()) co_await backlog_->ready();
  auto where = [catalog = catalog_] { return catalog->position(); };
  const auto position = co_await env_.run(std::move(where));
  co_return Following{.store = 0,
                      .view = position,
                      .waiting = backlog_->waiting(),
                      .room = backlog_->limit(),
                      .still = backlog_->still()};
}

base::Task<Following> Views::index_following() {
  if (indexer_->failing()) co_await indexer_->ready();
  auto where = [index = index_] { return index->position(); };
  const auto position = co_await env_.run(std::move(where));
  // What the catalog has not handed on yet waits for the index too.
  auto following = indexer_->following();
  following.view = position;
  following.waiting += backlog_->waiting();
  co_return following;
}

}  // namespace openmcp::context
