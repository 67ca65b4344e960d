// The IPFS gateway on its own port: trustless (raw, CAR, IPNS records), path and subdomain form.
#pragma once

#include <memory>

#include "api/auth.hpp"
#include "api/service.hpp"
#include "http/exchange.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::api::gateway {

struct GatewayOptions {
  bool open = false;                  ///< serve without a token; otherwise Authorization: Bearer of a reader
  bool deserialised = true;           ///< files, directories, dag-json...; false: trustless answers only
  std::vector<std::string> domains;   ///< of subdomain gateways ("localhost": http://<cid>.ipfs.localhost)
  std::size_t max_concurrent = 4096;  ///< then 429
};

/// Finds IPNS records by name; the store of records itself is behind it. Null: no names are known.
class NameSource {
public:
  virtual ~NameSource() = default;
  virtual base::Task<std::optional<base::Bytes>> record(std::string name) = 0;
};

/// Needs no workspace: tests run it over any block source. `auth` and `metrics` may be null.
struct GatewayParts {
  base::Env& env;
  ipld::BlockSource& blocks;
  Auth* auth = nullptr;
  monitor::Metrics* metrics = nullptr;
  NameSource* names = nullptr;
};

http::Handler make_gateway(GatewayParts parts, GatewayOptions options);

}  // namespace openmcp::api::gateway
