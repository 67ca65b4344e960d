// Inside of base: the execution context of a simulated world. Events happen in the order of their virtual time; those
// of one moment in a seeded order, because nothing may rely on another.
#pragma once

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/env.hpp"
#include "base/seeded.hpp"

namespace openmcp::base {

/// Something that will happen once. Destroyed without happening when its world ends.
class SimEvent {
public:
  virtual ~SimEvent() = default;
  virtual void happen() = 0;
};

class SimContext final : public boost::asio::execution_context {
public:
  explicit SimContext(std::uint64_t seed);
  ~SimContext();

  Executor executor();
  /// Since the beginning of the world.
  Duration now() const noexcept { return now_; }
  void schedule(Duration delay, std::unique_ptr<SimEvent> event);
  /// Lets an event that is scheduled happen now.
  void hasten(const SimEvent& event);

  enum class Step : unsigned char { happened, nothing_left, later };
  /// Lets the next event happen, unless it lies after `end`.
  Step step(Duration end);
  /// Destroys all events and all waiting coroutines; the world stays usable.
  void drop_all() noexcept;

  /// Suspends for `duration`; then runs `work`, if any, and rethrows what it throws. Only a wait without work can be
  /// cancelled.
  Task<void> pause(Duration duration, std::move_only_function<void()> work = nullptr);

  /// Mixes something that happened into the trace.
  void trace(std::uint64_t what) noexcept { trace_.add(what); }
  std::uint64_t trace_hash() const noexcept { return trace_.value(); }
  std::uint64_t events() const noexcept { return events_; }
  bool running() const noexcept { return running_; }

private:
  struct Entry {
    Duration time;
    std::uint64_t tie;  ///< seeded: the order within one moment
    std::uint64_t id;
    SimEvent* event;  ///< null: was moved to another moment
    /// For a heap with the earliest on top.
    bool operator<(const Entry& other) const noexcept {
      return std::tie(time, tie, id) > std::tie(other.time, other.tie, other.id);
    }
  };

  std::vector<Entry> queue_;
  Seeded ties_;
  Duration now_{0};
  std::uint64_t next_id_ = 0;
  std::uint64_t events_ = 0;
  bool running_ = false;
  Fnv1a trace_;
};

/// The executor: what is posted happens in an event of its own; what is dispatched from inside of an event happens at
/// once, as in an io_context.
class SimExecutor {
public:
  explicit SimExecutor(SimContext& context) noexcept : context_(&context) {}

  boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept { return *context_; }
  boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
    if (may_block_) return boost::asio::execution::blocking.possibly;
    return boost::asio::execution::blocking.never;
  }
  SimExecutor require(boost::asio::execution::blocking_t::never_t) const noexcept { return with_blocking(false); }
  SimExecutor require(boost::asio::execution::blocking_t::possibly_t) const noexcept { return with_blocking(true); }
  // The world runs until told otherwise and has one thread: these say nothing that matters here.
  SimExecutor require(boost::asio::execution::outstanding_work_t::tracked_t) const noexcept { return *this; }
  SimExecutor require(boost::asio::execution::outstanding_work_t::untracked_t) const noexcept { return *this; }
  SimExecutor require(boost::asio::execution::relationship_t::fork_t) const noexcept { return *this; }
  SimExecutor require(boost::asio::execution::relationship_t::continuation_t) const noexcept { return *this; }

  template <class Function>
  void execute(Function function) const {
    if (may_block_ && context_->running()) {
      function();
      return;
    }
    class Call final : public SimEvent {
    public:
      explicit Call(Function call) : call_(std::move(call)) {}
      void happen() override { call_(); }

    private:
      Function call_;
    };
    context_->schedule(Duration(0), std::make_unique<Call>(std::move(function)));
  }

  bool operator==(const SimExecutor&) const noexcept = default;

private:
  SimExecutor with_blocking(bool may_block) const noexcept {
    SimExecutor changed = *this;
    changed.may_block_ = may_block;
    return changed;
  }

  SimContext* context_;
  bool may_block_ = true;
};

}  // namespace openmcp::base
