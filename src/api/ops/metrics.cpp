// /metrics: what is followed by everyone, and what is asked for here.
#include <algorithm>

#include "api/audit.hpp"
#include "api/events.hpp"
#include "api/ops/parts.hpp"
#include "base/disk_space.hpp"
#include "base/log.hpp"
#include "monitor/following.hpp"
#include "monitor/process.hpp"

namespace openmcp::api::ops {

namespace {

struct Asked {
  explicit Asked(monitor::Metrics& m)
      : process(m),
        blockstore_bytes(m.gauge("blockstore_bytes", "Bytes of the blocks in the store")),
        blocks(m.gauge("blockstore_blocks", "Blocks in the store")),
        disk_bytes(m.gauge("blockstore_disk_bytes", "Bytes of the store's segments on the disk")),
        free(m.gauge("storage_free_bytes", "Bytes that may still be written to the store's file system")),
        pinned(m.gauge("pins", "Pins of the store by state", {{"state", "pinned"}})),
        ready(m.gauge("ready", "1: the server is ready, as /readyz says")),
        chain_valid(m.gauge("audit_chain_valid", "1: the audit log's chain held when it was last looked at")),
        contexts(m.gauge("contexts", "Contexts that are not forgotten")),
        to_index(m.gauge("search_backlog", "Changes that wait for the search index")),
        connections(m.gauge("http_connections", "Open connections")),
        gc_freed(m.counter("gc_freed_bytes_total", "Bytes of the disk that collections gave back")),
        audit_records(m.counter("audit_records_total", "Lines written to the audit log")),
        audit_failures(m.counter("audit_write_failures_total",
                                 "Lines that could not be written to the audit log, "
                                 "and syncs of it that failed")),
        writes(m.counter("context_writes_total", "Changes of contexts", {{"result", "ok"}})) {}

  monitor::ProcessMetrics process;
  monitor::Gauge blockstore_bytes, blocks, disk_bytes, free, pinned, ready, chain_valid, contexts, to_index,
      connections;
  std::optional<monitor::Gauge> capacity;
  monitor::Following gc_freed, audit_records, audit_failures, writes;
};

struct Space {
  std::uint64_t free = 0;
  std::optional<std::uint64_t> total;
};

base::Task<Space> space(Service& service) {
  auto work = [&disk = service.env.disk(), path = store_path(service)] {
    Space out;
    out.free = disk.free_space(path);
    auto file = disk.open(base::join(path, "audit.log"), base::OpenMode::read);
    out.total = base::total_space(*file);
    return out;
  };
  co_return co_await service.env.run(std::move(work));
}

/// A source that fails, or would not answer, leaves its gauges as they were: the page is most wanted when something is
/// wrong.
base::Task<void> ask(std::shared_ptr<Ops> ops, std::shared_ptr<Asked> asked, std::vector<Check> found) {
  auto& service = ops->service;
  if (auto process = co_await monitor::read_process(service.env)) asked->process.set(*process);
  asked->ready.set(all_ok(found) ? 1 : 0);
  asked->chain_valid.set(service.audit.valid() ? 1 : 0);
  asked->audit_records.to(service.audit.records());
  asked->audit_failures.to(service.audit.failures());
  asked->writes.to(service.events.newest());
  if (ops->sources.connections) asked->connections.set(static_cast<double>(ops->sources.connections()));
  if (!std::ranges::all_of(found, [](const Check& check) { return check.heard; })) co_return;
  try {
    auto stats = co_await service.store.stats();
    asked->blockstore_bytes.set(static_cast<double>(stats.bytes));
    asked->blocks.set(static_cast<double>(stats.blocks));
    asked->disk_bytes.set(static_cast<double>(stats.disk_bytes));
    asked->gc_freed.to(stats.freed_bytes);
    asked->pinned.set(static_cast<double>(stats.pins));
    auto status = co_await service.workspace.status();
    asked->contexts.set(static_cast<double>(status.contexts));
    asked->to_index.set(static_cast<double>(status.to_index));
    auto room = co_await space(service);
    asked->free.set(static_cast<double>(room.free));
    if (room.total && !asked->capacity)
      asked->capacity = service.metrics.gauge("storage_capacity_bytes", "Bytes of the store's file system in all");
    if (room.total) asked->capacity->set(static_cast<double>(*room.total));
  } catch (const base::Error& error) {
    base::log(base::LogLevel::warn, "metrics", "figures of the store stay as they were: {}", error.message());
  }
}

base::Task<void> tell(std::shared_ptr<Ops> ops, std::shared_ptr<Asked> asked, Call& call, std::vector<Check> found) {
  co_await ask(ops, asked, std::move(found));
  const bool open_metrics =
      call.request.headers.get("Accept").find("application/openmetrics-text") != std::string_view::npos;
  http::Response response{.status = 200, .headers = {}, .body = ops->service.metrics.page(open_metrics)};
  response.headers.add("Content-Type", open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                    : "text/plain; version=0.0.4; charset=utf-8");
  co_await call.exchange.send(std::move(response));
}

base::Task<void> page(std::shared_ptr<Ops> ops, std::shared_ptr<Asked> asked, Call& call) {
  auto answer = [ops, asked, &call](std::vector<Check> found) { return tell(ops, asked, call, std::move(found)); };
  co_await with_checks(ops, false, std::move(answer));
}

}  // namespace

void add_metrics(const std::shared_ptr<Ops>& ops) {
  ops->service.metrics.set_build(ops->service.version);
  auto asked = std::make_shared<Asked>(ops->service.metrics);
  Route route{.method = "GET", .pattern = "/metrics", .name = "metrics", .needs = Role::reader, .handler = {}};
  route.handler = [ops, asked](Call& call) { return page(ops, asked, call); };
  ops->router.add(std::move(route));
}

}  // namespace openmcp::api::ops
