// Commits: which context a request is about, what its new version says, and whether there is anything new.
#include <fmt/format.h>

#include "context/source_path.hpp"
#include "context/state.hpp"
#include "context/text.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

/// Refuses what could never become a manifest before a large content is read.
void check(const CommitRequest& request) {
  if (request.id && request.new_id)
    throw base::Error(Errc::invalid_argument, "a commit to an existing context and to a new id at once");
  if (request.id && request.new_context)
    throw base::Error(Errc::invalid_argument, "a commit to an existing context that asks for a new one");
  Manifest trial;
  trial.id = base::unwrap(ContextId::parse("00000000-0000-7000-8000-000000000001"));
  trial.type = request.type.value_or("other");
  trial.title = request.title.value_or("");
  trial.content = ipld::Cid();
  trial.media_type = request.media_type.value_or("");
  trial.tags = request.tags.value_or(std::vector<std::string>());
  trial.metadata = request.metadata.value_or("{}");
  trial.relations = request.relations.value_or(std::vector<Relation>());
  trial.author.name = request.author.value_or("");
  trial.message = request.message;
  trial.source = request.source.value_or("");
  base::unwrap(normalise(trial));
}

bool expects_nothing(const CommitRequest& request) {
  return request.expected_parents && request.expected_parents->empty();
}

/// Where a commit goes.
struct Target {
  ContextId id;
  std::optional<ContextHeads> before;  ///< nullopt: a new context
  Workspace::State::Guards guards;
};

base::Task<Target> find_target(Workspace::State& state, CommitRequest request) {
  Target target;
  if (request.id) {
    target.guards.push_back(co_await state.lock(*request.id));
    target.id = *request.id;
    target.before = co_await state.existing(*request.id);
    co_return target;
  }
  const auto source = request.source.value_or("");
  if (!source.empty()) target.guards.push_back(co_await state.locks.lock("source " + source));
  if (!source.empty() && !request.new_context && !request.new_id) {
    if (auto match = co_await state.views->by_source(source)) {
      target.guards.push_back(co_await state.lock(match->id));
      target.before = co_await state.views->heads(match->id);
      target.id = match->id;
      // Forgotten while we waited for it: the next commit of this file begins anew.
      if (target.before && !target.before->forgotten) co_return target;
      target.before.reset();
    }
  }
  if (request.new_id) {
    target.guards.push_back(co_await state.lock(*request.new_id));
    auto there = co_await state.views->heads(*request.new_id);
    if (there)
      throw base::Error(Errc::already_exists, fmt::format("context {} {}", request.new_id->text(),
                                                          there->forgotten ? "was forgotten" : "exists"));
  }
  target.id = request.new_id ? *request.new_id : state.ids.next();
  co_return target;
}

void set_content(Manifest& manifest, const Prepared& prepared, const CommitRequest& request) {
  const bool same = manifest.content == prepared.cid;
  manifest.content = prepared.cid;
  manifest.size = prepared.size;
  manifest.content_hash = prepared.hash;
  if (same && !manifest.media_type.empty()) return;
  const auto name = !prepared.name.empty() ? prepared.name : request.source.value_or("");
  const auto known = file_type(name).media;
  const bool by_name = !known.empty() && prepared.media_type != kDirectoryMedia;
  manifest.media_type = by_name ? known : prepared.media_type;
}

void set_defaults(Manifest& manifest, const Prepared& prepared, const CommitRequest& request) {
  auto name = prepared.name;
  if (name.empty() && request.source) name = request.source->substr(request.source->rfind('/') + 1);
  const bool directory = prepared.media_type == kDirectoryMedia;
  auto by_name = directory ? std::string_view() : file_type(name).type;
  if (request.conversation) by_name = type::conversation;
  manifest.type = by_name.empty() ? type::other : by_name;
  manifest.title = name.empty() ? prepared.first_line : to_valid_utf8(name, kMaxTitle);
}

