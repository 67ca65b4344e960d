// A server in this process: its surfaces, and the socket file through which other processes use the same store.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/serve/serve.hpp"
#include "base/sync.hpp"
#include "cli/invocation.hpp"
#include "cli/server/command_server.hpp"

namespace openmcp::cli {

class Hosting {
public:
  /// `settings` outlives it. `kind` is how it greets.
  Hosting(Invocation& call, const base::Config& settings, std::string kind);
  ~Hosting();
  Hosting(const Hosting&) = delete;
  Hosting& operator=(const Hosting&) = delete;

  /// Opens store and workspace for writing and starts everything. `hand_over`: see CommandServerParts.
  base::Task<void> start(api::serve::ServeOptions options, std::function<void()> hand_over);
  /// On every path behind start.
  base::Task<void> stop(base::Duration grace);
  api::serve::Running& running() noexcept { return *running_; }

private:
  std::string facts() const;
  base::Task<void> give_back_when_idle();
  Invocation& call_;
  const base::Config& settings_;
  std::string kind_;
  std::unique_ptr<api::serve::Running> running_;
  std::unique_ptr<CommandServer> commands_;
  base::TaskGroup care_;
};

/// Processes of the same user, over standard input or the socket file.
api::Caller local_caller();

}  // namespace openmcp::cli
