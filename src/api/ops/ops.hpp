// /livez, /readyz, /metrics; and under /api/v1 what the web page shows of the server itself: status, health, sessions,
// tokens, audit, events (SSE).
#pragma once

#include <functional>

#include "api/router.hpp"

namespace openmcp::api::ops {

/// What only the owner of the listeners knows; may be unset.
struct OpsSources {
  std::function<std::size_t()> connections = {};
  base::Duration patience = std::chrono::seconds(3);  ///< for each check of /readyz
};

/// `draining` turns /readyz to 503. Router and service outlive the routes.
void add_ops(Router& router, Service& service, const bool& draining, OpsSources sources = {});

}  // namespace openmcp::api::ops
