// Runs commands for other processes on the store that this one has open, and speaks the Model Context Protocol with
// those that relay it. Clients are processes of the same user: the socket file has mode 0600.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/env.hpp"

namespace openmcp::storage {
class LocalStore;
}
namespace openmcp::context {
class Workspace;
}
namespace openmcp::api {
class Auth;
class AuditLog;
}  // namespace openmcp::api

namespace openmcp::cli {

using ReadLine = std::function<base::Task<std::optional<std::string>>()>;  ///< nullopt: the end
using WriteLine = std::function<base::Task<void>(std::string)>;

struct CommandServerParts {
  base::Path home;
  std::string kind;  ///< "serve" or "mcp"
  storage::LocalStore& store;
  context::Workspace& workspace;
  api::Auth& auth;
  api::AuditLog& audit;
  std::function<base::Task<void>(ReadLine, WriteLine)> talk_mcp;  ///< with one client, until it ends
  std::function<std::string()> facts;                             ///< what `status` shows of this server: a JSON object
  std::function<void()> hand_over = {};                           ///< somebody asks for the store; empty: it stays here
};

class CommandServer {
public:
  /// Listens. Everything in `parts` outlives it. Throws Error busy when another process listens there.
  static base::Task<std::unique_ptr<CommandServer>> start(base::Env& env, CommandServerParts parts);
  ~CommandServer();
  /// Processes that are connected.
  std::size_t clients() const noexcept;
  /// Those that ever were.
  std::uint64_t served() const noexcept;
  /// Removes the socket file; commands may go on for `grace`, then they are cancelled. To be called before the end of
  /// this object, on every path.
  base::Task<void> stop(base::Duration grace);

  struct State;

private:
  explicit CommandServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::cli
