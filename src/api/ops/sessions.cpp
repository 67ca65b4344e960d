// Logging in at the web page: a token against a cookie.
#include "api/audit.hpp"
#include "api/ops/parts.hpp"

namespace openmcp::api::ops {

namespace {

constexpr std::size_t kMaxBody = 4096;

std::string session_json(const Sessions::Session& session) {
  JsonWriter json;
  json.begin_object();
  json.field("name", session.caller.name).field("role", to_string(session.caller.role));
  json.field("csrf", session.csrf);
  write_time(json, "expires", session.expires);
  json.end_object();
  return json.take();
}

std::optional<std::int64_t> end_of(const Auth& auth, std::string_view token_id) {
  for (const auto& token : auth.list())
    if (token.id == token_id) return token.expires;
  return std::nullopt;
}

void note(const Ops& ops, const Caller& caller, std::string action) {
  ops.service.audit.record({.who = caller.name,
                            .token = caller.token_id,
                            .from = "web",
                            .action = std::move(action),
                            .target = {},
                            .result = "ok",
                            .detail = {}});
}

base::Task<void> begin(std::shared_ptr<Ops> ops, Call& call) {
  auto text = co_await json_body(call, kMaxBody);
  Fields body(text);
  const auto secret = body.text("token");
  body.end();
  auto caller = ops->service.auth.verify(secret);
  if (!caller && caller.error() == Refusal::unknown) {
    co_await ops->router.reload_tokens();
    caller = ops->service.auth.verify(secret);
  }
  if (!caller) ops->router.refuse_login(call, to_string(caller.error()));
  auto ends = end_of(ops->service.auth, caller->token_id);
  note(*ops, *caller, "session.begin");
  auto started = ops->router.sessions().start(*caller, call.request.scheme == "https", ends);
  http::Headers headers{{"Set-Cookie", started.cookie}};
  co_await send_json(call, session_json(started.session), 200, std::move(headers));
}

base::Task<void> current(std::shared_ptr<Ops> ops, Call& call) {
  const auto* session = ops->router.sessions().find(call.request.headers.get("Cookie"));
  // The caller is the session's only when the router took the cookie for it.
  if (!session || session->caller.token_id != call.caller.token_id)
    throw HttpError(401, "unauthorized", "there is no session", "POST a token to /api/v1/session");
  auto json = session_json(*session);
  co_await send_json(call, std::move(json));
}

base::Task<void> end(std::shared_ptr<Ops> ops, Call& call) {
  if (!call.caller.token_id.empty()) note(*ops, call.caller, "session.end");
  ops->router.sessions().end(call.request.headers.get("Cookie"));
  http::Response response{.status = 204,
                          .headers = {{"Set-Cookie", "openmcp_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"}},
                          .body = {}};
  co_await call.exchange.send(std::move(response));
}

}  // namespace

void add_sessions(const std::shared_ptr<Ops>& ops) {
  add(ops, "POST", "/api/v1/session", "session_begin", Role::none, begin);
  add(ops, "GET", "/api/v1/session", "session", Role::none, current);
  add(ops, "DELETE", "/api/v1/session", "session_end", Role::none, end);
}

}  // namespace openmcp::api::ops
