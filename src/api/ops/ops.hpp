// /livez, /readyz, /metrics; and under /api/v1/server what the web page shows of the server itself: status, tokens,
// audit, events (SSE), sessions.
#pragma once

#include "api/router.hpp"

namespace openmcp::api::ops {

/// `draining` turns /readyz to 503.
void add_ops(Router& router, Service& service, const bool& draining);

}  // namespace openmcp::api::ops
