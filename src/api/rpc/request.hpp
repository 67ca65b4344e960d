// A request of the original's JSON-RPC, as its framework read it: "jsonrpc" may be absent, the id is a string, a whole
// number or null, and is answered with in any case. No batches.
#pragma once

#include <optional>
#include <string>

#include "api/body.hpp"

namespace openmcp::api::rpc {

struct RpcRequest {
  std::string method;
  std::string id = "null";     ///< JSON, as it was sent
  std::optional<Body> params;  ///< nullopt: absent or null
};

/// Throws InvalidRequest (422).
RpcRequest parse_request(std::string text);

}  // namespace openmcp::api::rpc
