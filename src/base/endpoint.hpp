// Where somebody can be connected to.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace openmcp::base {

/// A TCP endpoint: a literal IPv4 or IPv6 address (names: Network::resolve), or a socket file when `host` begins with
/// '/'.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace openmcp::base
