// The _redirects file of a site (ipfs/specs web-redirects-file.md): what to do for paths that are not there. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace openmcp::api::gateway {

inline constexpr std::size_t kMaxRedirectsFile = 64u << 10;  ///< specification, "Max File Size"

struct RedirectRule {
  std::string from, to;
  unsigned status = 301;
};
/// Errors: invalid_argument, naming the line.
base::Result<std::vector<RedirectRule>> parse_redirects(std::string_view text);

struct Redirect {
  std::string to;  ///< placeholders filled in
  unsigned status = 301;
};
/// The first rule that the decoded path ("/a/b") fits.
std::optional<Redirect> match_redirect(const std::vector<RedirectRule>& rules, std::string_view path);
/// `to` with the request's query: what the request says wins over what the rule says.
std::string with_query(std::string_view to, std::string_view query);

}  // namespace openmcp::api::gateway
