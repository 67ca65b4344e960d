#include "base/sim_context.hpp"

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/result.hpp"
#include "base/waiters.hpp"

namespace openmcp::base {
namespace asio = boost::asio;

namespace {

/// Resumes a coroutine that paused, after it ran its work.
template <class Handler>
class Resumption final : public SimEvent {
public:
  Resumption(SimContext& context, std::move_only_function<void()>& work, std::exception_ptr& error, Handler handler)
      : context_(context),
        work_(work),
        error_(error),
        handler_(std::move(handler)),
        slot_(asio::get_associated_cancellation_slot(handler_)) {
    if (work_ || !slot_.is_connected()) return;
    auto cancel = [this](asio::cancellation_type) { this->cancel(); };
    slot_.assign(std::move(cancel));
  }
  ~Resumption() override {
    if (slot_.is_connected()) slot_.clear();
  }

  void happen() override {
    if (work_) {
      try {
        work_();
      } catch (...) {
        error_ = std::current_exception();
      }
    }
    if (slot_.is_connected()) slot_.clear();
    slot_ = {};
    Handler handler = std::move(handler_);
    std::move(handler)(cancelled_);
  }

private:
  void cancel() {
    if (std::exchange(cancelled_, true)) return;
    context_.hasten(*this);  // in an event of its own: nothing may run inside of the canceller
  }

  SimContext& context_;
  std::move_only_function<void()>& work_;  ///< both live in the frame of the coroutine that paused
  std::exception_ptr& error_;
  Handler handler_;
  asio::cancellation_slot slot_;
  bool cancelled_ = false;
};

}  // namespace

SimContext::SimContext(std::uint64_t seed) : ties_(seed, "ties") {}

SimContext::~SimContext() {
  drop_all();
  shutdown();
  destroy();
}

Executor SimContext::executor() { return SimExecutor(*this); }

void SimContext::schedule(Duration delay, std::unique_ptr<SimEvent> event) {
  Duration time = now_ + std::max(delay, Duration(0));
  queue_.push_back({time, ties_.next(), next_id_++, event.get()});
  std::ignore = event.release();
  std::push_heap(queue_.begin(), queue_.end());
}

void SimContext::hasten(const SimEvent& event) {
  for (auto& entry : queue_) {
    if (entry.event == &event)
      return schedule(Duration(0), std::unique_ptr<SimEvent>(std::exchange(entry.event, nullptr)));
  }
}

SimContext::Step SimContext::step(Duration end) {
  for (;;) {
    if (queue_.empty()) return Step::nothing_left;
    Entry next = queue_.front();
    if (next.event && next.time > end) return Step::later;
    std::pop_heap(queue_.begin(), queue_.end());
    queue_.pop_back();
    std::unique_ptr<SimEvent> event(next.event);
    if (!event) continue;
    now_ = next.time;
    ++events_;
    trace_.add(static_cast<std::uint64_t>(now_.count()));
    trace_.add(next.id);
    running_ = true;
    event->happen();
    running_ = false;
    return Step::happened;
  }
}

void SimContext::drop_all() noexcept {
  auto& waiters = asio::use_service<Waiters>(*this);
  *waiters.dropping() = true;
  waiters.drop_all();
  // Destructors may schedule more: what they schedule is dropped as well.
  while (!queue_.empty()) {
    for (auto& entry : std::exchange(queue_, {})) delete entry.event;
    waiters.drop_all();
  }
  *waiters.dropping() = false;
}

Task<void> SimContext::pause(Duration duration, std::move_only_function<void()> work) {
  co_await throw_if_cancelled();
  std::exception_ptr error;
  auto initiate = [this, duration, &work, &error](auto handler) {
    using Handler = std::decay_t<decltype(handler)>;
    schedule(duration, std::make_unique<Resumption<Handler>>(*this, work, error, std::move(handler)));
  };
  bool cancelled = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(std::move(initiate),
                                                                                            asio::use_awaitable);
  if (error) std::rethrow_exception(error);
  if (cancelled) co_await throw_if_cancelled();
}

}  // namespace openmcp::base
