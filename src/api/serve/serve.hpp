// The whole server on one store: listeners, surfaces, drain. Used by `openmcp serve`, and by tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/mcp/mcp.hpp"
#include "api/service.hpp"
#include "base/network.hpp"

namespace openmcp::api::serve {

struct ServeOptions {
  std::vector<base::Endpoint> listen = {{"127.0.0.1", 7777}};
  std::vector<base::Endpoint> gateway;  ///< none: no gateway
  bool conformance = false;             ///< loopback only; anonymous callers may write
  std::string version;
};

class Running {
public:
  /// Opens auth, audit, events; binds; adds every surface. `store`, `workspace`, `settings` outlive it.
  static base::Task<std::unique_ptr<Running>> start(base::Env& env, storage::LocalStore& store,
                                                    context::Workspace& workspace, const base::Config& settings,
                                                    base::Path home, ServeOptions options);
  ~Running();
  const std::vector<base::Endpoint>& endpoints() const noexcept;  ///< of the main listener, real ports
  const std::vector<base::Endpoint>& gateway_endpoints() const noexcept;
  Service& service() noexcept;
  mcp::McpServer& mcp() noexcept;
  /// Settings that can change while it runs (log level, rates, tokens, certificate) are read again.
  base::Task<void> reload(const base::Config& settings);
  /// readyz fails at once; exchanges may finish for `grace`; audit and auth are closed.
  base::Task<void> stop(base::Duration grace);

private:
  struct State;
  explicit Running(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::api::serve
