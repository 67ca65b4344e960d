// The whole server on a free port of loopback, in a thread of its own, over a workspace of its own.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/auth.hpp"
#include "api/serve/serve.hpp"
#include "base/real_env.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"
#include "support/temp_directory.hpp"

namespace openmcp::test {

class ServerUnderTest {
public:
  enum class Mode {
    conformance,  ///< with the suite's fixtures; callers without a token may write
    open,         ///< the product alone; callers without a token may write: the suite has none
    product,      ///< as users start it
  };
  /// `texts`: committed before it starts, a context each.
  explicit ServerUnderTest(Mode mode, std::vector<std::string> texts = {}) : mode_(mode), texts_(std::move(texts)) {
    auto ready = ready_.get_future();
    thread_ = std::thread([this] { run(); });
    try {
      ready.get();
    } catch (...) {
      thread_.join();
      throw;
    }
  }
  ~ServerUnderTest() {
    env_->stop();
    thread_.join();
  }
  ServerUnderTest(const ServerUnderTest&) = delete;
  ServerUnderTest& operator=(const ServerUnderTest&) = delete;

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://localhost:" + std::to_string(port_) + "/mcp"; }
  /// Of a writer.
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
    for (const auto& text : texts_) {
      context::CommitRequest request;
      request.content = base::SharedBytes(base::to_bytes(std::string_view(text)));
      co_await workspace->commit(std::move(request));
    }
    base::Config settings(api::serve_settings());
    std::string toml = "[serve]\nrate_per_token = 0\nrate_per_address = 0\n";
    if (mode_ == Mode::open) toml += "anonymous = \"writer\"\n";
    base::unwrap(settings.read_toml(toml, "test"));
    api::serve::ServeOptions serving;
    serving.listen = {{"127.0.0.1", 0}};
    serving.conformance = mode_ == Mode::conformance;
    serving.version = "0.0.0";
    auto running = co_await api::serve::Running::start(env, *store, *workspace, settings, options.home, serving);
    auto made = co_await running->service().auth.create("client", api::Role::writer, "", {});
    token_ = made.secret;
    port_ = running->endpoints().front().port;
    ready_.set_value();
    try {
      while (true) co_await env.sleep(std::chrono::hours(1));
    } catch (const base::Error&) {
      // stopped
    }
    co_await running->stop(std::chrono::seconds(2));
    running.reset();
    co_await workspace->close();
    workspace.reset();
    co_await store->close();
  }

  Mode mode_;
  std::vector<std::string> texts_;
  TempDirectory directory_;
  std::unique_ptr<base::RealEnv> env_;
  std::promise<void> ready_;
  std::uint16_t port_ = 0;
  std::string token_;
  std::thread thread_;
};

}  // namespace openmcp::test
