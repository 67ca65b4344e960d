// Streamable HTTP at /mcp: one endpoint for both eras.
#pragma once

#include <memory>
#include <string>

#include "api/mcp/message.hpp"
#include "api/mcp/rpc_error.hpp"
#include "api/router.hpp"

namespace openmcp::api::mcp {

struct ServerState;

/// /mcp, and the metadata of RFC 9728.
void add_http_routes(Router& router, std::shared_ptr<ServerState> state);

// Inside of the transport:

/// One POST of the era of 2026-07-28. Throws RpcError before anything was sent.
base::Task<void> post_modern(std::shared_ptr<ServerState> state, Call& call, Message message);
/// One POST of the era before: a message, or a batch where the session's revision has batches.
base::Task<void> post_legacy(std::shared_ptr<ServerState> state, Call& call, Batch batch);
/// The standalone stream of a session, or with Last-Event-ID one that was lost.
base::Task<void> get_legacy(std::shared_ptr<ServerState> state, Call& call);
base::Task<void> delete_legacy(std::shared_ptr<ServerState> state, Call& call);

/// A JSON-RPC error as an answer of its own; with WWW-Authenticate for 401 and 403.
base::Task<void> send_error(Call& call, std::string id, RpcError error, unsigned status);
base::Task<void> send_message(Call& call, std::string message, unsigned status, http::Headers headers = {});
/// The WWW-Authenticate of 403: a token of this role is not enough.
std::string insufficient_scope(const Call& call);
/// Whether the client reads event streams.
bool accepts_events(const http::Request& request);

}  // namespace openmcp::api::mcp
