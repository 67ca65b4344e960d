// URLs, percent-encoding and query strings (RFC 3986; query strings as application/x-www-form-urlencoded).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace openmcp::http {

/// "https://host:8443/a/b?x=1": http and https only, no user information, no fragment.
struct Url {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case; IPv6 without brackets
  std::uint16_t port = 0;
  std::string target;  ///< path and query, "/" at least

  std::string authority() const;  ///< as for a Host header: the port is left out when it is the scheme's own
  static base::Result<Url> parse(std::string_view text);
};

/// Error invalid_argument for a stray '%'; `plus`: '+' is a space (queries).
base::Result<std::string> percent_decode(std::string_view text, bool plus = false);
/// Everything but unreserved characters and those of `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = "");

using Parameters = std::vector<std::pair<std::string, std::string>>;
/// "a=1&b=%20" decoded, in order. Error invalid_argument.
base::Result<Parameters> parse_query(std::string_view query);
/// The first of that name; nullptr: none.
const std::string* find(const Parameters& parameters, std::string_view name) noexcept;

}  // namespace openmcp::http
