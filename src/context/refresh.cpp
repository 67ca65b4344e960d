// The state of contexts as pins and blocks say, and bringing the views up to it.
#include <fmt/format.h>

#include "base/log.hpp"
#include "context/search/index.hpp"
#include "context/state.hpp"

namespace openmcp::context {

namespace {

constexpr std::size_t kPage = 1000;  ///< pins or contexts read at once
constexpr std::size_t kGroup = 256;  ///< contexts written at once

base::Task<void> write_group(base::Env& env, std::shared_ptr<Catalog> catalog, std::vector<ContextRecord> records,
                             storage::Position position) {
  auto work = [catalog, position, records = std::move(records)] {
    std::vector<const ContextRecord*> pointers;
    for (const auto& record : records) pointers.push_back(&record);
    catalog->apply(pointers, position);
  };
  co_await env.run(std::move(work));
}

/// Contexts whose pins changed since then; nullopt: nobody knows any more.
base::Task<std::optional<std::set<ContextId>>> changed_since(storage::PinningStore& store, storage::Position since) {
  auto history = co_await store.pin_history(since);
  if (!history) co_return std::nullopt;
  std::set<ContextId> ids;
  for (const auto& change : history->changes)
    if (auto id = id_of_pin(change.pin.name)) ids.insert(*id);
  co_return ids;
}

}  // namespace

base::Task<std::vector<ipld::Cid>> Workspace::State::pinned_heads(ContextId id) {
  std::vector<ipld::Cid> out;
  const auto name = pin_name(id);
  std::string cursor;
  do {
    auto page = co_await store.pins(name, cursor, kPage);
    for (const auto& pin : page.pins)
      if (pin.name == name) out.push_back(pin.cid);
    cursor = page.next;
  } while (!cursor.empty());
  co_return out;
}

base::Task<std::set<ContextId>> Workspace::State::pinned_contexts() {
  std::set<ContextId> out;
  std::string cursor;
  do {
    auto page = co_await store.pins(std::string(kPinPrefix), cursor, kPage);
    for (const auto& pin : page.pins)
      if (auto id = id_of_pin(pin.name)) out.insert(*id);
    cursor = page.next;
  } while (!cursor.empty());
  co_return out;
}

base::Task<ContextRecord> Workspace::State::read_context(ContextId id, std::optional<ContextHeads> before) {
  auto attestations = co_await pinned_heads(id);
  if (attestations.empty()) {
    ContextRecord gone;
    gone.id = id;
    co_return gone;
  }
  std::map<ipld::Cid, std::uint64_t> known;
  if (before && !before->forgotten) {
    auto look = [catalog = views->catalog(), id] { return catalog->versions(id, 0); };
    auto rows = co_await env.run(std::move(look));
    for (const auto& version : rows) known[version.row.manifest] = version.row.generation;
  } else {
    before.reset();
  }
  auto history = co_await walk_history(store, id, std::move(attestations), std::move(known));
  co_return record_of(history, before);
}

base::Task<void> Workspace::State::refresh_catalog(std::set<ContextId> contexts, storage::Position before,
                                                   storage::Position after, Noticed noticed) {
  auto catalog = views->catalog();
  std::vector<ContextRecord> records;
  for (const auto& id : contexts) {
    auto look = [catalog, id] { return catalog->heads(id); };
    auto known = co_await env.run(std::move(look));
    try {
      records.push_back(co_await read_context(id, std::move(known)));
    } catch (const base::Error& error) {
      // A damaged context must not keep the others away.
      if (error.code() != base::Errc::corrupt && error.code() != base::Errc::not_found) throw;
      noticed(id, error);
    }
    if (records.size() < kGroup) continue;
    co_await write_group(env, catalog, std::exchange(records, {}), before);
  }
  co_await write_group(env, catalog, std::move(records), after);
}

base::Task<void> Workspace::State::reindex(std::optional<std::set<ContextId>> contexts, storage::Position before,
                                           storage::Position after) {
  auto catalog = views->catalog();
  std::vector<IndexChange> due;
  auto add = [&](const ContextId& id, const std::optional<ContextHeads>& heads) {
    IndexChange change{.id = id, .version = {}, .latest = {}, .position = before};
    if (heads && !heads->forgotten && !heads->heads.empty()) change.version = heads->heads.front().manifest;
    due.push_back(std::move(change));
  };
  if (contexts) {
    for (const auto& id : *contexts) {
      auto look = [catalog, id] { return catalog->heads(id); };
      add(id, co_await env.run(std::move(look)));
    }
  } else {
    ContextId last;
    while (true) {
      auto look = [catalog, last] { return catalog->page(last, kPage); };
      auto page = co_await env.run(std::move(look));
      if (page.empty()) break;
      last = page.back().id;
      for (const auto& heads : page)
        if (!heads.forgotten) add(heads.id, heads);
    }
  }
  if (due.empty()) due.push_back({.id = {}, .version = {}, .latest = {}, .position = after});
  due.back().position = after;
  for (auto& change : due) views->reindex(std::move(change));
}

base::Task<void> Workspace::State::replay() {
  auto catalog = views->catalog();
  const auto now_at = store.position();
  auto noticed = [](const ContextId& id, const base::Error& error) {
    base::log(base::LogLevel::warn, "context", "{} is left out: {}", id.text(), error.message());
  };
  auto where = [catalog] { return catalog->position(); };
  const auto catalog_at = co_await env.run(std::move(where));
  if (catalog_at != now_at) {
    std::optional<std::set<ContextId>> changed;
    if (catalog_at < now_at) changed = co_await changed_since(store, catalog_at);
    if (!changed) {
      // The log no longer reaches back, or this is another store.
      auto clear = [catalog] { catalog->clear(); };
      co_await env.run(std::move(clear));
      changed = co_await pinned_contexts();
    }
    co_await refresh_catalog(std::move(*changed), catalog_at < now_at ? catalog_at : 0, now_at, noticed);
  }
  views->stands_at(now_at);
  if (!views->index()) co_return;
  auto index = views->index();
  auto index_where = [index] { return index->position(); };
  const auto index_at = co_await env.run(std::move(index_where));
  if (index_at == now_at) co_return;
  std::optional<std::set<ContextId>> changed;
  if (index_at < now_at) changed = co_await changed_since(store, index_at);
  if (!changed) {
    auto clear = [index] { index->clear(); };
    co_await env.run(std::move(clear));
  }
  if (changed && changed->empty()) co_return;  // nothing of ours: noted with the next commit
  co_await reindex(std::move(changed), index_at < now_at ? index_at : 0, now_at);
}

}  // namespace openmcp::context
