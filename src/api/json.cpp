#include "api/json.hpp"

#include "api/time.hpp"
#include "context/id.hpp"

namespace openmcp::api {

std::string key_text(std::span<const std::uint8_t> key) { return base::to_hex(key); }

std::string_view to_string(context::Proof proof) noexcept {
  switch (proof) {
    case context::Proof::valid:
      return "valid";
    case context::Proof::invalid:
      return "invalid";
    case context::Proof::missing:
      return "missing";
  }
  return "missing";
}

namespace {

void write_relations(JsonWriter& json, std::string_view name, const std::vector<context::Relation>& relations) {
  json.key(name).begin_array();
  for (auto& relation : relations) {
    json.begin_object().field("kind", relation.kind).field("id", relation.target.text()).end_object();
  }
  json.end_array();
}

void write_cids(JsonWriter& json, std::string_view name, const std::vector<ipld::Cid>& cids) {
  json.key(name).begin_array();
  for (auto& cid : cids) json.value(cid.text());
  json.end_array();
}

}  // namespace

void write_json(JsonWriter& json, const context::CommitResult& result) {
  json.begin_object();
  json.field("id", result.id.text()).field("version", result.version.text()).field("cid", result.content.text());
  json.field("attestation", result.attestation.text()).field("number", result.number).field("size", result.size);
  json.field("type", result.type).field("title", result.title);
  json.field("created", result.created).field("unchanged", result.unchanged);
  json.strings("conflicts", result.merge_conflicts).key("skipped").begin_array();
  for (auto& skipped : result.skipped) {
    json.begin_object().field("path", skipped.path).field("why", skipped.why).end_object();
  }
  json.end_array().end_object();
}

void write_json(JsonWriter& json, const context::ContextSummary& summary) {
  json.begin_object();
  json.field("id", summary.id.text()).field("version", summary.version.text()).field("cid", summary.content.text());
  json.field("type", summary.type).field("title", summary.title).strings("tags", summary.tags);
  json.field("author", summary.author).field("source", summary.source);
  json.field("created", iso_time(wall_time(summary.created))).field("changed", iso_time(wall_time(summary.changed)));
  json.field("size", summary.size).field("versions", summary.versions).field("heads", summary.heads);
  json.end_object();
}

void write_json(JsonWriter& json, const context::Version& version) {
  auto& manifest = version.manifest;
  json.begin_object();
  json.field("version", version.cid.text()).field("number", version.number).field("head", version.head);
  if (manifest.content) json.field("cid", manifest.content->text());
  json.field("type", manifest.type).field("title", manifest.title).field("media_type", manifest.media_type);
  json.field("size", manifest.size).field("content_hash", base::to_hex(manifest.content_hash));
  json.strings("tags", manifest.tags).key("metadata").raw(manifest.metadata);
  write_relations(json, "relations", manifest.relations);
  json.key("author").begin_object().field("name", manifest.author.name);
  if (manifest.author.key) json.field("key", key_text(*manifest.author.key));
  json.end_object();
  json.field("time", iso_time(wall_time(manifest.time))).field("message", manifest.message);
  json.field("source", manifest.source);
  write_cids(json, "parents", manifest.parents);
  json.key("attestation");
  if (version.attestation) {
    json.value(version.attestation->text());
  } else {
    json.null();
  }
  json.field("proof", to_string(version.proof));
  if (version.proof != context::Proof::missing) json.field("signed_by", key_text(version.key));
  json.end_object();
}

void write_json(JsonWriter& json, const context::ContextView& view) {
  json.begin_object().field("id", view.id.text()).key("current");
  write_json(json, view.current);
  write_cids(json, "heads", view.heads);
  json.field("versions", view.versions).field("created", iso_time(wall_time(view.created)));
  json.field("changed", iso_time(wall_time(view.changed)));
  write_relations(json, "incoming", view.incoming);
  json.end_object();
}

void write_json(JsonWriter& json, const context::Finding& finding) {
  json.begin_object().field("what", finding.what).field("where", finding.where);
  json.field("problem", finding.problem).end_object();
}

void write_json(JsonWriter& json, const context::search::Hit& hit, bool explain) {
  json.begin_object();
  json.field("id", context::ContextId(hit.context).text()).field("version", hit.manifest);
  json.field("type", hit.type).field("title", hit.title).field("author", hit.author).strings("tags", hit.tags);
  json.field("time", iso_time(wall_time(hit.time))).field("score", hit.score.fused);
  json.field("snippet", hit.snippet).key("highlights").begin_array();
  for (auto& range : hit.highlights) json.begin_array().value(range.begin).value(range.end).end_array();
  json.end_array().field("passage", hit.passage).field("passages", hit.passages);
  if (hit.passage_time) json.field("passage_time", iso_time(wall_time(*hit.passage_time)));
  if (!hit.speaker.empty()) json.field("speaker", hit.speaker);
  if (explain) {
    json.key("explain").begin_object().field("bm25", hit.score.bm25).field("bm25_max", hit.score.bm25_max);
    json.key("cosine");
    if (hit.score.cosine) {
      json.value(*hit.score.cosine);
    } else {
      json.null();
    }
    json.field("embedding_weight", hit.score.embedding_weight).field("recency", hit.score.recency);
    json.field("recency_weight", hit.score.recency_weight).key("terms").begin_array();
    for (auto& term : hit.score.terms) {
      json.begin_object().field("term", term.term).field("rows", term.rows).field("idf", term.idf);
      json.field("title", term.title).field("tags", term.tags).field("body", term.body);
      json.field("speaker", term.speaker)
          .field("date", term.date)
          .field("nearby", term.before + term.before2 + term.after);
      json.field("score", term.score).end_object();
    }
    json.end_array().end_object();
  }
  json.end_object();
}

}  // namespace openmcp::api
