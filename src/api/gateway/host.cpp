#include "api/gateway/host.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/gateway/ipns_name.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxHost = 512;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

std::optional<HostMatch> match_host(std::string_view authority, const std::vector<std::string>& domains) {
  if (authority.empty() || authority.size() > kMaxHost) return std::nullopt;
  auto colon = authority.find(':');
  auto host = lower(authority.substr(0, colon));
  auto port = colon == authority.npos ? std::string_view() : authority.substr(colon);
  if (port.size() > 6 || (!port.empty() && port.find_first_not_of("0123456789", 1) != port.npos)) return std::nullopt;
  for (auto& domain : domains) {
    if (!host.ends_with(domain)) continue;
    HostMatch match;
    match.domain = domain + std::string(port);
    if (host.size() == domain.size()) return match;
    auto before = std::string_view(host).substr(0, host.size() - domain.size());
    for (auto space : {Space::ipfs, Space::ipns}) {
      std::string_view label = space == Space::ipfs ? ".ipfs." : ".ipns.";
      if (!before.ends_with(label) || before.size() == label.size()) continue;
      match.space = space;
      // CIDs keep the case in which they were sent: a CIDv0 that a client put here is then named as it was meant.
      match.root = authority.substr(0, before.size() - label.size());
      return match;
    }
  }
  return std::nullopt;
}

std::string inline_dnslink(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '-') {
      out += "--";
    } else {
      out += c == '.' ? '-' : c;
    }
  }
  return out;
}

std::string uninline_dnslink(std::string_view label) {
  std::string out;
  for (std::size_t i = 0; i < label.size(); ++i) {
    if (label[i] != '-') {
      out += label[i];
    } else if (i + 1 < label.size() && label[i + 1] == '-') {
      out += '-';
      ++i;
    } else {
      out += '.';
    }
  }
  return out;
}

base::Result<std::string> label_of(Space space, std::string_view root) {
  auto too_long = [] {
    return fail(Errc::invalid_argument, "CID incompatible with DNS label length limit of 63",
                "ask for it in the path form on a host without subdomains");
  };
  if (space == Space::ipns) {
    if (auto name = IpnsName::parse(root)) {
      auto text = name->text();
      if (text.size() > kMaxDnsLabel) return too_long();
      return text;
    }
    if (root.find('.') == root.npos) return fail(Errc::invalid_argument, fmt::format("'{}' is not a name", root));
    auto bad = [](char c) {
      return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_');
    };
    if (std::ranges::any_of(root, bad)) return fail(Errc::invalid_argument, fmt::format("'{}' is not a name", root));
    auto label = inline_dnslink(lower(root));
    if (label.size() > kMaxDnsLabel) return too_long();
    return label;
  }
  auto cid = ipld::Cid::parse(root);
  if (!cid) return std::unexpected(std::move(cid).error());
  auto v1 = ipld::Cid::v1(cid->codec(), cid->hash());
  for (char base : {'b', 'k'}) {
    auto text = v1.text(base);
    if (text && text->size() <= kMaxDnsLabel) return text;
  }
  return too_long();
}

}  // namespace openmcp::api::gateway
