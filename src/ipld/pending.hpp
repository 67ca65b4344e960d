// The result of a task that was started and will be needed later.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "base/sync.hpp"

namespace openmcp::ipld {

/// A handle; the task itself belongs to the group. Whoever keeps these in a queue and takes them in order has parallel
/// work with results in order.
template <class T>
class Pending {
public:
  Pending() = default;
  Pending(base::TaskGroup& group, const base::Executor& executor, base::Task<T> task)
      : slot_(std::make_shared<Slot>(executor)) {
    group.spawn(fill(slot_, std::move(task)));
  }

  bool started() const noexcept { return slot_ != nullptr; }

  /// Waits; throws what the task threw. Precondition: started, taken once.
  base::Task<T> take() {
    auto slot = std::exchange(slot_, nullptr);
    while (!slot->done) co_await slot->ready.wait();
    if (slot->error) std::rethrow_exception(slot->error);
    co_return std::move(*slot->value);
  }

private:
  struct Slot {
    explicit Slot(const base::Executor& executor) : ready(executor) {}
    base::Signal ready;
    std::optional<T> value;
    std::exception_ptr error;
    bool done = false;
  };

  static base::Task<void> fill(std::shared_ptr<Slot> slot, base::Task<T> task) {
    try {
      slot->value.emplace(co_await std::move(task));
    } catch (...) {
      slot->error = std::current_exception();
    }
    slot->done = true;
    slot->ready.wake_all();
  }

  std::shared_ptr<Slot> slot_;
};

}  // namespace openmcp::ipld