void set_request(Manifest& manifest, const CommitRequest& request, std::vector<std::string>& conflicts) {
  auto set = [&conflicts](auto& field, const auto& value, std::string_view name) {
    if (!value) return;
    field = *value;
    std::erase_if(conflicts, [name](const std::string& field_name) {
      return field_name == name || (name == "metadata" && field_name.starts_with("metadata."));
    });
  };
  set(manifest.type, request.type, "type");
  set(manifest.title, request.title, "title");
  set(manifest.media_type, request.media_type, "media_type");
  set(manifest.tags, request.tags, "tags");
  set(manifest.metadata, request.metadata, "metadata");
  set(manifest.relations, request.relations, "relations");
  set(manifest.source, request.source, "source");
}

}  // namespace

std::string names_of(const std::vector<VersionRow>& heads) {
  std::string out;
  for (const auto& head : heads) out += (out.empty() ? "" : ", ") + head.manifest.text();
  return out.empty() ? "none" : out;
}

void check_expected(const std::optional<std::vector<ipld::Cid>>& expected, const ContextHeads& before) {
  if (!expected) return;
  std::set<ipld::Cid> wanted(expected->begin(), expected->end()), actual;
  for (const auto& head : before.heads) actual.insert(head.manifest);
  if (wanted == actual) return;
  throw base::Error(
      Errc::conflict,
      fmt::format("context {} is at {}, not at what was expected", before.id.text(), names_of(before.heads)),
      "somebody committed in between: read the newest version, then commit on top of it");
}

void require_one_head(const ContextHeads& before) {
  if (before.heads.size() <= 1) return;
  throw base::Error(Errc::conflict,
                    fmt::format("context {} has several heads: {}", before.id.text(), names_of(before.heads)),
                    "merge them first");
}

bool same_state(const Manifest& a, const Manifest& b) {
  auto fields = [](const Manifest& m) {
    return std::tie(m.type, m.title, m.content, m.media_type, m.tags, m.metadata, m.relations, m.source);
  };
  return fields(a) == fields(b);
}

CommitResult unchanged_result(const ContextHeads& before, const Manifest& manifest) {
  const auto& head = before.heads.front();
  return {.id = before.id,
          .version = head.manifest,
          .attestation = head.attestation.value_or(ipld::Cid()),
          .content = manifest.content.value_or(ipld::Cid()),
          .number = before.versions,
          .size = manifest.size,
          .title = manifest.title,
          .type = manifest.type,
          .created = false,
          .unchanged = true,
          .merge_conflicts = {},
          .skipped = {}};
}

base::Path Workspace::State::excluded() const {
  return options.home.starts_with('/') ? normal_path(options.home) : base::Path();
}

base::Task<ContextHeads> Workspace::State::existing(ContextId id) {
  auto found = co_await views->heads(id);
  if (!found)
    throw base::Error(Errc::not_found, fmt::format("no context {}", id.text()), "see what there is with a list");
  if (found->forgotten) co_await throw_forgotten(store, *found);
  co_return std::move(*found);
}

base::Task<Workspace::State::Ground> Workspace::State::ground(ContextHeads before, std::optional<ipld::Cid> prefer) {
  Ground out;
  std::vector<ipld::Cid> cids;
  std::vector<Manifest> heads;
  std::optional<std::size_t> preferred;
  for (const auto& head : before.heads) {
    auto manifest = co_await load_manifest(store, head.manifest);
    if (before.heads.size() == 1) out.only_parent = manifest;
    if (prefer == head.manifest) preferred = heads.size();
    heads.push_back(*manifest);
    cids.push_back(head.manifest);
  }
  if (prefer && !preferred)
    throw base::Error(Errc::invalid_argument, fmt::format("{} is no head of {}", prefer->text(), before.id.text()),
                      "its heads are " + names_of(before.heads));
  if (heads.size() == 1) {
    out.fields = heads.front();
  } else {
    std::shared_ptr<const Manifest> base;
    if (auto ancestor = co_await common_ancestor(store, cids)) base = co_await load_manifest(store, *ancestor);
    auto merged = context::merge(base.get(), heads, preferred);
    out.fields = heads[merged.content_from.value_or(0)];
    out.fields.type = merged.type;
    out.fields.title = merged.title;
    out.fields.media_type = merged.media_type;
    out.fields.source = merged.source;
    out.fields.tags = merged.tags;
    out.fields.metadata = merged.metadata;
    out.fields.relations = merged.relations;
    out.conflicts = merged.conflicts;
    out.content_decided = merged.content_from.has_value();
  }
  out.fields.parents.clear();
  out.fields.message.clear();
  out.fields.squash.reset();
  co_return out;
}

