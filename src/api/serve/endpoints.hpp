// Addresses as they stand in settings and on the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/network.hpp"
#include "base/result.hpp"

namespace openmcp::api::serve {

/// "127.0.0.1:7777", "[::1]:7777", "localhost:7777", or a port alone, which means 127.0.0.1.
base::Result<base::Endpoint> parse_endpoint(std::string_view text);
/// Throws what parse_endpoint refuses.
std::vector<base::Endpoint> parse_endpoints(const std::vector<std::string>& texts);
bool is_loopback(const base::Endpoint& endpoint) noexcept;
/// "http://127.0.0.1:7777"; an address that means all of them is shown as loopback.
std::string url_of(const base::Endpoint& endpoint, bool tls);

}  // namespace openmcp::api::serve
