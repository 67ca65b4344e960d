#include "api/rpc/rpc.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/audit.hpp"
#include "api/json_writer.hpp"
#include "api/rpc/assistant.hpp"
#include "api/rpc/request.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"
#include "context/assemble.hpp"
#include "context/workspace.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::api::rpc {

using base::Errc;

namespace {

constexpr std::size_t kMaxBody = 68u << 20;  ///< bytes: a content of 64 MiB and what stands around it
constexpr std::size_t kLarge = 1u << 20;     ///< bytes; few of these are held at once
constexpr std::size_t kLargeAtOnce = 2;
constexpr std::uint64_t kMaxShown = 64u << 20;  ///< bytes of a content in an answer
constexpr std::uint32_t kBudget = 4000;         ///< tokens of context for process_context

/// The original had two servers, which differ in the names of their methods and in how they tell errors.
enum class Form : unsigned char {
  plain,    ///< commit_context: -32000 with the error's text, data null
  prefixed  ///< mcp_commitContext: -32603 "Internal error" with the text in data
};

struct Server {
  explicit Server(Service& services) : service(services), large(services.env.executor(), kLargeAtOnce) {
    if (auto options = assistant_options(services.settings)) assistant.emplace(services.env, *std::move(options));
  }
  Service& service;
  base::Semaphore large;
  std::optional<Assistant> assistant;
};
using ServerPtr = std::shared_ptr<Server>;

struct Permit {
  ServerPtr server;
  ~Permit() {
    if (server) server->large.release();
  }
};

/// What a method does; writes the result.
using Method = base::Task<void> (*)(ServerPtr, Call&, Body&, JsonWriter&, Form);

void need(const Call& call, Role role) {
  if (!call.caller.may(role))
    throw base::Error(Errc::permission, fmt::format("this needs the role {}", to_string(role)),
                      "use a token with that role");
}

base::Task<void> commit(ServerPtr server, Call& call, Body& params, JsonWriter& json, Form form) {
  need(call, Role::writer);
  context::CommitRequest request;
  auto content = params.bytes("content", true);
  request.type = params.text("type", {.required = false, .min = 1, .max = context::kMaxType}).value_or("other");
  request.metadata = params.metadata("metadata");
  params.check();
  request.content = *content;
  request.new_context = true;
  auto& service = server->service;
  auto result = co_await service.workspace.commit(std::move(request));
  crypto::Digest32 hash{};
  if (result.content.codec() == ipld::Codec::raw) {
    std::ranges::copy(result.content.hash().digest(), hash.begin());
  } else {
    auto work = [&hash, bytes = *content] { hash = crypto::sha256(bytes); };
    co_await service.env.run(std::move(work));
  }
  service.audit.record({.who = call.caller.name,
                        .token = call.caller.token_id,
                        .from = "rpc",
                        .action = "context.commit",
                        .target = result.id.text(),
                        .result = "ok",
                        .detail = result.version.text()});
  json.begin_object().field("content_hash", base::to_hex(hash));
  if (form == Form::plain) json.field("status", "success");
  json.end_object();
}

std::optional<crypto::Digest32> parse_hash(std::string_view text) {
  crypto::Digest32 out{};
  if (text.size() == 64) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return std::nullopt;
      out[i / 2] = static_cast<std::uint8_t>(out[i / 2] << 4 | digit);
    }
    return out;
  }
  // The CID of a content of one block holds the same digest.
  auto cid = ipld::Cid::parse(text);
  if (!cid || cid->codec() != ipld::Codec::raw || cid->hash().code() != ipld::HashCode::sha2_256) return std::nullopt;
  std::ranges::copy(cid->hash().digest(), out.begin());
  return out;
}

base::Task<void> get(ServerPtr server, Call&, Body& params, JsonWriter& json, Form) {
  const auto text = params.text("content_hash", {.required = true, .min = 1, .max = 256});
  params.check();
  const auto hash = parse_hash(*text);
  if (!hash)
    throw base::Error(Errc::invalid_argument, "content_hash is no SHA-256 in hex",
                      "64 hex digits, as commit_context answers them");
  auto& workspace = server->service.workspace;
  auto found = co_await workspace.by_content(*hash, 1);
  if (found.empty()) throw base::Error(Errc::not_found, fmt::format("no context has the content {}", *text));
  auto view = co_await workspace.get(found.front());
  const auto& manifest = view.current.manifest;
  auto bytes = co_await workspace.content(view.current.cid, kMaxShown);
  if (!ipld::valid_utf8(base::as_text(bytes)))
    throw base::Error(Errc::unsupported, fmt::format("the content {} is not UTF-8 text", *text),
                      "its bytes are at /api/v1/contexts/" + view.id.text() + "/content");
  json.begin_object().field("content", base::as_text(bytes)).field("type", manifest.type);
  json.key("metadata").raw(manifest.metadata).end_object();
}

void write_sources(JsonWriter& json, const context::Assembled& built) {
  json.key("contexts").begin_array();
  for (const auto& part : built.parts)
    json.begin_object()
        .field("id", part.id.text())
        .field("version", part.version)
        .field("title", part.title)
        .field("whole", part.whole)
        .end_object();
  json.end_array();
}

