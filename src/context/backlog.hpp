// Backlog: work that follows behind, in order and in batches, by one coroutine in the background.
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "base/sync.hpp"

namespace openmcp::context {

struct BacklogLimits {
  std::size_t batch = 512;  ///< items handled at once
  std::size_t room = 4096;  ///< items that may wait before room() makes producers wait
  /// How long a batch that is not full waits for more, unless somebody asks for it: a batch costs little more than an
  /// item, and the cores belong to the producers meanwhile.
  base::Duration linger{};
};

/// Belongs to one executor. A batch that fails stays where it is, and is tried again when somebody asks for it.
template <class Item>
class Backlog : public std::enable_shared_from_this<Backlog<Item>> {
public:
  using Handle = std::function<base::Task<void>(const std::vector<Item>& batch)>;

  Backlog(base::Env& env, BacklogLimits limits, Handle handle)
      : env_(env), limits_(limits), handle_(std::move(handle)), work_(env.executor()), progress_(env.executor()) {}

  void start() {
    running_ = true;
    env_.spawn(follow(this->shared_from_this()));
  }

  void push(Item item) {
    if (waiting() == 0) moved_ = env_.steady();
    queue_.push_back(std::move(item));
    ++pushed_;
    work_.wake_all();
  }

  std::size_t waiting() const noexcept { return queue_.size() + batch_.size(); }

  /// The last batch failed, and was not tried again with success.
  bool failing() const noexcept { return problem_ != nullptr; }
  /// How long nothing was handled although something waits.
  base::Duration still() const { return waiting() == 0 ? base::Duration() : env_.steady() - moved_; }
  std::size_t limit() const noexcept { return limits_.room; }

  /// Everything pushed before the call is handled. Throws what the handler threw, if it fails again now.
  base::Task<void> ready() {
    const auto target = pushed_;
    co_await until([target](const Backlog& self) { return self.done_ >= target; });
  }

  /// Fewer items wait than the limit. Throws like ready().
  base::Task<void> room() {
    if (waiting() < limits_.room) co_return;
    co_await until([](const Backlog& self) { return self.waiting() < self.limits_.room; });
  }

  /// ready(), then the end of the background work, also when it failed.
  base::Task<void> close() {
    std::exception_ptr problem;
    try {
      co_await ready();
    } catch (...) {
      problem = std::current_exception();
    }
    abandon();
    while (running_) co_await progress_.wait();
    if (problem) std::rethrow_exception(problem);
  }

  /// Ends the background work at its next step.
  void abandon() noexcept {
    abandoned_ = true;
    work_.wake_all();
  }
  bool abandoned() const noexcept { return abandoned_; }

private:
  template <class Reached>
  base::Task<void> until(Reached reached) {
    auto self = this->shared_from_this();
    const auto failures = failures_;
    struct Waiting {
      std::size_t& count;
      explicit Waiting(std::size_t& waiting) : count(waiting) { ++count; }
      ~Waiting() { --count; }
    } waiting(asked_);
    work_.wake_all();
    while (!reached(*self)) {
      if (problem_ && failures_ > failures) std::rethrow_exception(problem_);
      if (problem_ && !retry_) {
        retry_ = true;
        work_.wake_all();
      }
      if (abandoned_ && !running_) throw base::Error(base::Errc::cancelled, "cancelled: the workspace is closed");
      co_await progress_.wait();
    }
  }

  /// Static, so that what keeps this alive is what the coroutine holds.
  static base::Task<void> follow(std::shared_ptr<Backlog> self) {
    auto& queue = self->queue_;
    auto& batch = self->batch_;
    while (!self->abandoned_) {
      if ((queue.empty() && batch.empty()) || (self->problem_ && !self->retry_)) {
        co_await self->work_.wait();
        continue;
      }
      if (self->lingers()) {
        if (!self->ticking_) {
          self->ticking_ = true;
          self->env_.spawn(tick(self));
        }
        co_await self->work_.wait();
        continue;
      }
      self->due_ = false;
      self->retry_ = false;
      while (batch.size() < self->limits_.batch && !queue.empty()) {
        batch.push_back(std::move(queue.front()));
        queue.pop_front();
      }
      try {
        co_await self->handle_(batch);
        self->done_ += batch.size();
        batch.clear();
        self->moved_ = self->env_.steady();
        self->problem_ = nullptr;
      } catch (...) {
        self->problem_ = std::current_exception();
        ++self->failures_;
      }
      self->progress_.wake_all();
    }
    self->running_ = false;
    self->progress_.wake_all();
  }

  bool lingers() const {
    return limits_.linger > base::Duration() && !due_ && asked_ == 0 && batch_.empty() && queue_.size() < limits_.batch;
  }

  static base::Task<void> tick(std::shared_ptr<Backlog> self) {
    co_await self->env_.sleep(self->limits_.linger);
    self->ticking_ = false;
    self->due_ = true;
    self->work_.wake_all();
  }

  base::Env& env_;
  BacklogLimits limits_;
  Handle handle_;
  base::Signal work_, progress_;
  std::deque<Item> queue_;
  std::vector<Item> batch_;  ///< being handled, or failed
  std::uint64_t pushed_ = 0, done_ = 0, failures_ = 0;
  std::exception_ptr problem_;
  base::Instant moved_{};               ///< the last batch was done, or the first item came
  std::size_t asked_ = 0;               ///< waiters for ready() or room()
  bool ticking_ = false, due_ = false;  ///< the wait for more runs; it is over
  bool retry_ = false, abandoned_ = false, running_ = false;
};

}  // namespace openmcp::context
