// A stream of events that nothing happens on, in virtual time.
#include <gtest/gtest.h>

#include "api/audit.hpp"
#include "api/auth.hpp"
#include "api/events.hpp"
#include "api/ops/ops.hpp"
#include "base/sim_env.hpp"
#include "storage/memory_index.hpp"
#include "support/fake_exchange.hpp"

namespace openmcp::api::ops {
namespace {

using base::Task;

TEST(EventStreams, SayThatTheyAreStillThere) {
  base::SimWorld world(1);
  auto& env = world.node("a");
  auto main = [&]() -> Task<void> {
    storage::LocalStoreOptions at;
    at.path = "/home/store";
    at.index = std::make_shared<storage::MemoryIndex>();
    auto store = co_await storage::LocalStore::open(env, at);
    context::WorkspaceOptions settings;
    settings.home = "/home";
    settings.memory_views = true;
    settings.search = false;
    auto workspace = co_await context::Workspace::open(env, *store, settings);
    auto auth = co_await Auth::open(env, "/home", "default");
    auto audit = co_await AuditLog::open(env, "/home");
    auto events = std::make_unique<Events>(env, *workspace);
    monitor::Metrics metrics;
    base::Config config(serve_settings());
    Service service{.env = env,
                    .store = *store,
                    .workspace = *workspace,
                    .settings = config,
                    .auth = *auth,
                    .audit = *audit,
                    .events = *events,
                    .metrics = metrics,
                    .version = "1",
                    .workspace_name = "default",
                    .origin = "http://127.0.0.1:7777",
                    .gateway_origin = ""};
    Router router(service, {});
    bool draining = false;
    add_ops(router, service, draining);
    auto made = co_await auth->create("reader", Role::reader, "", {});

    test::FakeExchange exchange(env, "GET", "/api/v1/events", {{"Authorization", "Bearer " + made.secret}});
    auto body = [&](base::TaskGroup& group) -> Task<void> {
      group.spawn(router.handle(exchange));
      co_await exchange.until_sent("retry: 3000\n\n");
      co_await env.sleep(std::chrono::seconds(61));
      auto count = 0;
      for (auto at_comment = exchange.body().find("still here"); at_comment != std::string::npos;
           at_comment = exchange.body().find("still here", at_comment + 1))
        ++count;
      EXPECT_EQ(count, 4);
      exchange.go();
      co_await group.join();
    };
    co_await base::with_group(env, body);
    EXPECT_EQ(exchange.body().find("event:"), std::string::npos);
    events.reset();
    co_await audit->close();
    co_await workspace->close();
    co_await store->close();
  };
  world.run(main());
}

}  // namespace
}  // namespace openmcp::api::ops
