// Making the views anew from pins and blocks.
#include "context/search/index.hpp"
#include "context/state.hpp"

namespace openmcp::context {

namespace {

constexpr std::size_t kGroup = 256;  ///< contexts between two reports of progress

}  // namespace

base::Task<RebuildReport> Workspace::rebuild(ProgressFn progress) {
  auto state = state_;
  auto alone = co_await state->enter_alone();
  const auto position = state->store.position();
  try {
    co_await state->views->close(position);
  } catch (const base::Error&) {  // a view that is damaged is the reason to be here
  }
  state->views.reset();
  co_await state->open_views(true);

  RebuildReport report;
  auto noticed = [&report](const ContextId& id, const base::Error& error) {
    report.findings.push_back({.what = "manifest", .where = id.text(), .problem = error.message()});
  };
  auto contexts = co_await state->pinned_contexts();
  const auto total = contexts.size();
  for (std::size_t done = 0; done < total;) {
    std::set<ContextId> group;
    while (!contexts.empty() && group.size() < kGroup) group.insert(contexts.extract(contexts.begin()));
    done += group.size();
    co_await state->refresh_catalog(std::move(group), 0, 0, noticed);
    if (progress) progress({.done = done, .total = total, .bytes = 0, .unit = "contexts", .what = "catalog"});
  }
  co_await state->refresh_catalog({}, 0, position, noticed);
  state->views->stands_at(position);
  if (state->views->index()) {
    co_await state->reindex(std::nullopt, 0, position);
    co_await state->views->index_ready();
  }
  auto look = [](const Catalog& catalog) { return catalog.totals(); };
  auto totals = co_await state->views->read(std::move(look));
  report.contexts = totals.contexts;
  report.versions = totals.versions;
  if (progress) progress({.done = total, .total = total, .bytes = 0, .unit = "contexts", .what = "search index"});
  co_return report;
}

}  // namespace openmcp::context
