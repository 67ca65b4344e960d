#include "http/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>

#include "http/syntax.hpp"

namespace openmcp::http {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kLongestUrl = 16u << 10;
constexpr std::size_t kLongestHost = 253;  // RFC 1035 section 2.3.4, without the final dot

std::unexpected<base::Error> bad_url(std::string_view text, std::string_view why) {
  return fail(Errc::invalid_argument, fmt::format("the URL '{}': {}", text.substr(0, 200), why));
}

bool is_unreserved(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';  // RFC 3986 section 2.3
}

/// "[::1]" without its brackets, or a name or IPv4 address; "" when it is none.
std::string host_of(std::string_view text) {
  std::string host;
  if (text.starts_with('[')) {
    if (text.size() < 4 || !text.ends_with(']')) return {};
    host = text.substr(1, text.size() - 2);
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(host, error);
    if (error || host.find('%') != std::string::npos) return {};
  } else {
    host = text;
    if (host.size() > kLongestHost) return {};
    bool name = std::ranges::all_of(
        host, [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
    if (!name || host.starts_with('.') || host.find("..") != std::string::npos) return {};
  }
  std::ranges::transform(host, host.begin(), to_lower);
  return host;
}

}  // namespace

std::string Url::authority() const {
  bool six = host.find(':') != std::string::npos;
  auto name = six ? fmt::format("[{}]", host) : host;
  bool own = port == (scheme == "https" ? 443 : 80);
  return own ? name : fmt::format("{}:{}", name, port);
}

base::Result<Url> Url::parse(std::string_view text) {
  if (text.size() > kLongestUrl) return bad_url(text, "too long");
  Url url;
  auto colon = text.find("://");
  if (colon == std::string_view::npos) return bad_url(text, "no scheme (http:// or https://)");
  url.scheme = text.substr(0, colon);
  std::ranges::transform(url.scheme, url.scheme.begin(), to_lower);
  if (url.scheme != "http" && url.scheme != "https") return bad_url(text, "neither http nor https");
  auto rest = text.substr(colon + 3);
  auto split = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, split), target = rest.substr(split);
  if (authority.find('@') != std::string_view::npos) return bad_url("...", "user information is not allowed");
  if (!std::ranges::all_of(target, is_target_char)) return bad_url(text, "a character that must be percent-encoded");

  url.port = url.scheme == "https" ? 443 : 80;
  auto behind_host = authority.starts_with('[') ? authority.find(']') : 0;
  auto port_at = behind_host == std::string_view::npos ? behind_host : authority.find(':', behind_host);
  if (port_at != std::string_view::npos) {
    auto digits = authority.substr(port_at + 1);
    if (!digits.empty()) {
      auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
      bool whole = stopped == digits.data() + digits.size();
      if (error != std::errc() || !whole || url.port == 0) return bad_url(text, "not a port");
    }
    authority = authority.substr(0, port_at);
  }
  url.host = host_of(authority);
  if (url.host.empty()) return bad_url(text, "not a host");
  url.target = target.starts_with('/') ? std::string(target) : fmt::format("/{}", target);
  return url;
}

base::Result<std::string> percent_decode(std::string_view text, bool plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      int low = high < 0 ? -1 : hex_value(text[i + 2]);
      if (low < 0) return fail(Errc::invalid_argument, "a '%' without two hexadecimal digits behind it");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_unreserved(c) || keep.find(c) != std::string_view::npos) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

base::Result<Parameters> parse_query(std::string_view query) {
  Parameters found;
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    if (!name) return std::unexpected(std::move(name).error());
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!value) return std::unexpected(std::move(value).error());
    found.emplace_back(*std::move(name), *std::move(value));
  }
  return found;
}

const std::string* find(const Parameters& parameters, std::string_view name) noexcept {
  for (const auto& [key, value] : parameters) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace openmcp::http
