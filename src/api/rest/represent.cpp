#include "api/rest/represent.hpp"

#include "api/json.hpp"
#include "api/time.hpp"
#include "context/content.hpp"
#include "context/workspace.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::api::rest {

namespace {

void write_relations(JsonWriter& json, std::string_view name, const std::vector<context::Relation>& relations) {
  json.key(name).begin_array();
  for (const auto& relation : relations)
    json.begin_object().field("kind", relation.kind).field("id", relation.target.text()).end_object();
  json.end_array();
}

}  // namespace

Shown show_bytes(base::SharedBytes bytes) {
  Shown out;
  if (bytes.size() > kMaxShown)
    out.omitted = "larger than 16 MiB";
  else if (!ipld::valid_utf8(base::as_text(bytes)))
    out.omitted = "not UTF-8 text";
  else
    out.bytes = std::move(bytes);
  return out;
}

base::Task<Shown> show_content(Service& service, context::Version version) {
  Shown out;
  const auto& manifest = version.manifest;
  if (manifest.media_type == context::kDirectoryMedia)
    out.omitted = "a directory";
  else if (manifest.size > kMaxShown)
    out.omitted = "larger than 16 MiB";
  if (!out.omitted.empty()) co_return out;
  auto bytes = co_await service.workspace.content(version.cid, kMaxShown);
  co_return show_bytes(std::move(bytes));
}

std::string naive_time(std::int64_t micros) {
  auto text = iso_time(wall_time(micros));
  text.pop_back();
  return text;
}

Span write_context(JsonWriter& json, const context::ContextView& view, const Shown& content, bool incoming) {
  const auto& version = view.current;
  const auto& manifest = version.manifest;
  Span span;
  json.begin_object().field("type", manifest.type);
  // The original answers null where no metadata was given; the documents' shape always has an object.
  json.key("context_metadata").raw(manifest.metadata == "{}" ? "null" : std::string_view(manifest.metadata));
  json.field("id", view.id.text());
  if (!content.left_out) {
    json.key("content");
    span.begin = json.text().size();
    if (content.omitted.empty())
      json.value(base::as_text(content.bytes));
    else
      json.null();
    span.end = json.text().size();
    if (!content.omitted.empty()) json.field("content_omitted", content.omitted);
  }
  json.field("content_hash", base::to_hex(manifest.content_hash));
  json.field("created_at", naive_time(view.created)).field("updated_at", naive_time(view.changed));
  json.key("metadata").raw(manifest.metadata);

  json.field("version", version.cid.text());
  if (manifest.content) json.field("cid", manifest.content->text());
  json.field("title", manifest.title).strings("tags", manifest.tags);
  write_relations(json, "relations", manifest.relations);
  if (incoming) write_relations(json, "incoming", view.incoming);
  json.field("author", manifest.author.name).field("message", manifest.message);
  if (!manifest.source.empty()) json.field("source", manifest.source);
  json.key("heads").begin_array();
  for (const auto& head : view.heads) json.value(head.text());
  json.end_array().field("versions", view.versions).field("number", version.number).field("size", manifest.size);
  json.field("media_type", manifest.media_type);
  if (version.attestation) json.field("attestation", version.attestation->text());
  json.field("proof", to_string(version.proof));
  if (version.proof != context::Proof::missing) json.field("signed_by", key_text(version.key));
  json.field("created", iso_time(wall_time(view.created))).field("changed", iso_time(wall_time(view.changed)));
  json.end_object();
  return span;
}

base::Task<Written> context_json(base::Env& env, context::ContextView view, Shown content) {
  Written out;
  auto work = [&out, &view, &content] {
    JsonWriter json;
    out.content = write_context(json, view, content);
    out.json = json.take();
  };
  if (content.bytes.size() <= kSmall) {
    work();
    co_return out;
  }
  co_await env.run(std::move(work));
  co_return out;
}

std::string with_members(std::string object, JsonWriter members) {
  auto more = members.take();
  if (more.size() <= 2) return object;
  object.pop_back();
  if (object.size() > 1) object += ',';
  object += std::string_view(more).substr(1);
  return object;
}

}  // namespace openmcp::api::rest
