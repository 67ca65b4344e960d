#include "base/worker_pool.hpp"

#include <chrono>
#include <memory>
#include <system_error>

#include "base/result.hpp"

namespace openmcp::base {
namespace {

// Waking a sleeping thread costs more than most jobs, so one idle worker looks for work for this long before it sleeps.
constexpr auto kSpin = std::chrono::microseconds(50);
// Who waits for a job is often put on the core that did it, behind the worker, while another core has nothing to do.
// After a long job the worker lets it go first: it may have the next ones for all.
constexpr auto kLong = std::chrono::microseconds(50);

}  // namespace

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  while (first_) {
    std::unique_ptr<Job> job(first_);
    first_ = job->next_;
  }
}

void WorkerPool::submit(std::unique_ptr<Job> job) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    // The spinning worker takes one job without being woken.
    unsigned idle = sleeping_ + (spinning_.load(std::memory_order_relaxed) ? 1 : 0);
    unsigned waiting = queued_.load(std::memory_order_relaxed) + 1;
    if (waiting > idle && threads_.size() < most_) start_thread();
    wake = sleeping_ > 0 && waiting > idle - sleeping_;
    *last_ = job.release();
    last_ = &(*last_)->next_;
    queued_.store(waiting, std::memory_order_relaxed);
  }
  if (wake) wake_.notify_one();
}

void WorkerPool::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // A limit on threads: those that run do the work, as long as there is one.
    if (threads_.empty()) throw Error(Errc::io, "cannot start a thread", "raise the limit on processes (ulimit -u)");
  }
}

/// Looks for a job without sleeping, until there is one or it is time to sleep; one worker at a time.
void WorkerPool::spin() {
  if (spinning_.exchange(true, std::memory_order_relaxed)) return;
  auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    std::this_thread::yield();
  } while (queued_.load(std::memory_order_relaxed) == 0 && std::chrono::steady_clock::now() < end);
  spinning_.store(false, std::memory_order_relaxed);
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!first_) {
      lock.unlock();
      spin();
      lock.lock();
      while (!first_ && !stopping_) {
        ++sleeping_;
        wake_.wait(lock);
        --sleeping_;
      }
      continue;
    }
    Job* job = first_;
    first_ = job->next_;
    if (!first_) last_ = &first_;
    queued_.store(queued_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    lock.unlock();
    auto start = std::chrono::steady_clock::now();
    job->run();
    if (std::chrono::steady_clock::now() - start > kLong) std::this_thread::yield();
    lock.lock();
  }
}

}  // namespace openmcp::base
