// RealEnv: this machine. One io_context on the calling thread, a pool of workers, the system's files and sockets.
#pragma once

#include <memory>

#include "base/env.hpp"

namespace openmcp::base {

class RealEnv final : public Env {
public:
  /// `workers` 0: one for each core.
  explicit RealEnv(unsigned workers = 0);
  ~RealEnv() override;

  /// Runs the event loop on this thread until `main` ends, and rethrows what it throws.
  void run_until_done(Task<void> main);
  /// Thread-safe and signal-handler-safe: makes `stopping` true and cancels `main`, which then gets Error cancelled at
  /// the wait it is in (sleep, network, Signal, join) or at its next one. It gets it once: it can still await to clean
  /// up. Work that a worker has begun is finished first.
  void stop() noexcept;
  bool stopping() const noexcept;

  WallTime now() override;
  Instant steady() override;
  Task<void> sleep(Duration duration) override;
  void random(MutableBytes into) override;
  Executor executor() override;
  Disk& disk() override;
  Network& network() override;
  unsigned workers() const noexcept override;
  void spawn(Task<void> task) override;

protected:
  Task<void> offload(std::move_only_function<void()> job) override;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The system's disk by itself, for programs that have no event loop.
std::unique_ptr<Disk> make_real_disk();

}  // namespace openmcp::base
