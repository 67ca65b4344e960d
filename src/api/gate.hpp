// Inside of api: which Host and Origin a request may name. A page of a stranger can make a browser send requests to
// loopback, under a name that the stranger controls (DNS rebinding): the name tells them apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/network.hpp"

namespace openmcp::api {

class Gate {
public:
  /// `hosts`: allowed besides those of the listeners, "name" (any port) or "name:port". `origins`: pages elsewhere that
  /// may call us, "https://app.example".
  Gate(std::vector<std::string> hosts, std::vector<std::string> origins);

  /// Where the server listens: these addresses, and the loopback names with these ports, are allowed. A listener on
  /// all addresses allows every literal address with its port (an address cannot be rebound).
  void listening(const std::vector<base::Endpoint>& endpoints);

  bool host_allowed(std::string_view authority) const;
  /// Not "null".
  bool origin_allowed(std::string_view origin) const { return own_origin(origin) || listed_origin(origin); }
  bool listed_origin(std::string_view origin) const;  ///< one of `origins`: gets CORS headers
  bool own_origin(std::string_view origin) const;     ///< a page of this server

private:
  std::vector<std::string> hosts_, origins_;
  std::vector<std::string> own_;               ///< "127.0.0.1:7777", ...
  std::vector<std::uint16_t> wildcard_ports_;  ///< of listeners on all addresses
};

/// The key under which an address is counted: IPv6 by its /64, which one client has for itself.
std::string address_key(std::string_view address);

}  // namespace openmcp::api
