#include <fmt/format.h>

#include "api/audit.hpp"
#include "api/ops/parts.hpp"

namespace openmcp::api::ops {

namespace {

constexpr std::size_t kMaxBody = 8192;
constexpr std::int64_t kLongest = 100LL * 366 * 86'400;  ///< seconds

void write_token(JsonWriter& json, const Token& token) {
  json.begin_object();
  json.field("id", token.id).field("name", token.name).field("role", to_string(token.role));
  json.field("workspace", token.workspace);
  write_time(json, "created", token.created);
  write_time(json, "expires", token.expires);
  write_time(json, "revoked", token.revoked);
  write_time(json, "used", token.used);
  json.end_object();
}

void note(const Ops& ops, const Call& call, std::string action, const Token& token) {
  ops.service.audit.record({.who = call.caller.name,
                            .token = call.caller.token_id,
                            .from = "rest",
                            .action = std::move(action),
                            .target = token.id,
                            .result = "ok",
                            .detail = fmt::format("{} ({})", token.name, to_string(token.role))});
}

base::Task<void> list(std::shared_ptr<Ops> ops, Call& call) {
  JsonWriter json;
  json.begin_object().key("tokens").begin_array();
  for (const auto& token : ops->service.auth.list()) write_token(json, token);
  json.end_array().end_object();
  co_await send_json(call, json.take());
}

base::Task<void> create(std::shared_ptr<Ops> ops, Call& call) {
  auto text = co_await json_body(call, kMaxBody);
  Fields body(text);
  auto name = body.text("name");
  const auto role_name = body.text_or("role", "reader");
  auto workspace = body.text_or("workspace", "");
  const auto lasts = body.integer("expires_in_seconds");
  body.end();
  const auto role = role_named(role_name);
  if (!role)
    throw base::Error(base::Errc::invalid_argument, fmt::format("there is no role '{}'", role_name),
                      "reader, writer or admin");
  if (lasts && (*lasts <= 0 || *lasts > kLongest))
    throw base::Error(base::Errc::invalid_argument, "expires_in_seconds is more than 0 and at most a hundred years");
  std::optional<std::int64_t> expires;
  if (lasts) expires = ops->service.env.now().time_since_epoch().count() + *lasts * 1'000'000;
  auto made = co_await ops->service.auth.create(std::move(name), *role, std::move(workspace), expires);
  note(*ops, call, "token.create", made.token);
  JsonWriter json;
  json.begin_object().key("token");
  write_token(json, made.token);
  json.field("secret", made.secret).end_object();
  co_await send_json(call, json.take(), 201);
}

base::Task<void> revoke(std::shared_ptr<Ops> ops, Call& call) {
  auto token = co_await ops->service.auth.revoke(call.at(0));
  ops->router.sessions().end_token(token.id);
  note(*ops, call, "token.revoke", token);
  JsonWriter json;
  write_token(json, token);
  co_await send_json(call, json.take());
}

}  // namespace

void add_tokens(const std::shared_ptr<Ops>& ops) {
  add(ops, "GET", "/api/v1/tokens", "token_list", Role::admin, list);
  add(ops, "POST", "/api/v1/tokens", "token_create", Role::admin, create);
  add(ops, "DELETE", "/api/v1/tokens/{id}", "token_revoke", Role::admin, revoke);
}

}  // namespace openmcp::api::ops
