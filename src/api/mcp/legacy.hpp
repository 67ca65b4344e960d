// The era before 2026-07-28 without its transports: one client that said initialize, and its requests.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "api/mcp/in_flight.hpp"
#include "api/mcp/notices.hpp"
#include "api/mcp/replies.hpp"
#include "api/mcp/turn.hpp"

namespace openmcp::api::mcp {

struct ServerState;

struct LegacyPeer {
  LegacyPeer(base::Env& env, ClientFacts facts) : client(std::move(facts)), replies(env) {}

  ClientFacts client;  ///< `log` changes with logging/setLevel
  Filter filter{.tools = true, .prompts = true, .resources = true, .uris = {}};
  InFlight in_flight;
  Replies replies;
};

/// The whole response to a request. Never throws but for cancellation (and what Outlet throws when the client is gone).
/// `status`: of HTTP, when nothing was sent before.
base::Task<std::string> answer_legacy(std::shared_ptr<ServerState> state, std::shared_ptr<LegacyPeer> peer,
                                      Caller caller, Message message, Outlet& outlet, unsigned& status);

/// Notifications and responses of the client.
void take_legacy(LegacyPeer& peer, const Message& message);

}  // namespace openmcp::api::mcp
