#include "api/serve/endpoints.hpp"

#include <fmt/format.h>

#include <charconv>

namespace openmcp::api::serve {

using base::Errc;
using base::fail;

base::Result<base::Endpoint> parse_endpoint(std::string_view text) {
  constexpr std::string_view kForm = "ADDRESS:PORT, such as 127.0.0.1:7777 or [::1]:7777; port 0 is any free one";
  auto refuse = [&] {
    return fail(Errc::invalid_argument, fmt::format("'{}' is no address to listen at", text), std::string(kForm));
  };
  auto colon = text.rfind(':');
  auto host = colon == std::string_view::npos ? std::string_view("127.0.0.1") : text.substr(0, colon);
  auto digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
  unsigned port = 0;
  auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || failure != std::errc() || end != digits.data() + digits.size() || port > 65535) return refuse();
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return refuse();
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();
  }
  if (host == "localhost") host = "127.0.0.1";
  bool numeric = !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
  if (!numeric) return refuse();
  return base::Endpoint{std::string(host), static_cast<std::uint16_t>(port)};
}

std::vector<base::Endpoint> parse_endpoints(const std::vector<std::string>& texts) {
  std::vector<base::Endpoint> endpoints;
  endpoints.reserve(texts.size());
  for (auto& text : texts) endpoints.push_back(base::unwrap(parse_endpoint(text)));
  return endpoints;
}

bool is_loopback(const base::Endpoint& endpoint) noexcept {
  return endpoint.host.starts_with("127.") || endpoint.host == "::1" || endpoint.host.starts_with('/');
}

std::string url_of(const base::Endpoint& endpoint, bool tls) {
  auto host = endpoint.host == "0.0.0.0" ? "127.0.0.1" : endpoint.host == "::" ? "::1" : endpoint.host;
  bool six = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", six ? "[" : "", host, six ? "]" : "", endpoint.port);
}

}  // namespace openmcp::api::serve
