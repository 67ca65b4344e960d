#include "base/real_env.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/log.hpp"
#include "base/os_error.hpp"
#include "base/real_network.hpp"
#include "base/result.hpp"
#include "base/waiters.hpp"
#include "base/worker_pool.hpp"

namespace openmcp::base {
namespace asio = boost::asio;

namespace {

/// A job of a coroutine: runs on a worker, then resumes the coroutine on the executor.
template <class Handler>
class Offloaded final : public Job {
public:
  Offloaded(std::move_only_function<void()>& work, Executor executor, std::atomic<std::uint64_t>& finished,
            Handler handler)
      : work_(work), executor_(std::move(executor)), finished_(finished), handler_(std::move(handler)) {}

  void run() noexcept override {
    std::exception_ptr error;
    try {
      work_();
    } catch (...) {
      error = std::current_exception();
    }
    auto& finished = finished_;
    auto resume = [self = std::unique_ptr<Offloaded>(this), error = std::move(error)]() mutable {
      Handler handler = std::move(self->handler_);
      self.reset();
      std::move(handler)(std::move(error));
    };
    asio::post(Executor(executor_), std::move(resume));
    finished.fetch_add(1, std::memory_order_release);
  }

private:
  std::move_only_function<void()>& work_;  ///< lives in the coroutine's frame, which `handler_` keeps
  Executor executor_;
  std::atomic<std::uint64_t>& finished_;
  Handler handler_;
};

unsigned worker_count(unsigned asked) { return asked ? asked : std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace

struct RealEnv::Impl {
  explicit Impl(unsigned threads)
      : width(threads), network(make_real_network(context.get_executor())), pool(threads + kWaiting) {
    if (stop_event < 0) throw os_error(errno, "making", "an event descriptor");
    watch_stop();
  }

  /// Waits for stop(), which may only write to a descriptor because a signal handler may call it.
  void watch_stop() {
    auto stopped = [this](boost::system::error_code error) {
      if (error) return;
      std::uint64_t count = 0;
      [[maybe_unused]] auto ignored = ::read(stop_event, &count, sizeof count);
      watch_stop();
      main_cancel.emit(asio::cancellation_type::terminal);
    };
    stop_watch.async_wait(asio::posix::stream_descriptor::wait_read, std::move(stopped));
  }

  /// A completion lies in the queue. A worker counts its job after it handed the completion over, and may be put aside
  /// in between: then more were resumed than were counted, and that is no news.
  bool news() const noexcept {
    return static_cast<std::int64_t>(finished.load(std::memory_order_acquire) - resumed) > 0;
  }

  /// Waits a moment for a worker to finish, because sleeping and being woken takes longer than most jobs. True when one
  /// did. Gives up for a while where jobs turn out to be long. While a core is left for every job, it waits as long as
  /// a write to a disk takes: being woken costs as much as a third of that.
  bool spin() {
    const bool cores_left = started - resumed < cores;
    const auto patience = std::chrono::microseconds(cores_left ? 400 : 50);
    if (!news()) {
      if (spin_pause > 0) {
        --spin_pause;
        return false;
      }
      auto end = std::chrono::steady_clock::now() + patience;
      while (!news()) {
        if (std::chrono::steady_clock::now() > end) {
          spin_pause = 16;
          return false;
        }
        std::this_thread::yield();  // the worker may have been put on this very core
      }
    }
    return true;
  }

  /// Workers beside those that compute: while one waits for the disk, no core is left without work.
  static constexpr unsigned kWaiting = 1;

  const unsigned width;
  asio::cancellation_signal main_cancel;  ///< outlives the coroutines, which point into it
  asio::io_context context{1};
  std::atomic<bool> stopping = false;
  int stop_event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  asio::posix::stream_descriptor stop_watch{context, stop_event};
  std::unique_ptr<Disk> disk = make_real_disk();
  std::unique_ptr<Network> network;
  std::atomic<std::uint64_t> finished = 0;  ///< jobs that workers finished
  std::uint64_t started = 0, resumed = 0;   ///< jobs given out, and coroutines resumed after theirs
  unsigned spin_pause = 0;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  WorkerPool pool;  ///< ends first: jobs refer to everything above
};

RealEnv::RealEnv(unsigned workers) : impl_(std::make_unique<Impl>(worker_count(workers))) {}

RealEnv::~RealEnv() = default;

void RealEnv::run_until_done(Task<void> main) {
  struct Outcome {
    bool done = false;
    std::exception_ptr error;
  };
  auto& impl = *impl_;
  auto outcome = std::make_shared<Outcome>();
  auto ended = [outcome](std::exception_ptr error) {
    outcome->done = true;
    outcome->error = std::move(error);
  };
  asio::co_spawn(impl.context, with_our_cancellation(std::move(main)),
                 asio::bind_cancellation_slot(impl.main_cancel.slot(), std::move(ended)));
  while (!outcome->done) {
    if (impl.context.poll_one() > 0) continue;
    if (impl.started != impl.resumed && impl.spin()) continue;
    impl.context.run_one();
  }
  if (outcome->error) std::rethrow_exception(outcome->error);
}

void RealEnv::stop() noexcept {
  int kept = errno;
  impl_->stopping.store(true, std::memory_order_relaxed);
  std::uint64_t one = 1;
  [[maybe_unused]] auto ignored = ::write(impl_->stop_event, &one, sizeof one);
  errno = kept;
}

bool RealEnv::stopping() const noexcept { return impl_->stopping.load(std::memory_order_relaxed); }

WallTime RealEnv::now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Instant RealEnv::steady() { return std::chrono::steady_clock::now(); }

Task<void> RealEnv::sleep(Duration duration) {
  co_await throw_if_cancelled();
  asio::steady_timer timer(impl_->context, duration);
  boost::system::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await timer.async_wait(token);
  if (!error) co_return;
  co_await throw_if_cancelled();
  throw Error(Errc::cancelled, "cancelled");
}

void RealEnv::random(MutableBytes into) {
  while (!into.empty()) {
    auto got = ::getrandom(into.data(), into.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw os_error(errno, "reading", "the system's random source");
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

Executor RealEnv::executor() { return impl_->context.get_executor(); }
Disk& RealEnv::disk() { return *impl_->disk; }
Network& RealEnv::network() { return *impl_->network; }
unsigned RealEnv::workers() const noexcept { return impl_->width; }

void RealEnv::spawn(Task<void> task) {
  asio::co_spawn(impl_->context, with_our_cancellation(std::move(task)), log_uncaught);
}

Task<void> RealEnv::offload(std::move_only_function<void()> job) {
  co_await throw_if_cancelled();
  auto& impl = *impl_;
  auto initiate = [&impl, &job](auto handler) {
    using Handler = std::decay_t<decltype(handler)>;
    ++impl.started;
    impl.pool.submit(
        std::make_unique<Offloaded<Handler>>(job, impl.context.get_executor(), impl.finished, std::move(handler)));
  };
  // Counted in the awaiting coroutine, so that the loop knows how many completions lie before it.
  struct Count {
    std::uint64_t& resumed;
    ~Count() { ++resumed; }
  };
  Count count{impl.resumed};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(std::move(initiate),
                                                                                         asio::use_awaitable);
}

}  // namespace openmcp::base
