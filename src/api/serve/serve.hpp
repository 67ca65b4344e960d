// The whole server on one store: listeners, surfaces, drain. Used by `openmcp serve`, by `openmcp mcp` (without
// listeners), and by tests.
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
  std::vector<base::Endpoint> listen = {{"127.0.0.1", 7777}};  ///< none: no HTTP at all
  std::vector<base::Endpoint> gateway;                         ///< none: no gateway
  bool conformance = false;                                    ///< loopback only; anonymous callers may write
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
  bool tls() const noexcept;
  /// Exchanges that were done.
  std::uint64_t requests() const noexcept;
  /// What `openmcp status` shows: a JSON object with version, started, uptime_seconds, listen, gateway, connections
  /// and requests in progress, and `more`, fields that are JSON already.
  std::string facts(std::string_view more) const;
  /// What can change while it runs (rates, tokens, certificate, access log) is read again; `settings` is the object
  /// that start() got, with its new values. Throws what cannot be read; what was before stays in force then.
  base::Task<void> reload();
  /// readyz fails at once, exchanges may finish for `grace`.
  base::Task<void> drain(base::Duration grace);
  /// Drains, then closes audit and auth.
  base::Task<void> stop(base::Duration grace);

private:
  struct State;
  explicit Running(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::api::serve
