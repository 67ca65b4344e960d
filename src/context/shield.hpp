// Work that must end once begun, even when whoever waits for it is cancelled: a commit whose batch is on its way.
#pragma once

#include <exception>
#include <memory>
#include <optional>

#include "base/sync.hpp"

namespace openmcp::context {

/// Runs `work` as a coroutine of its own and waits for it. A cancelled waiter leaves it running, so `work` must own
/// what it uses.
template <class T>
base::Task<T> shielded(base::Env& env, base::Task<T> work) {
  struct Outcome {
    explicit Outcome(base::Executor executor) : ended(std::move(executor)) {}
    base::Signal ended;
    std::optional<T> value;
    std::exception_ptr error;
  };
  auto outcome = std::make_shared<Outcome>(env.executor());
  auto run = [](std::shared_ptr<Outcome> into, base::Task<T> task) -> base::Task<void> {
    try {
      into->value.emplace(co_await std::move(task));
    } catch (...) {
      into->error = std::current_exception();
    }
    into->ended.wake_all();
  };
  env.spawn(run(outcome, std::move(work)));
  while (!outcome->value && !outcome->error) co_await outcome->ended.wait();
  if (outcome->error) std::rethrow_exception(outcome->error);
  co_return std::move(*outcome->value);
}

}  // namespace openmcp::context
