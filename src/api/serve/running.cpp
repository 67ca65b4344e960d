#include <fmt/format.h>

#include "api/audit.hpp"
#include "api/auth.hpp"
#include "api/errors.hpp"
#include "api/events.hpp"
#include "api/gateway/gateway.hpp"
#include "api/gateway/name_store.hpp"
#include "api/json_writer.hpp"
#include "api/ops/ops.hpp"
#include "api/pinning/pin_service.hpp"
#include "api/pinning/pinning.hpp"
#include "api/rest/rest.hpp"
#include "api/router.hpp"
#include "api/routing/routing.hpp"
#include "api/rpc/rpc.hpp"
#include "api/serve/access_log.hpp"
#include "api/serve/endpoints.hpp"
#include "api/serve/serve.hpp"
#include "api/time.hpp"
#include "api/web/web.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"
#include "http/server.hpp"

namespace openmcp::api::serve {

using base::Errc;
using base::Error;

struct Running::State {
  State(base::Env& environment, storage::LocalStore& blocks, context::Workspace& contexts, const base::Config& config,
        base::Path directory, ServeOptions given)
      : env(environment),
        store(blocks),
        workspace(contexts),
        settings(config),
        home(std::move(directory)),
        options(std::move(given)),
        started(env.now()),
        started_at(env.steady()) {}

  base::Env& env;
  storage::LocalStore& store;
  context::Workspace& workspace;
  const base::Config& settings;
  base::Path home;
  ServeOptions options;
  base::WallTime started;
  base::Instant started_at;
  std::uint64_t requests = 0;
  bool draining = false, tls = false, stopped = false;

  monitor::Metrics metrics;
  std::unique_ptr<AccessLog> access;
  std::unique_ptr<Auth> auth;
  std::unique_ptr<AuditLog> audit;
  std::unique_ptr<Events> events;
  std::unique_ptr<Service> service;
  std::unique_ptr<Router> router;
  std::unique_ptr<mcp::McpServer> mcp;
  std::unique_ptr<gateway::NameStore> names;
  std::shared_ptr<pinning::PinService> pins;
  std::unique_ptr<http::Server> main, gateway;
  std::vector<base::Endpoint> endpoints, gateway_endpoints;

