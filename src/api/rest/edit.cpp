// Changes that keep or choose among what is there, and forgetting.
#include <algorithm>

#include "api/json.hpp"
#include "api/rest/commit_body.hpp"
#include "api/rest/conditions.hpp"
#include "api/rest/handlers.hpp"
#include "api/rest/once.hpp"
#include "context/workspace.hpp"

namespace openmcp::api::rest {

using base::Errc;

namespace {

base::Task<void> send_result(Call& call, Once& once, context::CommitResult result) {
  JsonWriter json;
  write_json(json, result);
  Once::Answer answer{.json = json.take(), .etag = quoted_tag(result.version.text())};
  co_await once.answer(call, std::move(answer));
}

/// An empty body is an empty object: everything in it is optional.
Body optional_body(std::string text) {
  const bool blank = text.find_first_not_of(" \t\r\n") == std::string::npos;
  return Body(blank ? std::string("{}") : std::move(text));
}

/// The heads that are there, for a conflict. `matched`: the client named the version that it changes in If-Match.
base::Task<void> throw_conflict(SurfacePtr surface, context::ContextId id, base::Error error, bool matched) {
  auto view = co_await surface->service.workspace.get(id);
  if (matched)
    throw HttpError(412, "precondition_failed", error.message(), "read the newest version, then change that",
                    {{"ETag", quoted_tag(view.current.cid.text())}});
  throw HeadsConflict(error.message(), view.heads);
}

/// Carries out a change and answers with what became of it; `event` is for the audit log.
base::Task<void> answer_change(SurfacePtr surface, Call& call, Once& once, context::ContextId id,
                               base::Task<context::CommitResult> change, bool matched, std::string event) {
  std::optional<base::Error> conflict;
  std::optional<context::CommitResult> result;
  try {
    result = co_await std::move(change);
  } catch (const base::Error& error) {
    if (error.code() != Errc::conflict) throw;
    conflict = error;
  }
  if (conflict) co_await throw_conflict(surface, id, *conflict, matched);
  if (!result->unchanged) audit(*surface, call, event, id.text(), result->version.text());
  co_await send_result(call, once, std::move(*result));
}

}  // namespace

base::Task<void> patch_context(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  auto read = co_await read_json(surface, call);
  Once once(call, read.text);
  Body body(std::move(read.text));
  auto request = read_edit(body, id);
  body.check();
  if (co_await once.answered(surface, call)) co_return;
  auto matching = co_await expected_by_match(surface, call, id);
  const bool matched = matching.has_value();
  if (matched) request.expected_parents = std::move(matching);
  auto change = surface->service.workspace.edit(std::move(request));
  co_await answer_change(surface, call, once, id, std::move(change), matched, "context.update");
}

base::Task<void> delete_context(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  Once once(call, {});
  if (co_await once.answered(surface, call)) co_return;
  co_await expected_by_match(surface, call, id);
  context::ForgetRequest request;
  request.ids = {id};
  request.reason = query_text(call, "reason").value_or("");
  auto report = co_await surface->service.workspace.forget(std::move(request));
  if (report.forgotten.empty()) throw base::Error(Errc::not_found, "context " + id.text() + " was forgotten");
  audit(*surface, call, "context.forget", id.text());
  Once::Answer answer{.json = R"({"message":"Context deleted successfully"})"};
  co_await once.answer(call, std::move(answer));
}

base::Task<void> restore_version(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  auto read = co_await read_json(surface, call);
  Once once(call, read.text);
  Body body(std::move(read.text));
  auto version = body.text("version", {.required = true, .min = 1, .max = 256});
  context::RestoreRequest request;
  request.id = id;
  request.author = body.text("author", {.required = false, .min = 1, .max = context::kMaxAuthor});
  request.message = body.text("message", {.required = false, .min = 0, .max = context::kMaxMessage}).value_or("");
  body.check();
  if (co_await once.answered(surface, call)) co_return;
  request.expected_parents = co_await expected_by_match(surface, call, id);
  const bool matched = request.expected_parents.has_value();
  request.version = co_await find_version(surface, id, *version, "body");
  auto change = surface->service.workspace.restore(std::move(request));
  co_await answer_change(surface, call, once, id, std::move(change), matched, "context.restore");
}

base::Task<void> merge_heads(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  auto read = co_await read_json(surface, call);
  Once once(call, read.text);
  auto body = optional_body(std::move(read.text));
  context::MergeRequest request;
  request.id = id;
  request.prefer = body.cid("prefer");
  request.message = body.text("message", {.required = false, .min = 0, .max = context::kMaxMessage}).value_or("");
  request.author = body.text("author", {.required = false, .min = 1, .max = context::kMaxAuthor});
  if (auto content = body.bytes("content", false)) request.content = *content;
  body.check();
  if (co_await once.answered(surface, call)) co_return;
  auto change = surface->service.workspace.merge(std::move(request));
  co_await answer_change(surface, call, once, id, std::move(change), false, "context.update");
}

}  // namespace openmcp::api::rest
