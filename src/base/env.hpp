// Env: the one seam to everything outside. No code above this room touches a clock, a random source, a socket, a
// file or a thread except through it. RealEnv is the machine; SimEnv is a seeded world in virtual time.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/bytes.hpp"
#include "base/disk.hpp"
#include "base/network.hpp"
#include "base/task.hpp"

namespace openmcp::base {

using Duration = std::chrono::nanoseconds;
/// Wall clock: microseconds since 1970-01-01T00:00:00Z.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
/// Monotonic clock; only differences have a meaning.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Env {
public:
  virtual ~Env() = default;

  virtual WallTime now() = 0;
  virtual Instant steady() = 0;
  /// Resumes after `duration`; throws Error cancelled when the coroutine is cancelled.
  virtual Task<void> sleep(Duration duration) = 0;
  /// Cryptographically strong in RealEnv, seeded in SimEnv.
  virtual void random(MutableBytes into) = 0;
  /// The executor of protocol state: one thread, no locks.
  virtual Executor executor() = 0;
  virtual Disk& disk() = 0;
  virtual Network& network() = 0;
  /// How many worker threads `run` spreads over (1 in simulation): the useful width of parallel work.
  virtual unsigned workers() const noexcept = 0;

  /// Runs blocking or heavy work away from the executor and resumes on it; exceptions pass through. In simulation it
  /// runs on the executor after a seeded delay. Work of one caller is not ordered against another's.
  template <class F>
  Task<std::invoke_result_t<F&>> run(F work) {
    using T = std::invoke_result_t<F&>;
    if constexpr (std::is_void_v<T>) {
      std::move_only_function<void()> job = std::move(work);
      co_await offload(std::move(job));
    } else {
      std::optional<T> result;
      auto call = [&result, &work] { result.emplace(work()); };
      std::move_only_function<void()> job = std::move(call);
      co_await offload(std::move(job));
      co_return std::move(*result);
    }
  }

  /// Starts a coroutine that nobody waits for. An exception that leaves it is logged and ends only it.
  virtual void spawn(Task<void> task) = 0;

protected:
  /// Runs `job` on a worker; rethrows what it throws in the awaiting coroutine.
  virtual Task<void> offload(std::move_only_function<void()> job) = 0;
};

}  // namespace openmcp::base
