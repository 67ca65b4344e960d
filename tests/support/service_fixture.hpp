// A Service over a store and a workspace in a directory of its own, and a router that knows the usual callers: what
// surfaces are tested with.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "api/audit.hpp"
#include "api/auth.hpp"
#include "api/events.hpp"
#include "api/router.hpp"
#include "base/real_env.hpp"
#include "support/fake_exchange.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::test {

class ServiceFixture {
public:
  /// No rates unless `options` says so: a test asks as often as it likes.
  explicit ServiceFixture(api::RouterOptions options = unlimited()) : config(api::serve_settings()) {
    storage::LocalStoreOptions at;
    at.path = home("store");
    store = run(env, storage::LocalStore::open(env, at));
    context::WorkspaceOptions settings;
    settings.home = home("");
    settings.author = "ada";
    workspace = run(env, context::Workspace::open(env, *store, settings));
    auth = run(env, api::Auth::open(env, home(""), "default"));
    audit = run(env, api::AuditLog::open(env, home("")));
    events = std::make_unique<api::Events>(env, *workspace);
    service.reset(new api::Service{.env = env,
                                   .store = *store,
                                   .workspace = *workspace,
                                   .settings = config,
                                   .auth = *auth,
                                   .audit = *audit,
                                   .events = *events,
                                   .metrics = metrics,
                                   .version = "9.9.9",
                                   .workspace_name = "default",
                                   .origin = "http://127.0.0.1:7777",
                                   .gateway_origin = ""});
    router = std::make_unique<api::Router>(*service, std::move(options));
  }
  ~ServiceFixture() {
    router.reset();
    events.reset();
    run(env, audit->close());
    run(env, auth->close());
    run(env, workspace->close());
    workspace.reset();
    run(env, store->close());
  }
  ServiceFixture(const ServiceFixture&) = delete;
  ServiceFixture& operator=(const ServiceFixture&) = delete;

  static api::RouterOptions unlimited() {
    api::RouterOptions out;
    out.per_token = out.per_address = {0, 0};
    return out;
  }

  std::string home(const std::string& name) const { return directory_ / ("home/" + name); }
  std::string file(const std::string& name) const {
    std::ifstream in(home(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  /// The secret of a token of that role; made once.
  const std::string& secret(api::Role role) {
    auto& kept = secrets_[static_cast<std::size_t>(role)];
    if (kept.empty()) {
      auto made = run(env, auth->create(std::string(to_string(role)), role, "", {}));
      kept = made.secret;
      ids_[static_cast<std::size_t>(role)] = made.token.id;
    }
    return kept;
  }
  std::string token_id(api::Role role) {
    secret(role);
    return ids_[static_cast<std::size_t>(role)];
  }
  http::Headers bearer(api::Role role) { return {{"Authorization", "Bearer " + secret(role)}}; }

  /// Sends it through the router, to its end.
  std::unique_ptr<FakeExchange> ask(std::unique_ptr<FakeExchange> exchange) {
    run(env, router->handle(*exchange));
    return exchange;
  }
  std::unique_ptr<FakeExchange> ask(std::string method, std::string_view target, http::Headers headers = {},
                                    std::string body = {}) {
    return ask(std::make_unique<FakeExchange>(env, std::move(method), target, std::move(headers), std::move(body)));
  }
  /// By a caller of this role, with a JSON body when there is one.
  std::unique_ptr<FakeExchange> as(api::Role role, std::string method, std::string_view target, std::string body = {}) {
    auto headers = bearer(role);
    if (!body.empty()) headers.add("Content-Type", "application/json");
    return ask(std::move(method), target, std::move(headers), std::move(body));
  }

private:
  TempDir directory_;
  std::string secrets_[4], ids_[4];

public:
  base::RealEnv env;
  base::Config config;
  monitor::Metrics metrics;
  std::unique_ptr<storage::LocalStore> store;
  std::unique_ptr<context::Workspace> workspace;
  std::unique_ptr<api::Auth> auth;
  std::unique_ptr<api::AuditLog> audit;
  std::unique_ptr<api::Events> events;
  std::unique_ptr<api::Service> service;
  std::unique_ptr<api::Router> router;
};

}  // namespace openmcp::test
