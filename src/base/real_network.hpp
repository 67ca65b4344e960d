// Inside of base: the system's sockets behind Network.
#pragma once

#include <memory>

#include "base/network.hpp"

namespace openmcp::base {

std::unique_ptr<Network> make_real_network(Executor executor);

}  // namespace openmcp::base
