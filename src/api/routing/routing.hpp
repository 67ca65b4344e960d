// Delegated routing (ipfs/specs routing/http-routing-v1.md) under /routing/v1, over what this node knows.
#pragma once

#include "api/router.hpp"

namespace openmcp::api::routing {

/// On the main listener or on the gateway's.
void add_routing(Router& router, Service& service);

}  // namespace openmcp::api::routing
