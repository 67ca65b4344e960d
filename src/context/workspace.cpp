// A workspace's life: opening, closing, what it says of itself.
#include "context/workspace.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "context/search/index.hpp"
#include "context/state.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

/// Opens a view; a damaged one is made again, because everything in it is in the blocks.
template <class View, class Open>
std::shared_ptr<View> open_view(const std::string& path, bool read_only, Open open) {
  try {
    return open();
  } catch (const base::Error& error) {
    if (error.code() != Errc::corrupt || read_only) throw;
    base::log(base::LogLevel::warn, "context", "'{}' is damaged and made again: {}", path, error.message());
  }
  View::destroy(path);
  return open();
}

struct Files {
  std::shared_ptr<Catalog> catalog;
  std::shared_ptr<search::SearchIndex> index;
  storage::Position position = 0;
};

Files open_files(base::Disk& disk, const WorkspaceOptions& options, const Identity& identity, bool fresh) {
  auto file = [&options](std::string_view name) {
    return options.memory_views ? std::string(":memory:") : base::join(options.home, name);
  };
  Files out;
  const auto catalog_file = file("workspace.db");
  if (fresh) Catalog::destroy(catalog_file);
  auto open_catalog = [&] { return std::make_shared<Catalog>(catalog_file); };
  out.catalog = open_view<Catalog>(catalog_file, options.read_only, open_catalog);
  out.position = out.catalog->position();
  if (!options.search) return out;
  search::IndexOptions settings;
  settings.path = file("search.db");
  settings.store = base::to_hex(identity.public_key());
  if (!options.word_tables.empty()) settings.words = search::word_table_loader(disk, options.word_tables);
  if (fresh) search::SearchIndex::destroy(settings.path);
  auto open_index = [&] { return std::make_shared<search::SearchIndex>(settings); };
  out.index = open_view<search::SearchIndex>(settings.path, options.read_only, open_index);
  return out;
}

Identity open_home(base::Env& env, const WorkspaceOptions& options) {
  if (!options.read_only) env.disk().make_directories(options.home, 0700);
  return Identity::load(env, base::join(options.home, "keys/ed25519"), !options.read_only);
}

}  // namespace

base::Task<Workspace::State::Operation> Workspace::State::enter() {
  while (exclusive && !closed) co_await idle.wait();
  if (closed) throw base::Error(Errc::cancelled, "the workspace is closed");
  co_return Operation(shared_from_this());
}

base::Task<std::shared_ptr<void>> Workspace::State::enter_alone() {
  while (exclusive && !closed) co_await idle.wait();
  if (closed) throw base::Error(Errc::cancelled, "the workspace is closed");
  exclusive = true;
  auto leave = [self = shared_from_this()](void*) {
    self->exclusive = false;
    self->idle.wake_all();
  };
  std::shared_ptr<void> alone(this, leave);
  while (operations > 0) co_await idle.wait();
  co_return alone;
}

base::Task<void> Workspace::State::open_views(bool fresh) {
  auto work = [this, fresh] { return open_files(env.disk(), options, identity, fresh); };
  auto files = co_await env.run(std::move(work));
  views = std::make_shared<Views>(env, store, std::move(files.catalog), std::move(files.index), files.position);
  views->start();
}

Workspace::Workspace(std::shared_ptr<State> state) : state_(std::move(state)) {}
Workspace::~Workspace() {
  // Without close() something may still be on its way, and keep the state; it must not ask the store any more.
  state_->closed = true;
  if (state_->views) state_->views->abandon();
}

base::Task<std::unique_ptr<Workspace>> Workspace::open(base::Env& env, storage::PinningStore& store,
                                                       WorkspaceOptions options) {
  if (!store.capabilities().pins) throw base::Error(Errc::unsupported, "a workspace needs a store that knows pins");
  auto work = [&env, &options] { return open_home(env, options); };
  auto identity = co_await env.run(std::move(work));
  auto state = std::make_shared<State>(env, store, std::move(options), std::move(identity));
  co_await state->open_views(false);
  if (!state->options.read_only) co_await state->replay();
  co_return std::unique_ptr<Workspace>(new Workspace(std::move(state)));
}

base::Task<void> Workspace::close() {
  auto state = state_;
  if (state->closed) co_return;
  {
    auto alone = co_await state->enter_alone();
    state->closed = true;
  }
  co_await state->views->close(state->options.read_only ? storage::Position{0} : state->store.position());
}

base::Task<void> Workspace::catch_up() {
  auto operation = co_await state_->enter();
  co_await state_->views->index_ready();
}

base::Task<Positions> Workspace::positions() {
  auto operation = co_await state_->enter();
  auto look = [index = state_->views->index(), stored = state_->store.position()](const Catalog& catalog) {
    const auto position = catalog.position();
    return Positions{.store = stored, .catalog = position, .search = index ? index->position() : position};
  };
  co_return co_await state_->views->read(std::move(look));
}

base::Task<Following> Workspace::catalog_following() {
  auto operation = co_await state_->enter();
  auto following = co_await state_->views->catalog_following();
  following.store = state_->store.position();
  co_return following;
}

base::Task<Following> Workspace::search_following() {
  auto operation = co_await state_->enter();
  auto& views = *state_->views;
  auto following = co_await (views.index() ? views.index_following() : views.catalog_following());
  following.store = state_->store.position();
  co_return following;
}

base::Task<search::SearchIndex*> Workspace::search_index() {
  auto operation = co_await state_->enter();
  if (!state_->views->index()) throw base::Error(Errc::unsupported, "this workspace was opened without search");
  co_await state_->views->index_ready();
  co_return state_->views->index().get();
}

base::Task<search::SearchResult> Workspace::search(search::Query query) {
  co_await search_index();
  auto work = [index = state_->views->index(), query = std::move(query)] { return index->search(query); };
  co_return co_await state_->env.run(std::move(work));
}

base::Task<Status> Workspace::status() {
  auto operation = co_await state_->enter();
  auto& views = *state_->views;
  auto look = [index = views.index()](const Catalog& catalog) {
    auto status = catalog.totals();
    status.catalog_position = catalog.position();
    if (index) {
      auto stats = index->stats();
      status.search_position = index->position();
      status.indexed = stats.contexts;
      status.embedder = stats.embedder;
    }
    return status;
  };
  auto status = co_await views.read(std::move(look));
  status.to_index = views.to_index();
  status.store_position = state_->store.position();
  status.key = state_->identity.public_key();
  co_return status;
}

std::uint64_t Workspace::watch(ChangeFn watcher) { return state_->changes.watch(std::move(watcher)); }
void Workspace::unwatch(std::uint64_t number) { state_->changes.unwatch(number); }

const WorkspaceOptions& Workspace::options() const noexcept { return state_->options; }
base::Env& Workspace::env() const noexcept { return state_->env; }

}  // namespace openmcp::context
