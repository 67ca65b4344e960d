// JSON-RPC of the original: all six method names on /api/v1/rpc, /api/v1/ and /mcp-legacy. Not the Model Context
// Protocol.
#pragma once

#include "api/router.hpp"

namespace openmcp::api::rpc {

void add_rpc(Router& router, Service& service);

}  // namespace openmcp::api::rpc
