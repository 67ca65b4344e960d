// From a content path to the block where it ends.
#include <fmt/format.h>

#include "api/gateway/call.hpp"
#include "api/gateway/ipns_name.hpp"
#include "api/gateway/ipns_record.hpp"
#include "ipld/path.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::Error;
using base::Task;

/// Names that point to names.
constexpr int kMaxNames = 8;

/// A root of /ipfs/ and what was asked below it.
struct Rooted {
  ipld::Cid root;
  std::vector<std::string> segments;
  std::size_t before = 0;  ///< segments that come from names, not from the request
};

ipld::Cid parse_root(const std::string& text, const Target& target) {
  auto cid = ipld::Cid::parse(text);
  if (!cid) refuse(400, fmt::format("invalid path \"{}\": {}", target.text(), cid.error().message()));
  if (cid->codec() == ipld::Codec::libp2p_key) {
    refuse(400, fmt::format("invalid path \"{}\": this is the name of a key; ask for it under /ipns/", target.text()));
  }
  return *cid;
}

Task<Rooted> follow_names(GatewayCall& call) {
  auto name_text = call.target.root;
  auto segments = call.target.segments;
  for (int count = 0; count < kMaxNames; ++count) {
    auto name = IpnsName::parse(name_text);
    if (!name && name_text.find('.') != name_text.npos) {
      refuse(501, fmt::format("'{}' is a DNSLink name: this gateway resolves IPNS keys only, no DNS", name_text));
    }
    if (!name) refuse(400, name.error().message());
    auto canonical = name->text();
    std::optional<base::Bytes> bytes;
    if (call.names) bytes = co_await call.names->record(canonical);
    auto record = bytes ? verify_record(*name, *bytes, call.env.now()) : base::fail(Errc::not_found, "no record");
    if (!record) {
      refuse(502, fmt::format("there is no valid record of the name {} here", canonical), {{"Retry-After", "60"}});
    }
    auto left = std::chrono::duration_cast<std::chrono::seconds>(record->expires - call.env.now());
    auto ttl = std::max(std::min(record->ttl, left), std::chrono::seconds(0));
    call.ttl = std::min(ttl, call.ttl.value_or(ttl));

    // The value is a path of segments as they are: names in it are not percent-encoded.
    std::vector<std::string> value;
    std::string_view rest = record->value;
    while (!rest.empty()) {
      auto at = rest.find('/');
      if (auto part = rest.substr(0, at); !part.empty()) value.emplace_back(part);
      rest = at == rest.npos ? std::string_view() : rest.substr(at + 1);
    }
    if (value.size() < 2 || (value[0] != "ipfs" && value[0] != "ipns")) {
      refuse(502, fmt::format("the record of {} points to '{}', which is no content path", canonical, record->value));
    }
    segments.insert(segments.begin(), value.begin() + 2, value.end());
    if (segments.size() > ipld::kMaxPathSegments) refuse(502, "the path behind the name is too long");
    if (value[0] == "ipfs") {
      auto root = ipld::Cid::parse(value[1]);
      if (!root) refuse(502, fmt::format("the record of {} has a bad CID: {}", canonical, root.error().message()));
      auto before = segments.size() - call.target.segments.size();
      Rooted rooted{*root, std::move(segments), before};
      co_return rooted;
    }
    name_text = value[1];
  }
  refuse(502, fmt::format("more than {} names point to each other", kMaxNames));
}

}  // namespace

Task<void> find_content(GatewayCall& call) {
  Rooted rooted;
  if (call.target.space == Space::ipns) {
    rooted = co_await follow_names(call);
  } else {
    rooted = {parse_root(call.target.root, call.target), call.target.segments, 0};
  }
  call.found = {
      .cid = rooted.root, .roots = {rooted.root}, .path = rooted.segments, .remainder = {}, .site = rooted.root};

  auto cached = call.request().headers.has_token("Cache-Control", "only-if-cached");
  if (cached && !rooted.root.identity()) {
    auto block = co_await call.blocks.retrieve(rooted.root);
    if (!block) refuse(412, fmt::format("{} is not here", rooted.root.text()));
  }
  // Segment by segment, because the head names the root of each; fields of one block are gathered to one step.
  ipld::ContentPath step;
  step.root = rooted.root;
  std::size_t done = 0;
  for (auto& segment : rooted.segments) {
    step.segments.push_back(segment);
    ipld::Resolved resolved;
    std::optional<Error> failure;
    try {
      resolved = co_await ipld::resolve(call.blocks, step);
    } catch (const Error& error) {
      failure = error;
    }
    if (failure) {
      auto code = failure->code();
      if (code == Errc::not_found || code == Errc::invalid_argument) {
        refuse(404, fmt::format("{}: {}", call.target.text(), failure->message()));
      }
      if (code == Errc::unsupported) {
        refuse(400, fmt::format("{}: {}", call.target.text(), failure->message()));
      }
      throw *failure;
    }
    if (!resolved.remainder.empty()) continue;
    step.root = resolved.cid;
    step.segments.clear();
    call.found.cid = resolved.cid;
    call.found.roots.push_back(resolved.cid);
    if (++done <= rooted.before) call.found.site = call.found.cid;
  }
  call.found.remainder = std::move(step.segments);
}

}  // namespace openmcp::api::gateway
