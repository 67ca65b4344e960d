#include "api/audit.hpp"

#include "api/ops/parts.hpp"

namespace openmcp::api::ops {

namespace {

constexpr std::uint64_t kPage = 100, kMaxPage = 1000;

base::Task<void> lines(std::shared_ptr<Ops> ops, Call& call) {
  const auto before = number(call, "before", 0, INT64_MAX);
  const auto limit = number(call, "limit", kPage, kMaxPage);
  auto page = co_await ops->service.audit.read(before, static_cast<std::size_t>(limit));
  JsonWriter json;
  json.begin_object().key("lines").begin_array();
  for (const auto& line : page.lines) {
    json.begin_object().field("seq", line.seq);
    write_time(json, "time", line.time);
    const auto& entry = line.entry;
    json.field("who", entry.who).field("token", entry.token).field("from", entry.from);
    json.field("action", entry.action).field("target", entry.target).field("result", entry.result);
    json.field("detail", entry.detail).field("hash", line.hash).end_object();
  }
  json.end_array().field("next", page.next).end_object();
  co_await send_json(call, json.take());
}

base::Task<void> verify(std::shared_ptr<Ops> ops, Call& call) {
  auto check = co_await ops->service.audit.check();
  JsonWriter json;
  json.begin_object();
  json.field("ok", check.ok()).field("lines", check.lines).field("head", check.head);
  json.field("bad_line", check.bad_line).field("problem", check.problem);
  json.end_object();
  co_await send_json(call, json.take());
}

}  // namespace

void add_audit(const std::shared_ptr<Ops>& ops) {
  add(ops, "GET", "/api/v1/audit", "audit", Role::admin, lines);
  add(ops, "GET", "/api/v1/audit/verify", "audit_verify", Role::admin, verify);
}

}  // namespace openmcp::api::ops