  /// Of both listeners.
  http::ServerStats stats() const {
    http::ServerStats total;
    for (auto* server : {main.get(), gateway.get()}) {
      if (!server) continue;
      auto one = server->stats();
      total.connections += one.connections;
      total.in_flight += one.in_flight;
    }
    return total;
  }
  RateLimiter::Limit token_rate() const { return rate("serve.rate_per_token"); }
  RateLimiter::Limit address_rate() const { return rate("serve.rate_per_address"); }

private:
  /// Twice the rate at once; the suites of conformance mode are not held back.
  RateLimiter::Limit rate(std::string_view key) const {
    auto each_second = options.conformance ? 0.0 : static_cast<double>(settings.integer(key));
    return {each_second, 2 * each_second};
  }
};

namespace {

base::Path path_in(const base::Path& home, const std::string& named) { return base::join(home, named); }

/// Parts of the state, so that these are ordinary functions.
struct Parts {
  base::Env& env;
  const base::Config& settings;
  const base::Path& home;
  const ServeOptions& options;
};

std::optional<http::TlsFiles> tls_files(const Parts& parts) {
  auto& certificate = parts.settings.text("serve.tls_certificate");
  auto& key = parts.settings.text("serve.tls_key");
  if (certificate.empty() != key.empty()) {
    throw Error(Errc::invalid_argument, "serve.tls_certificate and serve.tls_key belong together",
                "give both, or none");
  }
  if (certificate.empty()) return std::nullopt;
  return http::TlsFiles{path_in(parts.home, certificate), path_in(parts.home, key)};
}

Role anonymous_role(const Parts& parts) {
  if (parts.options.conformance) return Role::writer;
  auto& named = parts.settings.text("serve.anonymous");
  if (named == "none") return Role::none;
  auto role = role_named(named);
  if (role && *role != Role::admin && *role != Role::none) return *role;
  throw Error(Errc::invalid_argument,
              fmt::format("{}: serve.anonymous = \"{}\" cannot be", parts.settings.origin("serve.anonymous"), named),
              "none, reader or writer");
}

http::ServerOptions server_options(const Parts& parts, std::string name) {
  auto connections = parts.settings.integer("serve.max_connections");
  if (connections < 1) {
    throw Error(Errc::invalid_argument,
                fmt::format("{}: serve.max_connections = {} is out of range",
                            parts.settings.origin("serve.max_connections"), connections),
                "a number above 0");
  }
  http::ServerOptions options;
  options.name = std::move(name);
  options.max_connections = static_cast<std::size_t>(connections);
  options.tls = tls_files(parts);
  return options;
}

std::string access_log_place(const Parts& parts) {
  auto& named = parts.settings.text("serve.access_log");
  return named.empty() || named == "log" ? named : path_in(parts.home, named);
}

void check_listeners(const Parts& parts) {
  bool tls = !parts.settings.text("serve.tls_certificate").empty();
  for (auto* list : {&parts.options.listen, &parts.options.gateway}) {
    for (auto& endpoint : *list) {
      if (is_loopback(endpoint)) continue;
      if (parts.options.conformance) {
        throw Error(Errc::invalid_argument,
                    fmt::format("--conformance lets everybody write, so it does not listen at {}", endpoint.host),
                    "listen at 127.0.0.1");
      }
      if (!tls) {
        base::log(base::LogLevel::warn, "serve", "{} is reachable from elsewhere without TLS: tokens can be overheard",
                  url_of(endpoint, false));
      }
    }
  }
}

}  // namespace

Running::Running(std::shared_ptr<State> state) : state_(std::move(state)) {}
Running::~Running() = default;

base::Task<std::unique_ptr<Running>> Running::start(base::Env& env, storage::LocalStore& store,
                                                    context::Workspace& workspace, const base::Config& settings,
                                                    base::Path home, ServeOptions options) {
  auto state = std::make_shared<State>(env, store, workspace, settings, std::move(home), std::move(options));
  Parts parts{env, settings, state->home, state->options};
  check_listeners(parts);
  auto name = settings.text("serve.workspace");
  state->access = std::make_unique<AccessLog>(env, access_log_place(parts));
  state->auth = co_await Auth::open(env, state->home, name);
  state->audit = co_await AuditLog::open(env, state->home);
  state->events = std::make_unique<Events>(env, workspace);
  state->service = std::unique_ptr<Service>(new Service{
      .env = env,
      .store = store,
      .workspace = workspace,
      .settings = settings,
      .auth = *state->auth,
      .audit = *state->audit,
      .events = *state->events,
      .metrics = state->metrics,
      .version = state->options.version,
      .workspace_name = name,
      .origin = {},
      .gateway_origin = {},
      .conformance = state->options.conformance,
  });
  auto& service = *state->service;
  state->mcp = std::make_unique<mcp::McpServer>(service);
  state->names = std::make_unique<gateway::NameStore>(env, base::join(state->home, "ipns"));
  std::unique_ptr<Running> running(new Running(state));

  if (!state->options.listen.empty()) {
    RouterOptions rules;
    rules.hosts = settings.list("serve.hosts");
    rules.origins = settings.list("serve.origins");
    rules.anonymous = anonymous_role(parts);
    rules.per_token = state->token_rate();
    rules.per_address = state->address_rate();
    state->router = std::make_unique<Router>(service, std::move(rules));
    auto& router = *state->router;
    rest::add_rest(router, service);
    rpc::add_rpc(router, service);
    state->mcp->add_routes(router);
    state->pins = pinning::add_pinning(router, service);
    routing::add_routing(router, service, state->names.get());
    ops::OpsSources sources{.connections = [raw = state.get()] { return raw->stats().connections; }};
    ops::add_ops(router, service, state->draining, std::move(sources));
    web::add_web(router, service);

    auto serving = server_options(parts, "main");
    state->tls = serving.tls.has_value();
    serving.failed = problem;
    serving.done = [raw = state.get()](const http::Done& done) {
      ++raw->requests;
      raw->router->done(done);
      raw->access->record(done, "main");
    };
    state->main = std::make_unique<http::Server>(env, std::move(serving), router.handler());
    for (auto& endpoint : state->options.listen) {
      auto bound = co_await state->main->listen(endpoint);
      state->endpoints.push_back(std::move(bound));
    }
    router.listening(state->endpoints);
    service.origin = url_of(state->endpoints.front(), state->tls);
  }

  if (!state->options.gateway.empty()) {
    gateway::GatewayOptions rules;
    rules.open = settings.flag("serve.gateway_open") || state->options.conformance;
    rules.domains = settings.list("serve.gateway_domains");
    gateway::GatewayParts pieces{.env = env,
                                 .blocks = store,
                                 .auth = state->auth.get(),
                                 .names = state->names.get(),
                                 .routing = routing::routing_on_gateway(service, state->names.get())};
    auto serving = server_options(parts, "gateway");
    serving.failed = plain_error;
    serving.done = [raw = state.get()](const http::Done& done) {
      ++raw->requests;
      if (raw->router) raw->router->done(done);
      raw->access->record(done, "gateway");
    };
    state->gateway =
        std::make_unique<http::Server>(env, std::move(serving), gateway::make_gateway(pieces, std::move(rules)));
    for (auto& endpoint : state->options.gateway) {
      auto bound = co_await state->gateway->listen(endpoint);
      state->gateway_endpoints.push_back(std::move(bound));
    }
    service.gateway_origin = url_of(state->gateway_endpoints.front(), state->tls);
  }

  AuditEntry entry{.who = "local",
                   .token = {},
                   .from = "server",
                   .action = "server.start",
                   .target = service.origin,
                   .detail = state->options.version};
  state->audit->record(std::move(entry));
  co_return running;
}

const std::vector<base::Endpoint>& Running::endpoints() const noexcept { return state_->endpoints; }
const std::vector<base::Endpoint>& Running::gateway_endpoints() const noexcept { return state_->gateway_endpoints; }
Service& Running::service() noexcept { return *state_->service; }
mcp::McpServer& Running::mcp() noexcept { return *state_->mcp; }
bool Running::tls() const noexcept { return state_->tls; }
std::uint64_t Running::requests() const noexcept { return state_->requests; }

std::string Running::facts(std::string_view more) const {
  auto& state = *state_;
  auto uptime = std::chrono::duration_cast<std::chrono::seconds>(state.env.steady() - state.started_at).count();
  auto total = state.stats();
  JsonWriter json;
  json.begin_object().field("version", state.options.version).field("started", iso_time(state.started));
  json.field("uptime_seconds", uptime).field("workspace", state.service->workspace_name);
  for (auto& [name, list] : {std::pair("listen", &state.endpoints), std::pair("gateway", &state.gateway_endpoints)}) {
    json.key(name).begin_array();
    for (auto& endpoint : *list) json.value(url_of(endpoint, state.tls));
    json.end_array();
  }
  json.field("connections", total.connections).field("requests", total.in_flight);
  if (!more.empty()) json.raw(more);
  json.end_object();
  return json.take();
}

base::Task<void> Running::reload() {
  auto state = state_;
  state->access->reopen();
  if (state->router) state->router->set_rates(state->token_rate(), state->address_rate());
  for (auto* server : {state->main.get(), state->gateway.get()}) {
    if (server && state->tls) server->reload_tls();
  }
  co_await state->auth->reload();
  AuditEntry entry{
      .who = "local", .token = {}, .from = "server", .action = "server.reload", .target = {}, .detail = {}};
  state->audit->record(std::move(entry));
}

base::Task<void> Running::drain(base::Duration grace) {
  auto state = state_;
  state->draining = true;
  state->mcp->close();  // calls that wait for somebody's answer would hold the drain until its end
  auto drain = [state, grace](base::TaskGroup& group) -> base::Task<void> {
    for (auto* server : {state->main.get(), state->gateway.get()}) {
      if (server) group.spawn(server->drain(grace));
    }
    co_return;
  };
  co_await base::with_group(state->env, std::move(drain));
  co_await state->access->flush();
}

base::Task<void> Running::stop(base::Duration grace) {
  auto state = state_;
  if (std::exchange(state->stopped, true)) co_return;
  co_await drain(grace);
  if (state->pins) co_await state->pins->stop();
  AuditEntry entry{.who = "local", .token = {}, .from = "server", .action = "server.stop", .target = {}, .detail = {}};
  state->audit->record(std::move(entry));
  co_await state->audit->close();
  co_await state->auth->close();
}

}  // namespace openmcp::api::serve
