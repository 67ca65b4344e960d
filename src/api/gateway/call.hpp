// One request to the gateway on its way to an answer. Shared by this room's sources.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "api/errors.hpp"
#include "api/gateway/gateway.hpp"
#include "api/gateway/target.hpp"
#include "base/env.hpp"
#include "http/exchange.hpp"
#include "http/url.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::api::gateway {

/// Where a content path leads.
struct Found {
  ipld::Cid cid;
  std::vector<ipld::Cid> roots;        ///< one for each segment of the path, the first one the root
  std::vector<std::string> path;       ///< what led from the first root to the end (an IPNS value has segments too)
  std::vector<std::string> remainder;  ///< fields inside the last block
  ipld::Cid site;  ///< where the request's own path begins: the root, or what a name's value leads to
};

struct GatewayCall {
  http::Exchange& exchange;
  base::Env& env;
  ipld::BlockSource& blocks;
  const GatewayOptions& options;
  NameSource* names = nullptr;

  http::Parameters query = {};
  Wanted wanted = {};
  Target target = {};
  std::optional<std::string> domain = {};        ///< subdomain form: the domain with its port
  std::optional<std::chrono::seconds> ttl = {};  ///< of a mutable path
  std::optional<unsigned> status = {};           ///< of a page that _redirects names, instead of 200
  bool rewritten = false;                        ///< found is such a page, not what lies at target
  Found found = {};

  const http::Request& request() const { return exchange.request(); }
  bool head() const { return request().is("HEAD"); }
  bool mutable_path() const { return target.space == Space::ipns; }
  const std::string* parameter(std::string_view name) const { return http::find(query, name); }
};

/// An answer in one sentence, thrown.
[[noreturn]] void refuse(unsigned status, std::string text, http::Headers headers = {});

/// Resolves `target` (through a name when it is one) into `found`. Refuses with 4xx and 5xx.
base::Task<void> find_content(GatewayCall& call);

// Each sends the whole answer for what was found.
base::Task<void> answer_raw(GatewayCall& call);
base::Task<void> answer_car(GatewayCall& call);
base::Task<void> answer_tar(GatewayCall& call);
base::Task<void> answer_record(GatewayCall& call);  ///< needs no found content
/// dag-json, dag-cbor, json and cbor blocks, as they are.
base::Task<void> answer_document(GatewayCall& call);
/// Files and directories (their index.html, or a listing).
base::Task<void> answer_unixfs(GatewayCall& call);
base::Task<void> answer_listing(GatewayCall& call);
/// When the path is not there: what the site's own _redirects says. False: nothing.
base::Task<bool> answer_redirects(GatewayCall& call);

}  // namespace openmcp::api::gateway
