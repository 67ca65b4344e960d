// `search` and `fetch`: the two tools, and the exact results, that ChatGPT's connectors and deep research ask for.
#include <fmt/format.h>

#include "api/mcp/arguments.hpp"
#include "api/mcp/content_part.hpp"
#include "api/mcp/rendering.hpp"
#include "api/mcp/tools.hpp"
#include "api/time.hpp"

namespace openmcp::api::mcp {

namespace {

/// Where a person can look at it.
std::string url_of(const Turn& turn, const context::ContextId& id) {
  return fmt::format("{}/contexts/{}", turn.service.origin, id.text());
}

base::Task<ToolResult> search(Turn& turn, const JsonObject& arguments) {
  context::search::Query query;
  query.text = text(arguments, "query");
  query.limit = 20;
  query.snippet_bytes = 240;
  auto found = co_await turn.service.workspace.search(std::move(query));
  JsonWriter json;
  json.begin_object().key("results").begin_array();
  for (auto& hit : found.hits) {
    const context::ContextId id(hit.context);
    json.begin_object().field("id", id.text()).field("title", one_line(hit.title)).field("url", url_of(turn, id));
    json.field("text", context::search::marked(hit, "", "")).field("date", iso_time(wall_time(hit.time))).end_object();
  }
  json.end_array().end_object();
  co_return json_result(json.take());
}

base::Task<ToolResult> fetch(Turn& turn, const JsonObject& arguments) {
  auto ref = co_await resolve(turn, text(arguments, "id"));
  auto view = co_await turn.service.workspace.get(ref);
  const auto& manifest = view.current.manifest;
  constexpr std::uint64_t kShown = 20'000;
  auto part = co_await content_part(turn, view.current, 0, kShown);
  JsonWriter json;
  json.begin_object().field("id", view.id.text()).field("title", one_line(manifest.title)).field("text", part.text);
  json.field("url", url_of(turn, view.id)).key("metadata").begin_object();
  json.field("type", manifest.type).field("author", manifest.author.name);
  json.field("created", iso_time(wall_time(view.created))).field("changed", iso_time(wall_time(view.changed)));
  json.field("version", view.current.cid.text());
  if (manifest.content) json.field("cid", manifest.content->text());
  if (part.next > 0)
    json.field("cut", fmt::format("the first {} of {} bytes; context_get has the rest", part.next, manifest.size));
  if (!part.omitted.empty()) json.field("text_omitted", part.omitted);
  json.end_object().end_object();
  co_return json_result(json.take());
}

}  // namespace

void add_connector_tools(Registry& registry) {
  const ToolHints reads{.read_only = true, .idempotent = true};
  registry.add(Tool{
      .name = "search",
      .title = "Search",
      .description = "Finds contexts by words; give the ids to fetch. (context_search can filter and page.)",
      .input_schema =
          R"({"type":"object","properties":{"query":{"type":"string","maxLength":8000}},"required":["query"],"additionalProperties":false})",
      .output_schema =
          R"({"type":"object","properties":{"results":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"title":{"type":"string"},"url":{"type":"string"},"text":{"type":"string"},"date":{"type":"string"}},"required":["id","title","url"]}}},"required":["results"]})",
      .hints = reads,
      .run = search});
  registry.add(Tool{
      .name = "fetch",
      .title = "Fetch",
      .description = "Reads one context that search found. (context_get reads long ones in parts.)",
      .input_schema =
          R"({"type":"object","properties":{"id":{"type":"string","minLength":1,"maxLength":4096}},"required":["id"],"additionalProperties":false})",
      .output_schema =
          R"({"type":"object","properties":{"id":{"type":"string"},"title":{"type":"string"},"text":{"type":"string"},"url":{"type":"string"},"metadata":{"type":"object"}},"required":["id","title","text","url"]})",
      .hints = reads,
      .run = fetch});
}

}  // namespace openmcp::api::mcp
