#include "api/mcp/mcp.hpp"

#include "api/events.hpp"
#include "api/mcp/dispatch.hpp"
#include "api/mcp/http_transport.hpp"
#include "api/mcp/lines.hpp"
#include "api/mcp/state.hpp"
#include "api/mcp/tools.hpp"

namespace openmcp::api::mcp {

struct McpServer::State {
  std::shared_ptr<ServerState> shared;
};

ServerState::ServerState(Service& services) : service(services), sealer(services.env), sessions(services.env) {
  add_product(registry);
  if (services.conformance) add_fixtures(registry);
}

void ServerState::count(bool modern, std::string_view method, bool ok) {
  // A method that a stranger made up is no label.
  const auto label = has_method(method, modern) ? method : std::string_view("other");
  auto key = std::string(modern ? "modern " : "legacy ").append(label).append(ok ? " ok" : " error");
  auto found = counters_.find(key);
  if (found == counters_.end()) {
    auto counter = service.metrics.counter(
        "mcp_requests_total", "Requests of the Model Context Protocol",
        {{"era", modern ? "modern" : "legacy"}, {"method", std::string(label)}, {"result", ok ? "ok" : "error"}});
    found = counters_.emplace(std::move(key), counter).first;
  }
  found->second.add();
}

base::Task<void> follow_events(std::shared_ptr<ServerState> state) {
  auto seq = state->service.events.newest();
  while (!state->closed) {
    std::optional<Event> event;
    try {
      event = co_await state->service.events.after(seq);
    } catch (const base::Error&) {
      // The events have ended: so has the server.
    }
    if (!event || state->closed) co_return;
    seq = event->seq;
    const bool forgotten = event->kind == Event::Kind::forgotten;
    if (event->id && (forgotten || event->kind == Event::Kind::committed))
      state->notices.publish({Notice::Kind::updated, "context://" + event->id->text()});
    if (event->created || forgotten || event->kind == Event::Kind::imported)
      state->notices.publish({Notice::Kind::resources, {}});
  }
}

McpServer::McpServer(Service& service) : state_(std::make_shared<State>()) {
  state_->shared = std::make_shared<ServerState>(service);
  service.env.spawn(follow_events(state_->shared));
}

McpServer::~McpServer() { close(); }

void McpServer::close() {
  auto& shared = *state_->shared;
  if (std::exchange(shared.closed, true)) return;
  shared.notices.close();
  shared.sessions.end_all();
}

void McpServer::add_routes(Router& router) { add_http_routes(router, state_->shared); }

base::Task<void> McpServer::run_lines(Caller caller, std::function<base::Task<std::optional<std::string>>()> read_line,
                                      std::function<base::Task<void>(std::string)> write_line) {
  auto shared = state_->shared;
  co_await mcp::run_lines(shared, std::move(caller), std::move(read_line), std::move(write_line));
}

}  // namespace openmcp::api::mcp
