#include "api/routing/peer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/json_writer.hpp"
#include "http/headers.hpp"

namespace openmcp::api::routing {
namespace {

constexpr std::string_view kUnknown = "unknown";

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    auto at = text.find(by);
    if (at != 0) parts.push_back(text.substr(0, at));
    text = at == text.npos ? std::string_view() : text.substr(at + 1);
  }
  return parts;
}

bool has_protocol(std::string_view address, std::string_view protocol) {
  auto parts = split(address, '/');
  return std::ranges::any_of(parts, [&](auto part) { return http::equal_without_case(part, protocol); });
}

bool address_passes(std::string_view address, const std::vector<std::string_view>& filters) {
  bool wanted = false, any_positive = false;
  for (auto filter : filters) {
    if (filter.starts_with('!')) {
      if (has_protocol(address, filter.substr(1))) return false;
    } else {
      any_positive = true;
      wanted = wanted || has_protocol(address, filter);
    }
  }
  return wanted || !any_positive;
}

}  // namespace

std::string multiaddr_of(std::string_view origin) {
  auto url = http::Url::parse(origin);
  if (!url || url->host == "0.0.0.0" || url->host == "::") return {};
  std::string_view kind = "dns";
  if (url->host.find(':') != url->host.npos) {
    kind = "ip6";
  } else if (url->host.find_first_not_of("0123456789.") == url->host.npos) {
    kind = "ip4";
  }
  return fmt::format("/{}/{}/tcp/{}{}/http", kind, url->host, url->port, url->scheme == "https" ? "/tls" : "");
}

bool filter_peer(Peer& peer, const http::Parameters& query) {
  if (auto* text = http::find(query, "filter-protocols")) {
    auto filters = split(*text, ',');
    auto passes = [&](std::string_view filter) {
      if (http::equal_without_case(filter, kUnknown)) return peer.protocols.empty();
      return std::ranges::any_of(peer.protocols, [&](auto& own) { return http::equal_without_case(own, filter); });
    };
    if (!filters.empty() && std::ranges::none_of(filters, passes)) return false;
  }
  if (auto* text = http::find(query, "filter-addrs")) {
    auto filters = split(*text, ',');
    auto unknown = [](std::string_view filter) { return http::equal_without_case(filter, kUnknown); };
    if (filters.empty()) return true;
    if (peer.addresses.empty()) return std::ranges::any_of(filters, unknown);
    std::erase_if(peer.addresses, [&](auto& address) { return !address_passes(address, filters); });
    if (peer.addresses.empty()) return false;
  }
  return true;
}

std::string to_json(const Peer& peer) {
  JsonWriter json;
  json.begin_object();
  json.field("Schema", "peer");
  json.field("ID", peer.id);
  json.strings("Addrs", peer.addresses);
  json.strings("Protocols", peer.protocols);
  json.end_object();
  return json.take();
}

}  // namespace openmcp::api::routing