base::Task<CommitResult> Workspace::State::commit(CommitRequest request) {
  check(request);
  if (!request.source) {
    if (auto file = std::get_if<FileContent>(&request.content)) request.source = source_of(options.root, file->path);
    if (auto tree = std::get_if<DirectoryContent>(&request.content))
      request.source = source_of(options.root, tree->path);
  }
  std::optional<Prepared> prepared;
  if (!std::holds_alternative<std::monostate>(request.content)) {
    PrepareOptions how{.conversation = request.conversation, .exclude = excluded()};
    auto content = std::move(request.content);
    request.content = std::monostate();
    prepared = co_await prepare(env, store, std::move(content), std::move(how));
  }
  co_return co_await commit_prepared(std::move(request), std::move(prepared));
}

base::Task<CommitResult> Workspace::State::commit_prepared(CommitRequest request, std::optional<Prepared> prepared) {
  auto target = co_await find_target(*this, request);
  if (!target.before && request.expected_parents && !expects_nothing(request))
    throw base::Error(Errc::conflict, "a version was expected, but there is no such context yet");
  if (!target.before && !prepared) throw base::Error(Errc::invalid_argument, "a first version without content");

  NewVersion version{.before = target.before,
                     .manifest = {},
                     .block = {},
                     .lease = {},
                     .stamp = {},
                     .guards = std::move(target.guards)};
  std::vector<std::string> conflicts;
  std::shared_ptr<const Manifest> parent;
  if (target.before) {
    check_expected(request.expected_parents, *target.before);
    if (!request.merge && !request.expected_parents) require_one_head(*target.before);
    auto start = co_await ground(*target.before, {});
    if (!prepared && !start.content_decided)
      throw base::Error(Errc::conflict, fmt::format("the heads of {} have different contents", target.id.text()),
                        "give the content, or prefer one of: " + names_of(target.before->heads));
    version.manifest = std::move(start.fields);
    conflicts = std::move(start.conflicts);
    parent = std::move(start.only_parent);
  } else {
    set_defaults(version.manifest, *prepared, request);
  }
  auto& manifest = version.manifest;
  manifest.id = target.id;
  if (prepared) {
    set_content(manifest, *prepared, request);
    std::erase(conflicts, "content");
  }
  set_request(manifest, request, conflicts);
  manifest.author = author(request.author);
  manifest.time = request.time.value_or(now());
  manifest.message = request.message;
  base::unwrap(normalise(manifest));

  std::vector<SkippedFile> skipped;
  if (prepared) skipped = std::move(prepared->skipped);
  if (parent && same_state(*parent, manifest)) {
    if (prepared && prepared->stamp && !manifest.source.empty()) {
      auto remember = [catalog = views->catalog(), source = manifest.source, stamp = *prepared->stamp] {
        catalog->stamp(source, stamp);
      };
      co_await env.run(std::move(remember));
    }
    auto result = unchanged_result(*target.before, *parent);
    result.skipped = std::move(skipped);
    co_return result;
  }
  if (prepared) {
    version.block = std::move(prepared->block);
    version.lease = std::move(prepared->lease);
    version.stamp = prepared->stamp;
  }
  auto result = co_await put(std::move(version));
  result.merge_conflicts = std::move(conflicts);
  result.skipped = std::move(skipped);
  co_return result;
}

base::Task<CommitResult> Workspace::commit(CommitRequest request) {
  auto operation = co_await state_->enter();
  co_return co_await state_->commit(std::move(request));
}

}  // namespace openmcp::context
