// New contexts and new versions. The way of a small one is short: its JSON is parsed once, and the answer is written
// from what was sent and what the commit said; nothing is read again.
#include <algorithm>

#include "api/json.hpp"
#include "api/rest/commit_body.hpp"
#include "api/rest/conditions.hpp"
#include "api/rest/handlers.hpp"
#include "api/rest/once.hpp"
#include "api/rest/represent.hpp"
#include "api/time.hpp"
#include "context/text.hpp"
#include "context/versions.hpp"
#include "context/workspace.hpp"
#include "crypto/hash.hpp"

namespace openmcp::api::rest {

using base::Errc;

namespace {

constexpr std::size_t kSniffed = 4096;  ///< bytes that say what a content is, as the workspace does it

std::string tag_of(const context::CommitResult& result) { return quoted_tag(result.version.text()); }

/// Who signs, and in whose name: as the workspace writes it into the first version that names no author.
base::Task<context::Author> signer(SurfacePtr surface, ipld::Cid version) {
  if (!surface->signer) {
    auto manifest = co_await context::load_manifest(surface->service.store, version);
    surface->signer = manifest->author;
  }
  co_return *surface->signer;
}

/// The new context as get() would give it.
base::Task<context::ContextView> view_of(SurfacePtr surface, context::CommitRequest request,
                                         context::CommitResult result, base::SharedBytes content) {
  context::ContextView view;
  view.id = result.id;
  view.heads = {result.version};
  view.versions = 1;
  view.created = view.changed = *request.time;
  auto& version = view.current;
  version.cid = result.version;
  version.number = result.number;
  version.head = true;
  version.attestation = result.attestation;
  version.proof = context::Proof::valid;
  auto& manifest = version.manifest;
  manifest.id = result.id;
  manifest.type = result.type;
  manifest.title = result.title;
  manifest.content = result.content;
  manifest.size = result.size;
  const bool one_block = result.content.codec() == ipld::Codec::raw;
  if (one_block) {
    std::ranges::copy(result.content.hash().digest(), manifest.content_hash.begin());
  } else {
    auto work = [&manifest, &content] { manifest.content_hash = crypto::sha256(content); };
    co_await surface->service.env.run(std::move(work));
  }
  const auto beginning = content.view().first(std::min(content.size(), kSniffed));
  manifest.media_type = request.media_type.value_or("");
  if (manifest.media_type.empty())
    manifest.media_type = context::sniff_media(beginning, beginning.size() == content.size());
  manifest.tags = request.tags.value_or(std::vector<std::string>());
  manifest.metadata = request.metadata.value_or("{}");
  manifest.relations = request.relations.value_or(std::vector<context::Relation>());
  manifest.message = request.message;
  manifest.source = request.source.value_or("");
  manifest.time = *request.time;
  auto known = co_await signer(surface, result.version);
  manifest.author = request.author ? context::Author{.name = *request.author, .key = known.key} : known;
  if (manifest.author.key) version.key = *manifest.author.key;
  co_return view;
}

/// Commits; a conflict names the heads that are there.
base::Task<context::CommitResult> commit(SurfacePtr surface, context::CommitRequest request, bool matched) {
  auto& workspace = surface->service.workspace;
  const auto id = request.id;
  std::optional<base::Error> conflict;
  try {
    co_return co_await workspace.commit(std::move(request));
  } catch (const base::Error& error) {
    if (error.code() != Errc::conflict || !id) throw;
    conflict = error;
  }
  auto view = co_await workspace.get(*id);
  if (matched)
    throw HttpError(412, "precondition_failed", conflict->message(), "read the newest version, then change that",
                    {{"ETag", quoted_tag(view.current.cid.text())}});
  throw HeadsConflict(conflict->message(), view.heads);
}

/// The whole answer of a commit whose content was in the request.
base::Task<Written> answer(SurfacePtr surface, context::CommitRequest request, context::CommitResult result,
                           base::SharedBytes content) {
  context::ContextView view;
  // Of another context's next version, much comes from the version before.
  if (result.created)
    view = co_await view_of(surface, std::move(request), result, content);
  else
    view = co_await surface->service.workspace.get(result.id);
  auto shown = show_bytes(content);
  co_return co_await context_json(surface->service.env, std::move(view), std::move(shown));
}

context::ReadBytes body_source(http::Exchange& exchange) {
  return [&exchange](base::MutableBytes into) { return exchange.read(into); };
}

Shown streamed() {
  Shown shown;
  shown.omitted = "it was sent as it is";
  return shown;
}

/// A content that is the body itself, as a version of `id` or as a new context.
base::Task<context::CommitResult> commit_stream(SurfacePtr surface, Call& call, std::optional<context::ContextId> id) {
  if (body_kind(call.request) == BodyKind::form)
    throw HttpError(415, "media_type", "a content is sent as it is, not as a form",
                    "set the Content-Type of the content, for example text/plain");
  auto request = read_commit(call);
  bool matched = false;
  if (id) {
    request.id = id;
    request.new_context = false;
    request.expected_parents = co_await expected_by_match(surface, call, *id);
    matched = request.expected_parents.has_value();
  }
  request.content = context::StreamContent{.read = body_source(call.exchange)};
  auto result = co_await commit(surface, std::move(request), matched);
  audit(*surface, call, result.created ? "context.commit" : "context.update", result.id.text(), result.version.text());
  co_return result;
}

base::Task<void> post_stream(SurfacePtr surface, Call& call) {
  if (call.request.headers.has("Idempotency-Key"))
    throw HttpError(400, "idempotency_key", "a content that is sent as it is cannot have an Idempotency-Key",
                    "send it as JSON, or give it a ?source= so that it becomes one context however often it is sent");
  auto result = co_await commit_stream(surface, call, {});
  auto view = co_await surface->service.workspace.get(result.id);
  auto written = co_await context_json(surface->service.env, std::move(view), streamed());
  co_await send_json(call, std::move(written.json), 200, {{"ETag", tag_of(result)}});
}

/// A new version in JSON, read and checked.
struct Asked {
  std::unique_ptr<context::CommitRequest> request;
  base::SharedBytes content;
  Once once;
  LargePermit permit;
};
base::Task<Asked> read_asked(SurfacePtr surface, Call& call, CommitRules rules) {
  auto read = co_await read_json(surface, call);
  Once once(call, read.text);
  auto request = std::make_unique<context::CommitRequest>();
  auto parse = [&read, &request, rules] {
    Body body(std::move(read.text));
    *request = read_commit(body, rules);
    body.check();
  };
  if (read.text.size() <= kSmall)
    parse();
  else
    co_await surface->service.env.run(parse);
  auto content = std::get<base::SharedBytes>(request->content);
  co_return Asked{.request = std::move(request),
                  .content = std::move(content),
                  .once = std::move(once),
                  .permit = std::move(read.permit)};
}

base::Task<void> send_written(Call& call, Once& once, Written written, context::CommitResult result,
                              base::SharedBytes content) {
  Once::Answer out{.json = std::move(written.json), .etag = tag_of(result)};
  if (show_bytes(content).omitted.empty()) {
    out.content_begin = written.content.begin;
    out.content_end = written.content.end;
  }
  co_await once.answer(call, std::move(out));
}

}  // namespace

base::Task<void> commit_context(SurfacePtr surface, Call& call) {
  if (body_kind(call.request) == BodyKind::bytes) {
    co_await post_stream(surface, call);
    co_return;
  }
  const CommitRules rules;
  auto asked = co_await read_asked(surface, call, rules);
  if (co_await asked.once.answered(surface, call, asked.content)) co_return;
  asked.request->time = surface->service.env.now().time_since_epoch().count();
  auto result = co_await commit(surface, *asked.request, false);
  audit(*surface, call, result.created ? "context.commit" : "context.update", result.id.text(), result.version.text());
  auto written = co_await answer(surface, std::move(*asked.request), result, asked.content);
  co_await send_written(call, asked.once, std::move(written), std::move(result), asked.content);
}

base::Task<void> put_context(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  const CommitRules rules{.type_required = false, .content_required = true, .id_allowed = false};
  auto asked = co_await read_asked(surface, call, rules);
  if (co_await asked.once.answered(surface, call, asked.content)) co_return;
  asked.request->id = id;
  asked.request->new_context = false;
  auto matching = co_await expected_by_match(surface, call, id);
  const bool matched = matching.has_value();
  if (matched) asked.request->expected_parents = std::move(matching);
  auto result = co_await commit(surface, *asked.request, matched);
  if (!result.unchanged) audit(*surface, call, "context.update", result.id.text(), result.version.text());
  auto written = co_await answer(surface, std::move(*asked.request), result, asked.content);
  co_await send_written(call, asked.once, std::move(written), std::move(result), asked.content);
}

base::Task<void> put_content(SurfacePtr surface, Call& call) {
  auto result = co_await commit_stream(surface, call, path_id(call.at(0)));
  JsonWriter json;
  write_json(json, result);
  co_await send_json(call, json.take(), 200, {{"ETag", tag_of(result)}});
}

}  // namespace openmcp::api::rest
