// IPNS records that this node keeps, one file each: <folder>/<name>.ipns-record. Bounded in number and size; of two
// records of a name the newer one stays. Durable when put() returns.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/gateway/gateway.hpp"
#include "api/gateway/ipns_record.hpp"
#include "base/env.hpp"
#include "base/sync.hpp"

namespace openmcp::api::gateway {

class NameStore final : public NameSource {
public:
  /// The folder is made at the first put.
  NameStore(base::Env& env, base::Path folder, std::size_t max_names = 10'000)
      : env_(env), folder_(std::move(folder)), max_names_(max_names), writing_(env.executor(), 1) {}

  /// `name`: canonical text. Verified when it was put, or when it is first read from the folder (where a user may have
  /// put it); records that are not valid (any more) are not there.
  base::Task<std::optional<base::Bytes>> record(std::string name) override;

  enum class Put : unsigned char {
    stored,
    same,   ///< it was here already
    older,  ///< a newer one is here and stays
  };
  /// Errors: those of verify_record; too_large when there is no room for another name.
  base::Task<Put> put(IpnsName name, base::Bytes record);

private:
  base::Path file_of(const std::string& name) const;
  base::Task<std::optional<base::Bytes>> read(std::string name);
  base::Task<Put> put_alone(IpnsName name, base::Bytes record);

  base::Env& env_;
  base::Path folder_;
  std::size_t max_names_;
  base::Semaphore writing_;
  std::map<std::string, base::Bytes> recent_;  ///< opened records, as a cache
  std::optional<std::size_t> count_;           ///< files in the folder
};

}  // namespace openmcp::api::gateway
