#include "api/gate.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace openmcp::api {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct Authority {
  std::string_view host, port;  ///< an IPv6 host with its brackets; "" no port
};

Authority split(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::uint16_t> number(std::string_view port) {
  std::uint16_t out = 0;
  auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), out);
  if (failure != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return out;
}

bool literal_address(std::string_view host) {
  std::array<unsigned char, 16> bytes{};
  if (host.starts_with('[') && host.ends_with(']'))
    return inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), bytes.data()) == 1;
  return inet_pton(AF_INET, std::string(host).c_str(), bytes.data()) == 1;
}

std::string in_brackets(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

/// Those that leave the port out mean the scheme's own.
constexpr std::uint16_t kHttp = 80, kHttps = 443;

}  // namespace

Gate::Gate(std::vector<std::string> hosts, std::vector<std::string> origins)
    : hosts_(std::move(hosts)), origins_(std::move(origins)) {
  for (auto* list : {&hosts_, &origins_}) {
    for (auto& each : *list) {
      each = lower(each);
      while (each.ends_with('/')) each.pop_back();
    }
  }
}

void Gate::listening(const std::vector<base::Endpoint>& endpoints) {
  own_.clear();
  wildcard_ports_.clear();
  for (const auto& endpoint : endpoints) {
    if (endpoint.host.starts_with('/')) continue;
    const auto port = std::to_string(endpoint.port);
    for (const std::string& host : {std::string("127.0.0.1"), std::string("localhost"), std::string("[::1]"),
                                    in_brackets(lower(endpoint.host))}) {
      own_.push_back(std::string(host).append(":").append(port));
      if (endpoint.port == kHttp || endpoint.port == kHttps) own_.push_back(host);
    }
    if (endpoint.host == "0.0.0.0" || endpoint.host == "::") wildcard_ports_.push_back(endpoint.port);
  }
}

bool Gate::host_allowed(std::string_view authority) const {
  if (std::ranges::find(own_, authority) != own_.end()) return true;  // as browsers and clients write it
  const auto text = lower(authority);
  if (std::ranges::find(own_, text) != own_.end()) return true;
  const auto [host, port] = split(text);
  for (const auto& allowed : hosts_)
    if (allowed == text || allowed == host) return true;
  if (wildcard_ports_.empty() || !literal_address(host)) return false;
  auto wanted = port.empty() ? std::optional(kHttp) : number(port);
  return wanted && std::ranges::find(wildcard_ports_, *wanted) != wildcard_ports_.end();
}

bool Gate::listed_origin(std::string_view origin) const {
  return !origins_.empty() && std::ranges::find(origins_, lower(origin)) != origins_.end();
}

bool Gate::own_origin(std::string_view origin) const {
  for (std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return host_allowed(origin.substr(scheme.size()));
  return false;
}

std::string address_key(std::string_view address) {
  std::array<unsigned char, 16> bytes{};
  if (address.find(':') == std::string_view::npos ||
      inet_pton(AF_INET6, std::string(address).c_str(), bytes.data()) != 1)
    return std::string(address);
  constexpr std::array<unsigned char, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) {
    std::array<char, INET_ADDRSTRLEN> text{};
    return inet_ntop(AF_INET, bytes.data() + mapped.size(), text.data(), text.size());
  }
  return std::string(reinterpret_cast<const char*>(bytes.data()), 8);
}

}  // namespace openmcp::api
