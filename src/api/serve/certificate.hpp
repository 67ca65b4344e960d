// When a certificate ends.
#pragma once

#include <optional>

#include "base/env.hpp"

namespace openmcp::api::serve {

/// The end of the first certificate of a PEM text; nullopt when there is none.
std::optional<base::WallTime> certificate_end(base::BytesView pem);

}  // namespace openmcp::api::serve
