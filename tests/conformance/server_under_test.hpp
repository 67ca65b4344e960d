// A server with the MCP surface on a free port of loopback, in a thread of its own, over an empty workspace.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "api/audit.hpp"
#include "api/auth.hpp"
#include "api/events.hpp"
#include "api/mcp/mcp.hpp"
#include "api/router.hpp"
#include "base/real_env.hpp"
#include "context/workspace.hpp"
#include "http/server.hpp"
#include "storage/local_store.hpp"
#include "support/temp_directory.hpp"

namespace openmcp::test {

class ServerUnderTest {
public:
  /// `conformance`: with the suite's fixtures. Callers without a token may write, as in that mode.
  explicit ServerUnderTest(bool conformance) : conformance_(conformance) {
    auto ready = ready_.get_future();
    thread_ = std::thread([this] { run(); });
    port_ = ready.get();
  }
  ~ServerUnderTest() {
    env_->stop();
    thread_.join();
  }
  ServerUnderTest(const ServerUnderTest&) = delete;
  ServerUnderTest& operator=(const ServerUnderTest&) = delete;

  std::string url() const { return "http://localhost:" + std::to_string(port_) + "/mcp"; }

private:
  void run() {
    env_ = std::make_unique<base::RealEnv>();
    try {
      env_->run_until_done(serve());
    } catch (...) {
      ready_.set_exception(std::current_exception());
    }
  }

  base::Task<void> serve() {
    auto& env = *env_;
    storage::LocalStoreOptions store_options;
    store_options.path = directory_ / "store";
    auto store = co_await storage::LocalStore::open(env, store_options);
    context::WorkspaceOptions workspace_options;
    workspace_options.home = directory_ / "home";
    auto workspace = co_await context::Workspace::open(env, *store, workspace_options);
    auto auth = co_await api::Auth::open(env, workspace_options.home, "default");
    auto audit = co_await api::AuditLog::open(env, workspace_options.home);
    {
      api::Events events(env, *workspace);
      monitor::Metrics metrics;
      const base::Config settings(api::serve_settings());
      api::Service service{.env = env,
                           .store = *store,
                           .workspace = *workspace,
                           .settings = settings,
                           .auth = *auth,
                           .audit = *audit,
                           .events = events,
                           .metrics = metrics,
                           .version = "0.0.0-test",
                           .workspace_name = "default",
                           .origin = {},
                           .gateway_origin = {},
                           .conformance = conformance_};
      api::RouterOptions router_options;
      router_options.anonymous = api::Role::writer;
      router_options.per_address = {};
      api::Router router(service, router_options);
      api::mcp::McpServer mcp(service);
      mcp.add_routes(router);
      http::Server server(env, {}, router.handler());
      const auto at = co_await server.listen({"127.0.0.1", 0});
      service.origin = "http://127.0.0.1:" + std::to_string(at.port);
      router.listening({at});
      ready_.set_value(at.port);
      try {
        for (;;) co_await env.sleep(std::chrono::hours(1));
      } catch (const base::Error&) {
        // stopped
      }
      mcp.close();
      co_await server.drain(std::chrono::seconds(2));
    }
    co_await audit->close();
    co_await workspace->close();
    co_await store->close();
  }

  bool conformance_;
  TempDirectory directory_;
  std::unique_ptr<base::RealEnv> env_;
  std::promise<std::uint16_t> ready_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace openmcp::test
