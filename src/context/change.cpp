#include "context/change.hpp"

#include "base/log.hpp"

namespace openmcp::context {

std::uint64_t ChangeFeed::watch(ChangeFn watcher) {
  watchers_.emplace(++last_, std::make_shared<const ChangeFn>(std::move(watcher)));
  return last_;
}

void ChangeFeed::unwatch(std::uint64_t number) { watchers_.erase(number); }

void ChangeFeed::tell(const Change& change) noexcept {
  std::uint64_t told = 0;
  for (auto next = watchers_.begin(); next != watchers_.end(); next = watchers_.upper_bound(told)) {
    told = next->first;
    auto watcher = next->second;  // it may end itself
    try {
      (*watcher)(change);
    } catch (const std::exception& error) {
      base::log(base::LogLevel::error, "context", "a watcher failed at a change of {}: {}", change.id.text(),
                error.what());
    }
  }
}

}  // namespace openmcp::context
