// New versions that keep or choose among what is there: edits of the description, restores, merges.
#include <fmt/format.h>

#include "context/state.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

template <class T>
void change_set(std::vector<T>& items, const std::vector<T>& add, const std::vector<T>& remove) {
  std::set<T> set(items.begin(), items.end());
  for (const auto& item : remove) set.erase(item);
  set.insert(add.begin(), add.end());
  items.assign(set.begin(), set.end());
}

Workspace::State::NewVersion next_version(const ContextHeads& before, Manifest fields, KeyedLock::Guard guard) {
  Workspace::State::NewVersion version{
      .before = before, .manifest = std::move(fields), .block = {}, .lease = {}, .stamp = {}, .guards = {}};
  version.guards.push_back(std::move(guard));
  return version;
}

/// Author, time and message; then into the store, unless nothing changed.
base::Task<CommitResult> finish(std::shared_ptr<Workspace::State> state, Workspace::State::NewVersion version,
                                std::shared_ptr<const Manifest> only_parent, std::optional<std::string> author,
                                std::string message) {
  version.manifest.author = state->author(author);
  version.manifest.time = state->now();
  version.manifest.message = std::move(message);
  base::unwrap(normalise(version.manifest));
  if (only_parent && same_state(*only_parent, version.manifest))
    co_return unchanged_result(*version.before, *only_parent);
  co_return co_await state->put(std::move(version));
}

}  // namespace

base::Task<CommitResult> Workspace::edit(EditRequest request) {
  auto state = state_;
  auto operation = co_await state->enter();
  auto guard = co_await state->lock(request.id);
  auto before = co_await state->existing(request.id);
  check_expected(request.expected_parents, before);
  require_one_head(before);
  auto start = co_await state->ground(before, {});
  auto& fields = start.fields;
  change_set(fields.tags, request.add_tags, request.remove_tags);
  change_set(fields.relations, request.add_relations, request.remove_relations);
  if (request.title) fields.title = *request.title;
  if (request.type) fields.type = *request.type;
  if (request.metadata) fields.metadata = *request.metadata;
  auto version = next_version(before, std::move(fields), std::move(guard));
  co_return co_await finish(state, std::move(version), start.only_parent, request.author, request.message);
}

base::Task<CommitResult> Workspace::restore(RestoreRequest request) {
  auto state = state_;
  auto operation = co_await state->enter();
  auto guard = co_await state->lock(request.id);
  auto before = co_await state->existing(request.id);
  check_expected(request.expected_parents, before);
  require_one_head(before);
  auto look = [id = request.id, cid = request.version](const Catalog& catalog) { return catalog.version(id, cid); };
  auto numbered = co_await state->views->read(std::move(look));
  if (!numbered)
    throw base::Error(Errc::not_found, fmt::format("{} is no version of {}", request.version.text(), request.id.text()),
                      "its history lists them");
  auto old = co_await load_manifest(state->store, request.version);
  auto start = co_await state->ground(before, {});
  auto& fields = start.fields;
  fields.content = old->content;
  fields.size = old->size;
  fields.content_hash = old->content_hash;
  fields.media_type = old->media_type;
  fields.type = old->type;
  fields.title = old->title;
  fields.metadata = old->metadata;
  auto message = request.message.empty() ? fmt::format("restore v{}", numbered->number) : request.message;
  auto version = next_version(before, std::move(fields), std::move(guard));
  co_return co_await finish(state, std::move(version), start.only_parent, request.author, std::move(message));
}

base::Task<CommitResult> Workspace::merge(MergeRequest request) {
  auto state = state_;
  auto operation = co_await state->enter();
  std::optional<Prepared> prepared;
  if (!std::holds_alternative<std::monostate>(request.content)) {
    PrepareOptions how{.conversation = false, .exclude = state->excluded()};
    prepared = co_await prepare(state->env, state->store, std::move(request.content), std::move(how));
  }
  auto guard = co_await state->lock(request.id);
  auto before = co_await state->existing(request.id);
  auto start = co_await state->ground(before, request.prefer);
  if (start.only_parent) co_return unchanged_result(before, *start.only_parent);
  if (!prepared && !start.content_decided)
    throw base::Error(Errc::conflict, fmt::format("the heads of {} have different contents", request.id.text()),
                      "give the merged content, or prefer one of: " + names_of(before.heads));
  auto version = next_version(before, std::move(start.fields), std::move(guard));
  if (prepared) {
    version.manifest.content = prepared->cid;
    version.manifest.size = prepared->size;
    version.manifest.content_hash = prepared->hash;
    version.block = std::move(prepared->block);
    version.lease = std::move(prepared->lease);
    std::erase(start.conflicts, "content");
  }
  auto message = request.message.empty() ? fmt::format("merge {} versions", before.heads.size()) : request.message;
  auto result = co_await finish(state, std::move(version), nullptr, request.author, std::move(message));
  result.merge_conflicts = std::move(start.conflicts);
  co_return result;
}

}  // namespace openmcp::context
