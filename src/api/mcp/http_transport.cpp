#include "api/mcp/http_transport.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/json_writer.hpp"
#include "api/mcp/era.hpp"
#include "api/mcp/state.hpp"

namespace openmcp::api::mcp {

namespace {

constexpr std::string_view kMetadataPath = "/.well-known/oauth-protected-resource";

bool accepts(const http::Request& request, std::string_view type) {
  auto fields = request.headers.all("Accept");
  if (fields.empty()) return true;
  const auto group = std::string(type.substr(0, type.find('/'))) + "/*";
  for (auto field : fields) {
    while (!field.empty()) {
      const auto comma = field.find(',');
      auto item = field.substr(0, comma);
      item = item.substr(0, item.find(';'));
      while (item.starts_with(' ') || item.starts_with('\t')) item.remove_prefix(1);
      while (item.ends_with(' ') || item.ends_with('\t')) item.remove_suffix(1);
      if (http::equal_without_case(item, type) || http::equal_without_case(item, group) || item == "*/*") return true;
      if (comma == std::string_view::npos) break;
      field.remove_prefix(comma + 1);
    }
  }
  return false;
}

/// As the client knows us: it compares this with the URL that it was given. The router has checked the authority.
std::string own_origin(const http::Request& request) {
  return fmt::format("{}://{}", request.scheme, request.authority);
}

/// RFC 6750 section 3, with the metadata of RFC 9728 section 5.1.
std::string challenge(const http::Request& request, std::string_view error, std::string_view scope) {
  auto out = fmt::format("Bearer resource_metadata=\"{}{}/mcp\"", own_origin(request), kMetadataPath);
  if (!error.empty()) out += fmt::format(", error=\"{}\"", error);
  return out += fmt::format(", scope=\"{}\"", scope);
}

http::Response error_form(const base::Error& error, const http::Request&) {
  auto shown = from_error(error);
  return {.status = http_status(error),
          .headers = {{"Content-Type", "application/json"}},
          .body = error_message("", shown)};
}

base::Task<void> unauthorized(Call& call) {
  const bool wrong = !call.refused.empty();
  RpcError error(kForbidden, wrong ? fmt::format("the token was refused: {}", call.refused)
                                   : std::string("a bearer token is needed: see `openmcp token create`"));
  http::Headers headers{{"WWW-Authenticate", challenge(call.request, wrong ? "invalid_token" : "", "read")}};
  co_await send_message(call, error_message("", error), 401, std::move(headers));
}

/// Who may not even read gets 401 here, with a pointer to the metadata.
bool may_read(const Call& call) { return call.caller.may(Role::reader); }

base::Task<void> take_post(std::shared_ptr<ServerState> state, Call& call) {
  if (!accepts(call.request, "application/json") && !accepts_events(call.request))
    throw HttpError(406, "not_acceptable", "answering: JSON and event streams are what there is",
                    "send Accept: application/json, text/event-stream");
  auto body = co_await json_body(call, kMaxMessage);
  auto batch = decode_batch(body);
  if (!batch) {
    auto& bad = batch.error();
    co_await send_error(call, bad.id, RpcError(bad.code, bad.why), 400);
    co_return;
  }
  if (batch->array || !is_modern(batch->messages.front(), call.request.headers.get("MCP-Protocol-Version"))) {
    co_await post_legacy(state, call, std::move(*batch));
  } else {
    co_await post_modern(state, call, std::move(batch->messages.front()));
  }
}

/// Runs a handler of the transport; RpcErrors that come before anything was sent become the answer.
base::Task<void> guarded(std::shared_ptr<ServerState> state, Call& call,
                         base::Task<void> (*handler)(std::shared_ptr<ServerState>, Call&)) {
  if (!may_read(call)) {
    co_await unauthorized(call);
    co_return;
  }
  std::optional<RpcError> failed;
  try {
    co_await handler(state, call);
  } catch (const RpcError& error) {
    if (call.exchange.started()) throw base::Error(base::Errc::internal, error.message());
    failed = error;
  }
  if (failed) co_await send_error(call, "", *failed, failed->http_status());
}

/// RFC 9728 section 2. Tokens are made by `openmcp token create`, not by an authorization server: none is named.
std::string metadata(const http::Request& request) {
  JsonWriter json;
  json.begin_object().field("resource", own_origin(request) + "/mcp").field("resource_name", "OpenMCP");
  json.strings("scopes_supported", std::vector<std::string>{"read", "write"});
  json.strings("bearer_methods_supported", std::vector<std::string>{"header"}).end_object();
  return json.take();
}

}  // namespace

std::string insufficient_scope(const Call& call) { return challenge(call.request, "insufficient_scope", "write"); }

bool accepts_events(const http::Request& request) { return accepts(request, "text/event-stream"); }

base::Task<void> send_message(Call& call, std::string message, unsigned status, http::Headers headers) {
  headers.set("Content-Type", "application/json");
  headers.set("Cache-Control", "no-store");
  http::Response response{.status = status, .headers = std::move(headers), .body = std::move(message)};
  co_await call.exchange.send(std::move(response));
}

base::Task<void> send_error(Call& call, std::string id, RpcError error, unsigned status) {
  http::Headers headers;
  if (status == 403) headers.set("WWW-Authenticate", insufficient_scope(call));
  co_await send_message(call, error_message(id, error), status, std::move(headers));
}

void add_http_routes(Router& router, std::shared_ptr<ServerState> state) {
  auto add = [&router, state](std::string method, base::Task<void> (*handler)(std::shared_ptr<ServerState>, Call&)) {
    router.add({.method = std::move(method),
                .pattern = "/mcp",
                .name = "mcp",
                .needs = Role::reader,
                .handler = [state, handler](Call& call) { return guarded(state, call, handler); },
                .errors = error_form,
                .own_auth = true});
  };
  add("POST", take_post);
  add("GET", get_legacy);
  add("DELETE", delete_legacy);
  for (const auto& path : {std::string(kMetadataPath), std::string(kMetadataPath) + "/mcp"}) {
    auto answer = [](Call& call) { return send_json(call, metadata(call.request)); };
    router.add({.method = "GET",
                .pattern = path,
                .name = "mcp_metadata",
                .needs = Role::none,
                .handler = answer,
                .errors = problem});
  }
}

}  // namespace openmcp::api::mcp
