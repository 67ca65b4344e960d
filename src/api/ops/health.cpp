// Whether the server lives, whether it is ready, and what is not well.
#include <fmt/format.h>

#include "api/audit.hpp"
#include "api/ops/parts.hpp"

namespace openmcp::api::ops {

namespace {

constexpr std::uint64_t kLittleSpace = 256u << 20;  ///< bytes

base::Task<Check> store_check(std::shared_ptr<Ops> ops) {
  Check out{.name = "store", .ok = true, .detail = {}};
  try {
    auto stats = co_await ops->service.store.stats();
    out.detail = fmt::format("{} blocks", stats.blocks);
  } catch (const base::Error& error) {
    out.ok = false;
    out.detail = public_message(error);
  }
  co_return out;
}

/// Reads the catalog: it waits for what was committed before, and throws what keeps it back.
base::Task<Check> catalog_check(std::shared_ptr<Ops> ops) {
  Check out{.name = "catalog", .ok = true, .detail = {}};
  try {
    auto positions = co_await ops->service.workspace.positions();
    out.detail = fmt::format("at {} of {}", positions.catalog, positions.store);
  } catch (const base::Error& error) {
    out.ok = false;
    out.detail = public_message(error);
  }
  co_return out;
}

base::Task<Check> search_check(std::shared_ptr<Ops> ops) {
  Check out{.name = "search", .ok = true, .detail = {}};
  try {
    auto status = co_await ops->service.workspace.status();
    out.detail = ops->service.workspace.options().search
                     ? fmt::format("{} contexts indexed, {} to do", status.indexed, status.to_index)
                     : "off";
  } catch (const base::Error& error) {
    out.ok = false;
    out.detail = public_message(error);
  }
  co_return out;
}

Check audit_check(const Ops& ops) {
  const auto& audit = ops.service.audit;
  Check out{.name = "audit", .ok = audit.valid() && audit.failures() == 0, .detail = {}};
  if (!audit.valid())
    out.detail = "the chain of lines is broken: openmcp audit verify says where";
  else if (audit.failures() > 0)
    out.detail = fmt::format("{} lines could not be written", audit.failures());
  else
    out.detail = fmt::format("{} lines since the start", audit.records());
  return out;
}

base::Task<Check> space_check(std::shared_ptr<Ops> ops) {
  Check out{.name = "space", .ok = true, .detail = {}};
  auto work = [&disk = ops->service.env.disk(), path = store_path(ops->service)] { return disk.free_space(path); };
  try {
    const auto free = co_await ops->service.env.run(std::move(work));
    out.ok = free >= kLittleSpace;
    out.detail = fmt::format("{} MiB free", free >> 20);
  } catch (const base::Error& error) {
    out.ok = false;
    out.detail = public_message(error);
  }
  co_return out;
}

bool all_ok(const std::vector<Check>& of) {
  for (const auto& check : of)
    if (!check.ok) return false;
  return true;
}

/// No dependencies: that it is answered at all is the answer.
base::Task<void> livez(std::shared_ptr<Ops>, Call& call) {
  http::Response response{.status = 200, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = "ok\n"};
  co_await call.exchange.send(std::move(response));
}

base::Task<void> readyz(std::shared_ptr<Ops> ops, Call& call) {
  auto found = co_await checks(ops, false);
  const bool ready = all_ok(found);
  std::string body;
  if (call.parameter("verbose") || !ready) {
    // Without details: this page is for everyone.
    for (const auto& check : found)
      body += fmt::format("[{}]{} {}\n", check.ok ? '+' : '-', check.name, check.ok ? "ok" : "failed");
    body += ready ? "readyz check passed\n" : "readyz check failed\n";
  } else {
    body = "ok\n";
  }
  http::Response response{.status = ready ? 200u : 503u,
                          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                          .body = std::move(body)};
  co_await call.exchange.send(std::move(response));
}

base::Task<void> health(std::shared_ptr<Ops> ops, Call& call) {
  auto deciding = co_await checks(ops, false);
  auto found = co_await checks(ops, true);
  JsonWriter json;
  json.begin_object().field("ready", all_ok(deciding)).key("checks").begin_array();
  for (const auto& check : found) {
    json.begin_object().field("name", check.name).field("ok", check.ok).field("detail", check.detail).end_object();
  }
  json.end_array().end_object();
  co_await send_json(call, json.take());
}

}  // namespace

base::Task<std::vector<Check>> checks(std::shared_ptr<Ops> ops, bool all) {
  std::vector<Check> out;
  out.push_back({.name = "serving", .ok = !ops->draining, .detail = ops->draining ? "the server is stopping" : ""});
  out.push_back(co_await store_check(ops));
  out.push_back(co_await catalog_check(ops));
  if (!all) co_return out;
  out.push_back(co_await search_check(ops));
  out.push_back(audit_check(*ops));
  out.push_back(co_await space_check(ops));
  co_return out;
}

void add_health(const std::shared_ptr<Ops>& ops) {
  add(ops, "GET", "/livez", "livez", Role::none, livez);
  add(ops, "GET", "/readyz", "readyz", Role::none, readyz);
  add(ops, "GET", "/api/v1/server/health", "server_health", Role::reader, health);
}

}  // namespace openmcp::api::ops
