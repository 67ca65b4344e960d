// REST: the original's two shapes (reference: both must go on working), and the modern surface beside them.
#pragma once

#include "api/router.hpp"

namespace openmcp::api::rest {

/// /api/v1/contexts..., /api/v1/context/..., /api/v1/openapi.json, /docs.
void add_rest(Router& router, Service& service);

}  // namespace openmcp::api::rest
