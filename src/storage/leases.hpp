// Leases: which blocks were touched since the oldest lease began, so that collection leaves them alone.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "storage/pins.hpp"

namespace openmcp::storage {

/// Belongs to one executor.
class Leases : public std::enable_shared_from_this<Leases> {
public:
  /// The lease may outlive this object.
  std::unique_ptr<Lease> begin();
  bool any() const noexcept { return !starts_.empty(); }
  /// A block was stored, found or read. Costs nothing while there is no lease.
  void touch(const ipld::Multihash& hash);
  bool protects(const ipld::Multihash& hash) const;

private:
  class Held;
  void end(std::uint64_t start);

  std::uint64_t clock_ = 0;
  std::multiset<std::uint64_t> starts_;
  std::unordered_map<std::string, std::uint64_t> touched_;  ///< digest and code → clock at the last touch
};

}  // namespace openmcp::storage