base::Task<void> process(ServerPtr server, Call&, Body& params, JsonWriter& json, Form) {
  const auto content = params.text("content", {.required = true, .min = 0, .max = 1u << 20});
  const auto type = params.text("type", {.required = false, .min = 0, .max = context::kMaxType});
  const auto budget = params.number("budget_tokens", 200, 200'000).value_or(kBudget);
  params.check();
  context::AssembleRequest request;
  request.query.text = *content;
  request.budget_tokens = static_cast<std::uint32_t>(budget);
  context::Assembled built;
  if (!content->empty()) built = co_await context::assemble(server->service.workspace, std::move(request));
  std::string response = built.text, model, note;
  if (server->assistant) {
    auto reply = co_await server->assistant->ask(built.text, *content);
    response = std::move(reply.text);
    model = std::move(reply.model);
    if (model.empty()) model = server->assistant->model();
  } else {
    note = built.parts.empty() ? "no assistant is configured, and no stored context fits"
                               : "no assistant is configured: the response is the context that fits";
  }
  json.begin_object().field("response", response).key("metadata").begin_object();
  json.field("type", type.value_or("other")).field("assistant", server->assistant.has_value());
  if (!model.empty()) json.field("model", model);
  if (!note.empty()) json.field("note", note);
  json.field("context_tokens", built.tokens);
  write_sources(json, built);
  json.strings("notes", built.notes).end_object().end_object();
}

struct Name {
  std::string_view name;
  Form form;
  Method method;
};
constexpr Name kNames[] = {
    {"commit_context", Form::plain, commit},   {"get_context", Form::plain, get},
    {"process_context", Form::plain, process}, {"mcp_commitContext", Form::prefixed, commit},
    {"mcp_getContext", Form::prefixed, get},   {"mcp_processContext", Form::prefixed, process},
};

/// The answer around a result or an error.
std::string envelope(const std::string& id, std::string_view name, std::string_view value) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"{}":{}}})", id, name, value);
}

std::string error_answer(const std::string& id, int code, std::string_view message, std::optional<std::string> data) {
  JsonWriter json;
  json.begin_object().field("code", code).field("message", message);
  if (data) json.key("data").raw(*data);
  return envelope(id, "error", json.end_object().text());
}

/// Which of the two forms an unknown method gets: by its name, else by where it was sent.
Form form_of(std::string_view method, const http::Request& request) {
  if (method.starts_with("mcp_")) return Form::prefixed;
  return request.path == "/api/v1/" || request.path == "/api/v1" ? Form::prefixed : Form::plain;
}

std::string unknown_method(const RpcRequest& asked, Form form) {
  constexpr int kMethodNotFound = -32601;
  const std::string name(std::string_view(asked.method).substr(0, 128));
  if (form == Form::plain)
    return error_answer(asked.id, kMethodNotFound, fmt::format("Method '{}' not found", name), "null");
  return error_answer(asked.id, kMethodNotFound, "Method not found: " + name, std::nullopt);
}

std::string failure(const RpcRequest& asked, Form form, const base::Error& error) {
  constexpr int kServerError = -32000, kInternalError = -32603;
  const auto text = public_message(error);
  if (form == Form::plain) return error_answer(asked.id, kServerError, text, "null");
  return error_answer(asked.id, kInternalError, "Internal error", json_quoted(text));
}

base::Task<std::string> run(ServerPtr server, Call& call, RpcRequest asked, const Name& found) {
  Body empty("{}", "\"body\",\"params\"");
  auto& params = asked.params ? *asked.params : empty;
  JsonWriter json;
  std::optional<base::Error> failed;
  try {
    co_await found.method(server, call, params, json, found.form);
  } catch (const base::Error& error) {
    if (error.code() == Errc::cancelled) throw;
    failed = error;
  }
  if (!failed) co_return envelope(asked.id, "result", json.text());
  base::log(base::LogLevel::info, "api", "{} failed: {}", found.name, failed->message());
  co_return failure(asked, found.form, *failed);
}

base::Task<void> answer(ServerPtr server, Call& call) {
  Permit permit;
  const auto length = call.exchange.body_length();
  if (!length || *length > kLarge) {
    co_await server->large.acquire();
    permit.server = server;
  }
  auto text = co_await call.exchange.read_all(kMaxBody);
  RpcRequest asked;
  auto parse = [&asked, &text] { asked = parse_request(std::move(text)); };
  if (text.size() <= kLarge)
    parse();
  else
    co_await server->service.env.run(parse);
  auto found = std::ranges::find(kNames, std::string_view(asked.method), &Name::name);
  std::string json;
  if (found == std::end(kNames))
    json = unknown_method(asked, form_of(asked.method, call.request));
  else
    json = co_await run(server, call, std::move(asked), *found);
  co_await send_json(call, std::move(json));
}

}  // namespace

void add_rpc(Router& router, Service& service) {
  auto server = std::make_shared<Server>(service);
  for (auto path : {"/api/v1/rpc", "/api/v1/", "/api/v1", "/mcp-legacy"}) {
    Route route{.method = "POST",
                .pattern = path,
                .name = "rpc",
                .needs = Role::reader,
                .handler = {},
                .errors = original_error};
    route.handler = [server](Call& call) { return answer(server, call); };
    router.add(std::move(route));
  }
}

}  // namespace openmcp::api::rpc
