#include "api/json.hpp"
#include "api/ops/parts.hpp"
#include "monitor/process.hpp"

namespace openmcp::api::ops {

namespace {

base::Task<void> status(std::shared_ptr<Ops> ops, Call& call) {
  auto& service = ops->service;
  auto state = co_await service.workspace.status();
  auto stats = co_await service.store.stats();
  auto process = co_await monitor::read_process(service.env);
  const auto uptime = std::chrono::duration<double>(service.env.now() - ops->started).count();
  JsonWriter json;
  json.begin_object();
  json.field("version", service.version).field("uptime_seconds", uptime).field("workspace", service.workspace_name);
  json.field("contexts", state.contexts).field("versions", state.versions);
  json.field("diverged", state.diverged).field("forgotten", state.forgotten);
  json.key("by_type").begin_object();
  for (const auto& [type, count] : state.by_type) json.field(type, count);
  json.end_object();
  json.field("content_bytes", state.content_bytes);
  json.field("blocks", stats.blocks).field("store_bytes", stats.bytes).field("disk_bytes", stats.disk_bytes);
  json.field("live_share", stats.disk_bytes == 0 ? 1.0 : double(stats.live_bytes) / double(stats.disk_bytes));
  json.field("pins", stats.pins);
  json.field("indexed", state.indexed).field("to_index", state.to_index).field("embedder", state.embedder);
  json.field("key", key_text(state.key));
  json.field("origin", service.origin).field("gateway", service.gateway_origin);
  json.field("connections", ops->sources.connections ? ops->sources.connections() : std::size_t{0});
  json.key("memory_bytes");
  if (process)
    json.value(static_cast<std::uint64_t>(process->resident_bytes));
  else
    json.null();
  json.end_object();
  co_await send_json(call, json.take());
}

}  // namespace

void add_status(const std::shared_ptr<Ops>& ops) {
  add(ops, "GET", "/api/v1/server/status", "server_status", Role::reader, status);
}

}  // namespace openmcp::api::ops
