// Meeting points for coroutines of one executor. None of these is for threads.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

#include "base/env.hpp"

namespace openmcp::base {

/// A condition that coroutines wait for. wake_all resumes, through the executor, all that wait at that moment, in the
/// order in which they began to wait; there is no memory, so re-check the condition in a loop. Those that still wait
/// when it is destroyed get Error cancelled, as do those whose coroutine is cancelled.
class Signal {
public:
  explicit Signal(Executor executor);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  Task<void> wait();
  void wake_all();
  void wake_one();

private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A bound on how many coroutines are inside something at once.
class Semaphore {
public:
  Semaphore(Executor executor, std::size_t permits) : signal_(std::move(executor)), permits_(permits) {}
  Task<void> acquire();
  void release();

private:
  Signal signal_;
  std::size_t permits_;
};

/// Child coroutines that do not outlive their parent: spawn several, then join. The first exception of a child is
/// rethrown by join after all children ended. Destroying a group with running children is a bug (aborts): use
/// with_group where something between spawn and join may throw. A join that is cancelled cancels the children and waits
/// for them.
class TaskGroup {
public:
  explicit TaskGroup(Env& env);
  ~TaskGroup();
  void spawn(Task<void> task);
  Task<void> join();
  /// Every running child gets Error cancelled at the wait it is in (sleep, network, Signal) or at its next one.
  void cancel();
  std::size_t running() const noexcept;
  bool failed() const noexcept;  ///< a child threw: a producer can stop early

private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Runs `body` with a group and joins it on every path; when body throws, its children are cancelled first. A lambda's
/// captures live until the returned task ends.
Task<void> with_group(Env& env, std::move_only_function<Task<void>(TaskGroup&)> body);

}  // namespace openmcp::base
