#include "context/keyed_lock.hpp"

namespace openmcp::context {

KeyedLock::Guard::~Guard() {
  if (!entries_) return;
  auto& entry = *at_->second;
  entry.held = false;
  if (entry.waiting > 0) {
    entry.freed.wake_one();
  } else {
    entries_->erase(at_);
  }
}

base::Task<KeyedLock::Guard> KeyedLock::lock(std::string key) {
  auto entries = entries_;
  auto at = entries->find(key);
  if (at == entries->end()) at = entries->emplace(std::move(key), std::make_unique<Entry>(env_.executor())).first;
  auto& entry = *at->second;
  while (entry.held) {
    ++entry.waiting;
    try {
      co_await entry.freed.wait();
    } catch (...) {
      // Cancelled: the turn that was perhaps given to us goes to the next one.
      if (--entry.waiting > 0) {
        if (!entry.held) entry.freed.wake_one();
      } else if (!entry.held) {
        entries->erase(at);
      }
      throw;
    }
    --entry.waiting;
  }
  entry.held = true;
  co_return Guard(std::move(entries), at);
}

}  // namespace openmcp::context
