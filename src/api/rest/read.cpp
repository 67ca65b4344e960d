// One context: as it is, its bytes, its versions, and what differs between them.
#include <fmt/format.h>

#include "api/byte_ranges.hpp"
#include "api/json.hpp"
#include "api/rest/conditions.hpp"
#include "api/rest/handlers.hpp"
#include "api/rest/represent.hpp"
#include "api/validation.hpp"
#include "context/content.hpp"
#include "context/workspace.hpp"
#include "ipld/unixfs/exporter.hpp"

namespace openmcp::api::rest {

using base::Errc;

namespace {

constexpr std::uint64_t kMostVersions = 1000;

bool not_modified(const Call& call, std::string_view tag) {
  auto field = call.request.headers.find("If-None-Match");
  return field && matches_weakly(parse_entity_tags(*field), tag);
}

http::Headers tagged(std::string_view tag) {
  return {{"ETag", quoted_tag(tag)}, {"Cache-Control", "private, no-cache"}};
}

base::Task<void> send_read(Call& call, std::shared_ptr<const KeptRead> read) {
  auto headers = tagged(read->tag);
  if (not_modified(call, read->tag)) {
    http::Response same{.status = 304, .headers = std::move(headers)};
    co_await call.exchange.send(std::move(same));
    co_return;
  }
  co_await send_json(call, read->json, 200, std::move(headers));
}

void write_pair(JsonWriter& json, std::string_view name, const context::FieldDiff::Pair& pair) {
  if (!pair) return;
  json.key(name).begin_object().field("before", pair->first).field("after", pair->second).end_object();
}

void write_relations(JsonWriter& json, std::string_view name, const std::vector<context::Relation>& relations) {
  if (relations.empty()) return;
  json.key(name).begin_array();
  for (const auto& relation : relations)
    json.begin_object().field("kind", relation.kind).field("id", relation.target.text()).end_object();
  json.end_array();
}

void write_fields(JsonWriter& json, const context::FieldDiff& fields) {
  json.begin_object();
  write_pair(json, "type", fields.type);
  write_pair(json, "title", fields.title);
  write_pair(json, "media_type", fields.media_type);
  write_pair(json, "source", fields.source);
  if (!fields.tags_added.empty()) json.strings("tags_added", fields.tags_added);
  if (!fields.tags_removed.empty()) json.strings("tags_removed", fields.tags_removed);
  if (!fields.metadata.empty()) {
    json.key("metadata").begin_array();
    for (const auto& change : fields.metadata) {
      json.begin_object().field("key", change.key);
      if (change.before) json.key("before").raw(*change.before);
      if (change.after) json.key("after").raw(*change.after);
      json.end_object();
    }
    json.end_array();
  }
  write_relations(json, "relations_added", fields.relations_added);
  write_relations(json, "relations_removed", fields.relations_removed);
  json.end_object();
}

std::string diff_json(const context::VersionDiff& diff) {
  JsonWriter json;
  json.begin_object().key("before");
  write_json(json, diff.before);
  json.key("after");
  write_json(json, diff.after);
  json.field("content_equal", diff.content_equal).field("binary", diff.binary).field("why_binary", diff.why_binary);
  json.field("coarse", diff.text.coarse).field("added", diff.text.added).field("removed", diff.text.removed);
  json.key("fields");
  write_fields(json, diff.fields);
  json.key("hunks").begin_array();
  for (const auto& hunk : diff.text.hunks) {
    json.begin_object().field("before_start", hunk.old_start).field("after_start", hunk.new_start);
    json.key("lines").begin_array();
    for (const auto& line : hunk.lines) {
      json.begin_object().field("op", std::string_view(&line.kind, 1)).field("text", line.text);
      if (line.no_newline) json.field("no_newline", true);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace

base::Task<void> get_context(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  const bool with_content = query_flag(call, "content").value_or(true);
  if (auto kept = surface->reads.find(id, with_content)) {
    co_await send_read(call, std::move(kept));
    co_return;
  }
  const auto moment = surface->reads.now();
  auto view = co_await surface->service.workspace.get(id);
  const auto tag = view.current.cid.text();
  auto headers = tagged(tag);
  if (not_modified(call, tag)) {
    http::Response same{.status = 304, .headers = std::move(headers)};
    co_await call.exchange.send(std::move(same));
    co_return;
  }
  Shown shown;
  LargePermit permit;
  if (!with_content) {
    shown.left_out = true;
  } else {
    if (view.current.manifest.size > kLargeBody) permit = co_await LargePermit::take(surface);
    shown = co_await show_content(surface->service, view.current);
  }
  auto written = co_await context_json(surface->service.env, std::move(view), std::move(shown));
  surface->reads.keep(moment, id, with_content, written.json, tag);
  co_await send_json(call, std::move(written.json), 200, std::move(headers));
}

base::Task<void> get_content(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  auto& service = surface->service;
  auto cid = co_await find_version(surface, id, query_text(call, "version").value_or(""), "query");
  auto version = co_await service.workspace.version(cid);
  const auto& manifest = version.manifest;
  if (!manifest.content) throw base::Error(Errc::not_found, "this version is a tombstone");
  if (manifest.media_type == context::kDirectoryMedia)
    throw base::Error(Errc::unsupported, fmt::format("the content of {} is a directory", cid.text()),
                      "its files are at the gateway: /ipfs/" + manifest.content->text());
  const auto tag = manifest.content->text();
  auto headers = tagged(tag);
  headers.add("Accept-Ranges", "bytes");
  if (not_modified(call, tag)) {
    http::Response same{.status = 304, .headers = std::move(headers)};
    co_await call.exchange.send(std::move(same));
    co_return;
  }
  RangeChoice choice;
  auto unchanged = call.request.headers.find("If-Range");
  if (auto field = call.request.headers.find("Range");
      field && call.request.is("GET") && (!unchanged || *unchanged == quoted_tag(tag)))
    choice = choose_ranges(*field, manifest.size);
  if (!choice.satisfiable)
    throw HttpError(416, "range", fmt::format("the content has {} bytes", manifest.size), "",
                    {{"Content-Range", fmt::format("bytes */{}", manifest.size)}});
  // What was stored is shown as it is, but never as a part of our own page: no scripts, no other origin's rights.
  headers.add("Content-Type", safe_media_type(manifest.media_type));
  headers.add("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  headers.add("X-Content-Type-Options", "nosniff");
  const RangedBody body(service.env, std::move(choice.spans), manifest.size, headers);
  http::ResponseHead head{.status = body.status(), .headers = std::move(headers), .length = body.length()};
  co_await call.exchange.start(std::move(head));
  if (!call.request.is("HEAD")) {
    auto& exchange = call.exchange;
    ipld::ByteSink sink = [&exchange](base::SharedBytes bytes) { return exchange.write(std::move(bytes)); };
    RangedBody::ReadSpan read = [&service, file = *manifest.content](ByteSpan span,
                                                                     ipld::ByteSink into) -> base::Task<void> {
      ipld::unixfs::ByteRange part{.offset = span.offset, .length = span.length};
      co_await ipld::unixfs::read_file(service.env, service.store, file, part, std::move(into),
                                       ipld::unixfs::kSendAhead);
    };
    co_await body.send(std::move(read), std::move(sink));
  }
  co_await call.exchange.finish();
}

base::Task<void> list_versions(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  const auto limit = query_number(call, "limit", 50, 1, kMostVersions);
  auto versions = co_await surface->service.workspace.history(id, limit);
  JsonWriter json;
  json.begin_object().key("versions").begin_array();
  for (const auto& version : versions) write_json(json, version);
  json.end_array().end_object();
  co_await send_json(call, json.take());
}

base::Task<void> get_version(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  auto cid = co_await find_version(surface, id, call.at(1), "path");
  auto headers = tagged(cid.text());
  if (not_modified(call, cid.text())) {
    http::Response same{.status = 304, .headers = std::move(headers)};
    co_await call.exchange.send(std::move(same));
    co_return;
  }
  auto version = co_await surface->service.workspace.version(cid);
  LargePermit permit;
  if (version.manifest.size > kLargeBody) permit = co_await LargePermit::take(surface);
  auto shown = co_await show_content(surface->service, version);
  JsonWriter json;
  write_json(json, version);
  JsonWriter more;
  more.begin_object().key("content");
  if (shown.omitted.empty())
    more.value(base::as_text(shown.bytes));
  else
    more.null().field("content_omitted", shown.omitted);
  more.end_object();
  co_await send_json(call, with_members(json.take(), std::move(more)), 200, std::move(headers));
}

base::Task<void> diff_versions(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  auto& workspace = surface->service.workspace;
  auto after = co_await find_version(surface, id, query_text(call, "to").value_or(""), "query");
  std::optional<ipld::Cid> before;
  if (auto from = query_text(call, "from")) {
    before = co_await find_version(surface, id, *from, "query");
  } else {
    // The version before, or itself when it is the first.
    auto version = co_await workspace.version(after);
    before = version.manifest.parents.empty() ? after : version.manifest.parents.front();
  }
  context::DiffOptions options;
  auto diff = co_await workspace.diff(*before, after, options);
  co_await send_json(call, diff_json(diff));
}

}  // namespace openmcp::api::rest
