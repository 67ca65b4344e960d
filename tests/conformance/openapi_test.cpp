// The OpenAPI document: it has every route of the server and no other, and the running server does what it says
// (schemathesis, see openapi/requirements.txt).
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <set>
#include <thread>

#include "api/mcp/mcp.hpp"
#include "api/ops/ops.hpp"
#include "api/rest/openapi.hpp"
#include "api/rest/rest.hpp"
#include "api/rpc/rpc.hpp"
#include "api/serve/serve.hpp"
#include "support/service_fixture.hpp"
#include "support/temp_directory.hpp"

namespace openmcp::test {
namespace {

TEST(OpenApiDocument, HasEveryRouteOfTheServerAndNoOther) {
  ServiceFixture fixture;
  const bool draining = false;
  api::rest::add_rest(*fixture.router, *fixture.service);
  api::rpc::add_rpc(*fixture.router, *fixture.service);
  api::ops::add_ops(*fixture.router, *fixture.service, draining);
  std::set<std::string> documented, routed;
  for (const auto& operation : api::rest::operations())
    documented.insert(std::string(operation.method) + " " + std::string(operation.path));
  for (const auto& [method, pattern] : fixture.router->routes())
    if (pattern.starts_with("/api/v1")) routed.insert(method + " " + pattern);
  EXPECT_EQ(documented, routed);
}

/// The whole server in a thread, with a writer's token and a few contexts.
class ServerInThread {
public:
  ServerInThread() {
    auto ready = ready_.get_future();
    thread_ = std::thread([this] { run(); });
    ready.get();
  }
  ~ServerInThread() {
    if (env_) env_->stop();
    thread_.join();
  }
  ServerInThread(const ServerInThread&) = delete;
  ServerInThread& operator=(const ServerInThread&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  const std::string& token() const { return token_; }

private:
  void run() {
    env_ = std::make_unique<base::RealEnv>();
    try {
      env_->run_until_done(serve());
    } catch (...) {
      if (port_ == 0) ready_.set_exception(std::current_exception());
    }
  }

  base::Task<void> serve() {
    auto& env = *env_;
    storage::LocalStoreOptions at;
    at.path = directory_ / "store";
    auto store = co_await storage::LocalStore::open(env, at);
    context::WorkspaceOptions options;
    options.home = directory_ / "home";
    auto workspace = co_await context::Workspace::open(env, *store, options);
    base::Config settings(api::serve_settings());
    base::unwrap(settings.read_toml("[serve]\nrate_per_token = 0\nrate_per_address = 0\n", "test"));
    api::serve::ServeOptions serving;
    serving.listen = {{"127.0.0.1", 0}};
    serving.version = "0.0.0";
    auto running = co_await api::serve::Running::start(env, *store, *workspace, settings, options.home, serving);
    for (auto text : {"one", "two", "three"}) {
      context::CommitRequest request;
      request.content = base::SharedBytes(base::to_bytes(std::string_view(text)));
      co_await workspace->commit(std::move(request));
    }
    auto made = co_await running->service().auth.create("checker", api::Role::writer, "", {});
    token_ = made.secret;
    port_ = running->endpoints().front().port;
    ready_.set_value();
    try {
      while (true) co_await env.sleep(std::chrono::hours(1));
    } catch (const base::Error&) {  // stopped
    }
    co_await running->stop(std::chrono::seconds(2));
    running.reset();
    co_await workspace->close();
    workspace.reset();
    co_await store->close();
  }

  TempDirectory directory_;
  std::unique_ptr<base::RealEnv> env_;
  std::promise<void> ready_;
  std::uint16_t port_ = 0;
  std::string token_;
  std::thread thread_;
};

struct Ran {
  int status = 0;
  std::string output;
};
Ran run_shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot start a shell");
  Ran out;
  for (char piece[1 << 14]; std::size_t size = fread(piece, 1, sizeof piece, pipe);) out.output.append(piece, size);
  const int status = pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

TEST(OpenApiDocument, TheServerDoesWhatItSays) {
  const char* program = std::getenv("OPENMCP_SCHEMATHESIS");
  if (!program) GTEST_SKIP() << "no schemathesis (set OPENMCP_SCHEMATHESIS; ./dev setup installs it)";
  const char* asked = std::getenv("OPENMCP_SCHEMATHESIS_EXAMPLES");  // more than is usual, by hand
  ServerInThread server;
  TempDirectory place;
  // Events never end. Not every text that fits a schema can be taken (a CID, a cursor, a tag of what is there), so that
  // one check is left out.
  auto ran = run_shell("cd '" + place.path().string() + "' && '" + program +
                       "' run --no-color --seed 1 --max-examples " + (asked ? asked : "15") +
                       " --workers 1 --request-timeout 20 --exclude-path /api/v1/events"
                       " --phases examples,coverage,fuzzing,stateful --suppress-health-check all --checks all"
                       " --exclude-checks positive_data_acceptance --header 'Authorization: Bearer " +
                       server.token() + "' --url " + server.url() + " " + server.url() + "/api/v1/openapi.json");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace openmcp::test
