// The IPFS gateway on its own port: trustless (raw, CAR, IPNS records), path and subdomain form.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/auth.hpp"
#include "api/service.hpp"
#include "http/exchange.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::api::gateway {

struct GatewayOptions {
  bool open = false;                  ///< serve without a token; otherwise Authorization: Bearer of a reader
  bool deserialised = true;           ///< files, directories, dag-json...; false: trustless answers only
  std::vector<std::string> domains;   ///< of subdomain gateways ("localhost": http://<cid>.ipfs.localhost), lower case
  std::size_t max_concurrent = 4096;  ///< then 429
};

/// Finds IPNS records by name; the store of records itself is behind it (name_store.hpp). Null: no names are known.
class NameSource {
public:
  virtual ~NameSource() = default;
  /// The valid record of the name in its canonical text; nullopt: there is none.
  virtual base::Task<std::optional<base::Bytes>> record(std::string name) = 0;
};

/// Needs no workspace: tests run it over any block source. `auth` and `names` may be null. What is answered is counted
/// by the listener's `done`, as route "gateway".
struct GatewayParts {
  base::Env& env;
  ipld::BlockSource& blocks;
  Auth* auth = nullptr;
  NameSource* names = nullptr;
  /// Answers /routing/v1/... on this port too (routing::RoutingService::answer). Unset: 404.
  std::function<base::Task<void>(http::Exchange&, Caller)> routing = {};
};

http::Handler make_gateway(GatewayParts parts, GatewayOptions options);

}  // namespace openmcp::api::gateway
