// Writes the OpenAPI document and the page of operations.
#include "api/rest/openapi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/json_writer.hpp"
#include "api/rest/conditions.hpp"
#include "api/rest/handlers.hpp"

namespace openmcp::api::rest {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string schema_ref(std::string_view name) { return fmt::format("{{\"$ref\":\"#/components/schemas/{}\"}}", name); }

void write_body(JsonWriter& json, const OperationDoc& operation) {
  if (operation.body.empty()) return;
  json.key("requestBody").begin_object().field("required", !operation.body_optional).key("content").begin_object();
  if (operation.body == "bytes")
    json.key("application/octet-stream").raw("{}").key("text/plain").raw("{}");
  else
    json.key("application/json").begin_object().key("schema").raw(schema_ref(operation.body)).end_object();
  json.end_object().end_object();
}

void write_responses(JsonWriter& json, const OperationDoc& operation) {
  json.key("responses").begin_object();
  if (!operation.answer.media.empty()) {
    json.key("200").begin_object().field("description", "As it should be").key("content").begin_object();
    json.key(operation.answer.media).begin_object();
    if (!operation.answer.schema.empty()) json.key("schema").raw(schema_ref(operation.answer.schema));
    json.end_object().end_object().end_object();
  }
  if (!operation.more.empty()) json.raw(operation.more);
  struct Failure {
    std::string_view status, what;
    bool when;
  };
  const bool takes_body = !operation.body.empty(), names_one = operation.path.find('{') != std::string_view::npos;
  const bool changes = operation.needs == Role::writer;
  const Failure failures[] = {
      {"400", "Something in the request cannot be", true},
      {"401", "No token, or a bad one", true},
      {"403", "The token's role is not enough", true},
      {"404", "No such thing", names_one || takes_body},
      {"409", "Another state than was expected", changes},
      {"412", "Another version than If-Match names", changes},
      {"413", "Larger than is taken", takes_body || operation.method == "GET"},
      {"415", "Another media type than is taken", takes_body},
      {"416", "The range is not in the content", operation.id == "getContent"},
      {"422", "Fields that do not fit", true},
      {"429", "Too many requests", true},
      {"503", "Not now", true},
      {"507", "The disk is full", changes},
  };
  const bool original = operation.errors == "original";
  for (const auto& failure : failures) {
    if (!failure.when) continue;
    json.key(failure.status).begin_object().field("description", failure.what).key("content").begin_object();
    json.key(original ? "application/json" : "application/problem+json").begin_object();
    json.key("schema").raw(schema_ref(original ? "Detail" : "Problem")).end_object().end_object().end_object();
  }
  json.end_object();
}

void write_operation(JsonWriter& json, const OperationDoc& operation) {
  json.key(lower(operation.method)).begin_object();
  json.field("operationId", operation.id).field("summary", operation.summary);
  json.key("tags").begin_array().value(operation.tag).end_array();
  if (!operation.parameters.empty()) {
    json.key("parameters").begin_array();
    for (auto name : operation.parameters) json.raw(fmt::format("{{\"$ref\":\"#/components/parameters/{}\"}}", name));
    json.end_array();
  }
  write_body(json, operation);
  write_responses(json, operation);
  if (operation.needs == Role::none)
    json.key("security").begin_array().end_array();
  else
    json.field("x-role", to_string(operation.needs));
  json.end_object();
}

/// What stands in a page of HTML.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string openapi_json(std::string_view version) {
  std::vector<std::string_view> paths;
  std::map<std::string_view, std::vector<const OperationDoc*>> by_path;
  for (const auto& operation : operations()) {
    auto& there = by_path[operation.path];
    if (there.empty()) paths.push_back(operation.path);
    there.push_back(&operation);
  }
  JsonWriter json;
  json.begin_object().field("openapi", "3.1.0").key("info").begin_object();
  json.field("title", "OpenMCP").field("version", version);
  json.field("description", "Contexts, their versions, and what is found in them.").end_object();
  json.key("servers").raw(R"([{"url":"/"}])").key("security").raw(R"([{"bearer":[]}])");
  json.key("paths").begin_object();
  for (auto path : paths) {
    json.key(path).begin_object();
    for (const auto* operation : by_path[path]) write_operation(json, *operation);
    json.end_object();
  }
  json.end_object().key("components").begin_object();
  json.key("securitySchemes").raw(R"({"bearer":{"type":"http","scheme":"bearer"}})");
  json.key("parameters").raw(openapi_parameters()).key("schemas").raw(openapi_schemas());
  json.end_object().end_object();
  return json.take();
}

std::string docs_html() {
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>OpenMCP: operations</title>"
      "<meta name=\"viewport\" content=\"width=device-width\"><style>"
      ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;"
      "padding:0 1rem}code{font-family:ui-monospace,monospace}td{padding:.25rem .75rem .25rem 0;vertical-align:top}"
      ".m{font-weight:600}h2{margin-top:2rem}</style></head><body><h1>OpenMCP: operations</h1>"
      "<p>The whole description, for tools: <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a> (OpenAPI 3.1)."
      " Requests carry <code>Authorization: Bearer TOKEN</code>.</p>";
  for (std::string_view tag : {"contexts", "versions", "find", "original", "server"}) {
    out += fmt::format("<h2>{}</h2><table>", tag);
    for (const auto& operation : operations()) {
      if (operation.tag != tag) continue;
      out += fmt::format("<tr><td class=\"m\">{}</td><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                         operation.method, escaped(operation.path), escaped(operation.summary),
                         operation.needs == Role::none ? "anybody" : to_string(operation.needs));
    }
    out += "</table>";
  }
  return out + "</body></html>";
}

base::Task<void> get_openapi(SurfacePtr surface, Call& call) {
  co_await send_json(call, openapi_json(surface->service.version));
}

base::Task<void> get_docs(SurfacePtr, Call& call) {
  http::Response response{
      .status = 200,
      .headers = {{"Content-Type", "text/html; charset=utf-8"},
                  {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"},
                  {"X-Content-Type-Options", "nosniff"}},
      .body = docs_html()};
  co_await call.exchange.send(std::move(response));
}

}  // namespace openmcp::api::rest
