// Subdomain form: what stands before the gateway's domain in Host (ipfs/specs subdomain-gateway.md). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/gateway/target.hpp"

namespace openmcp::api::gateway {

inline constexpr std::size_t kMaxDnsLabel = 63;  ///< RFC 1035, section 2.3.4

/// A Host of one of our domains.
struct HostMatch {
  std::string domain;  ///< with the port, as it was sent: "localhost:8080"
  /// What stands before it: "<root>.ipfs" or "<root>.ipns". nullopt: the domain by itself, where paths are asked for.
  std::optional<Space> space;
  std::string root;
};
/// nullopt: none of `domains` (a path gateway). A Host below a domain that has no /ipfs/ or /ipns/ label is none too.
std::optional<HostMatch> match_host(std::string_view authority, const std::vector<std::string>& domains);

/// "en.wikipedia-on-ipfs.org" as one label, "en-wikipedia--on--ipfs-org", and back.
std::string inline_dnslink(std::string_view name);
std::string uninline_dnslink(std::string_view label);

/// The root as a DNS label: CIDs as v1 in base32, or base36 when that is too long; names of keys in base36; DNSLink
/// names inlined. Errors: invalid_argument (no such root, or too long for a label).
base::Result<std::string> label_of(Space space, std::string_view root);

}  // namespace openmcp::api::gateway
