// Inside of base: threads that run jobs in the order in which they came.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace openmcp::base {

/// A job, linked into the queue without an allocation of its own.
class Job {
public:
  virtual ~Job() = default;
  /// Called once on a worker; takes care of its own end (usually by handing itself to another thread).
  virtual void run() noexcept = 0;

private:
  friend class WorkerPool;
  Job* next_ = nullptr;
};

class WorkerPool {
public:
  /// At most this many threads; each is started when a job finds no idle one, so that short commands start none.
  explicit WorkerPool(unsigned most) : most_(most) {}
  /// Waits for jobs that run; jobs that still wait are destroyed.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(std::unique_ptr<Job> job);
  unsigned size() const noexcept { return most_; }

private:
  void start_thread();
  void work();
  void spin();

  const unsigned most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Job* first_ = nullptr;
  Job** last_ = &first_;
  unsigned sleeping_ = 0;
  bool stopping_ = false;
  std::atomic<unsigned> queued_ = 0;
  std::atomic<bool> spinning_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace openmcp::base
