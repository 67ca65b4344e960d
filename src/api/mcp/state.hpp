// What all conversations of one server share.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/mcp/mcp.hpp"
#include "api/mcp/notices.hpp"
#include "api/mcp/registry.hpp"
#include "api/mcp/sealed_state.hpp"
#include "api/mcp/sessions.hpp"
#include "api/service.hpp"

namespace openmcp::api::mcp {

struct ServerState {
  explicit ServerState(Service& services);

  Service& service;
  Registry registry;
  Notices notices;
  StateSealer sealer;
  LegacySessions sessions;
  bool closed = false;

  /// Counts an answered request. `method` becomes a label only when it is one of ours.
  void count(bool modern, std::string_view method, bool ok);

private:
  std::map<std::string, monitor::Counter, std::less<>> counters_;
};

/// Turns what happens in the workspace into notices, until the events end.
base::Task<void> follow_events(std::shared_ptr<ServerState> state);

}  // namespace openmcp::api::mcp
