// Requests that are being answered, so that they can be cancelled; and what runs beside each of them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.hpp"
#include "base/sync.hpp"

namespace openmcp::api::mcp {

/// How often a quiet stream shows that it is alive.
inline constexpr base::Duration kBeat = std::chrono::seconds(15);

class InFlight {
public:
  /// False: a request with this id is there already.
  bool add(const std::string& id, base::TaskGroup& group) { return groups_.emplace(id, &group).second; }
  void remove(const std::string& id) { groups_.erase(id); }
  bool has(std::string_view id) const { return groups_.contains(id); }
  void cancel(std::string_view id) {
    if (auto found = groups_.find(id); found != groups_.end()) found->second->cancel();
  }
  void cancel_all() {
    for (auto& [id, group] : groups_) group->cancel();
  }
  std::size_t size() const noexcept { return groups_.size(); }

private:
  std::map<std::string, base::TaskGroup*, std::less<>> groups_;
};

/// Runs `work` so that `in_flight` can cancel it, and the others beside it, for as long. Returns false when it was
/// cancelled so. Precondition: no request with this id is in flight.
base::Task<bool> cancellable(base::Env& env, InFlight& in_flight, std::string id, base::Task<void> work,
                             std::vector<base::Task<void>> beside);

/// Calls `beat` every kBeat until it throws or this is cancelled.
base::Task<void> beats(base::Env& env, std::function<base::Task<void>()> beat);

}  // namespace openmcp::api::mcp
