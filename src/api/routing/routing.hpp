// Delegated routing (ipfs/specs routing/http-routing-v1.md) under /routing/v1, over what this node knows: that it has a
// block itself, and the IPNS records that were given to it.
#pragma once

#include <functional>
#include <memory>

#include "api/auth.hpp"
#include "api/router.hpp"

namespace openmcp::api::gateway {
class NameStore;
}

namespace openmcp::api::routing {

/// On the main listener. While the gateway is open, so is this; else for readers (and writers to put records). `names`:
/// null: there are no records and none are taken.
void add_routing(Router& router, Service& service, gateway::NameStore* names = nullptr);

/// The same for GatewayParts::routing, behind the gateway's own check of the caller.
std::function<base::Task<void>(http::Exchange&, Caller)> routing_on_gateway(Service& service,
                                                                            gateway::NameStore* names = nullptr);

}  // namespace openmcp::api::routing
