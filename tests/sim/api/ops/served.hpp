// A service with its router and these routes, on a node of a simulated world.
#pragma once

#include <gtest/gtest.h>

#include "api/audit.hpp"
#include "api/auth.hpp"
#include "api/events.hpp"
#include "api/ops/ops.hpp"
#include "base/sim_env.hpp"
#include "storage/memory_index.hpp"
#include "support/fake_exchange.hpp"

namespace openmcp::api::ops::test {

using base::Task;
using openmcp::test::FakeExchange;

struct Served {
  explicit Served(base::Env& node) : env(node), config(serve_settings()) {}

  /// `of_views`: the Env of the workspace, `env` or one over it.
  static Task<std::unique_ptr<Served>> open(base::Env& env, base::Env& of_views, bool search) {
    auto self = std::make_unique<Served>(env);
    storage::LocalStoreOptions at;
    at.path = "/home/store";
    at.index = std::make_shared<storage::MemoryIndex>();
    self->store = co_await storage::LocalStore::open(env, at);
    context::WorkspaceOptions settings;
    settings.home = "/home";
    settings.memory_views = true;
    settings.search = search;
    self->workspace = co_await context::Workspace::open(of_views, *self->store, settings);
    self->auth = co_await Auth::open(env, "/home", "default");
    self->audit = co_await AuditLog::open(env, "/home");
    self->events = std::make_unique<Events>(env, *self->workspace);
    self->service.reset(new Service{.env = env,
                                    .store = *self->store,
                                    .workspace = *self->workspace,
                                    .settings = self->config,
                                    .auth = *self->auth,
                                    .audit = *self->audit,
                                    .events = *self->events,
                                    .metrics = self->metrics,
                                    .version = "1",
                                    .workspace_name = "default",
                                    .origin = "http://127.0.0.1:7777",
                                    .gateway_origin = ""});
    self->router = std::make_unique<Router>(*self->service, RouterOptions{});
    add_ops(*self->router, *self->service, self->draining);
    auto made = co_await self->auth->create("reader", Role::reader, "", {});
    self->bearer = {{"Authorization", "Bearer " + made.secret}};
    co_return self;
  }
  Task<void> close() {
    events.reset();
    co_await audit->close();
    co_await workspace->close();
    co_await store->close();
  }

  base::Env& env;
  base::Config config;
  monitor::Metrics metrics;
  std::unique_ptr<storage::LocalStore> store;
  std::unique_ptr<context::Workspace> workspace;
  std::unique_ptr<Auth> auth;
  std::unique_ptr<AuditLog> audit;
  std::unique_ptr<Events> events;
  std::unique_ptr<Service> service;
  std::unique_ptr<Router> router;
  http::Headers bearer;  ///< of a reader
  bool draining = false;
};

}  // namespace openmcp::api::ops::test
