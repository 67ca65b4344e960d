#include "context/change.hpp"

#include <vector>

#include "base/log.hpp"

namespace openmcp::context {

std::uint64_t ChangeFeed::watch(ChangeFn watcher) {
  watchers_.emplace(++last_, std::make_shared<const ChangeFn>(std::move(watcher)));
  return last_;
}

void ChangeFeed::unwatch(std::uint64_t number) { watchers_.erase(number); }

void ChangeFeed::tell(const Change& change) noexcept {
  try {
    std::vector<std::uint64_t> now;
    for (const auto& each : watchers_) now.push_back(each.first);
    for (auto number : now) {
      auto found = watchers_.find(number);
      if (found == watchers_.end()) continue;
      auto watcher = found->second;  // it may end itself
      (*watcher)(change);
    }
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "context", "a change of {} was not told to all: {}", change.id.text(),
              error.what());
  }
}

}  // namespace openmcp::context
