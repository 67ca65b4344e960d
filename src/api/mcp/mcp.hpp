// The Model Context Protocol, both eras (2026-07-28; 2025-11-25 and older through initialize), over Streamable HTTP at
// /mcp and over stdio.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/router.hpp"

namespace openmcp::api::mcp {

/// The registries of tools, resources and prompts, and the sessions of the older era. One for a server.
class McpServer {
public:
  explicit McpServer(Service& service);
  ~McpServer();
  /// /mcp and /.well-known/oauth-protected-resource[/mcp].
  void add_routes(Router& router);

  /// One client over lines of JSON (stdio, or a socket that relays it): runs until `read_line` gives nullopt.
  /// `write_line` takes one message without its line end. The caller has this role throughout.
  base::Task<void> run_lines(Caller caller, std::function<base::Task<std::optional<std::string>>()> read_line,
                             std::function<base::Task<void>(std::string)> write_line);

  /// Streams and subscriptions end in order, what waits for a client is given up. Call it when the server begins to
  /// drain; the destructor does it too.
  void close();

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::api::mcp
