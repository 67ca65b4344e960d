// This node as a provider: its peer id, and the addresses at which its gateway can be asked. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/url.hpp"

namespace openmcp::api::routing {

struct Peer {
  std::string id;
  std::vector<std::string> addresses;  ///< multiaddrs
  std::vector<std::string> protocols;
};

/// "http://203.0.113.7:8080" as "/ip4/203.0.113.7/tcp/8080/http", https with "/tls/http"; "" when it is no address that
/// another could ask (0.0.0.0).
std::string multiaddr_of(std::string_view origin);

/// ?filter-addrs= and ?filter-protocols= (IPIP-484). False: the peer is left out; its addresses may be fewer then.
bool filter_peer(Peer& peer, const http::Parameters& query);

std::string to_json(const Peer& peer);

}  // namespace openmcp::api::routing
