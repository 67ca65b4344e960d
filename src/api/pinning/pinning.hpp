// The IPFS pinning service API (v1.0.0) under /pins, over the store's own pins.
#pragma once

#include "api/router.hpp"

namespace openmcp::api::pinning {

void add_pinning(Router& router, Service& service);

}  // namespace openmcp::api::pinning
