// A limit on how long something may take.
#pragma once

#include "base/env.hpp"

namespace openmcp::cli {

/// True when `task` ended in time; otherwise it was cancelled and has ended now. What it throws passes through.
base::Task<bool> within(base::Env& env, base::Duration time, base::Task<void> task);

}  // namespace openmcp::cli
