// Inside of base: what the operating system reports, as Error.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace openmcp::base {

/// The Error for errno `number` met while `doing` ("opening") with `what` (a path or address).
Error os_error(int number, std::string_view doing, std::string_view what);

}  // namespace openmcp::base
