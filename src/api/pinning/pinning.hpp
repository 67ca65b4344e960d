// The IPFS pinning service API (v1.0.0) under /pins, over the store's own pins.
#pragma once

#include <memory>

#include "api/router.hpp"

namespace openmcp::api::pinning {

class PinService;

/// Requests are kept in <home>/pinsvc. They are tried again in the background as long as the returned service (or the
/// router) lives; co_await its stop() (pin_service.hpp) before the store is closed.
std::shared_ptr<PinService> add_pinning(Router& router, Service& service);

}  // namespace openmcp::api::pinning
