#include "base/sync.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <vector>

#include "base/result.hpp"
#include "base/waiters.hpp"

namespace openmcp::base {
namespace asio = boost::asio;

// --- Signal ----------------------------------------------------------------------------------------------------------

struct Signal::State : std::enable_shared_from_this<Signal::State> {
  struct Ready {
    Waiter* waiter = nullptr;  ///< null: was dropped meanwhile
    bool cancelled = false;
  };

  explicit State(Executor on) : executor(std::move(on)), waiters(Waiters::of(executor)) {}

  void wake(Waiter* waiter, bool cancelled) {
    ready.push_back({waiter, cancelled});
    if (draining) return;
    draining = true;
    auto drain = [self = shared_from_this()] { self->drain(); };
    asio::post(executor, std::move(drain));
  }

  /// Resumes in one event all that were woken: the executor of a simulation does not keep the order of events.
  void drain() {
    draining = false;
    std::size_t count = ready.size();  // what is woken meanwhile comes in another event
    for (std::size_t i = 0; i < count; ++i) {
      Ready next = std::exchange(ready[i], {});
      if (next.waiter) next.waiter->resume(next.cancelled);
    }
    ready.erase(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(count));
  }

  void cancel(Waiter* waiter) {
    // One that was already woken is no longer in `waiting`: it took the wake-up and must use it.
    if (std::erase(waiting, waiter) > 0) wake(waiter, true);
  }

  Executor executor;
  Waiters& waiters;
  std::vector<Waiter*> waiting;  // not a deque: that allocates half a kilobyte even when it is empty
  std::vector<Ready> ready;
  bool draining = false;
};

namespace {

template <class State, class Handler>
class SignalWaiter final : public Waiter {
public:
  SignalWaiter(std::shared_ptr<State> state, Handler handler)
      : state_(std::move(state)),
        handler_(std::move(handler)),
        slot_(asio::get_associated_cancellation_slot(handler_)) {
    state_->waiters.add(*this);
    if (!slot_.is_connected()) return;
    auto cancel = [this](asio::cancellation_type) { state_->cancel(this); };
    slot_.assign(std::move(cancel));
  }

  void resume(bool cancelled) override {
    Handler handler = release();
    std::move(handler)(cancelled);
  }

  void drop() noexcept override {
    state_->draining = false;  // the event that would resume the others is dropped as well
    std::erase(state_->waiting, this);
    for (auto& each : state_->ready) {
      if (each.waiter == this) each = {};
    }
    Handler handler = release();
  }

private:
  /// Unlists and deletes this; what is left is the handler, which owns the coroutine.
  Handler release() {
    state_->waiters.remove(*this);
    if (slot_.is_connected()) slot_.clear();
    Handler handler = std::move(handler_);
    delete this;
    return handler;
  }

  std::shared_ptr<State> state_;
  Handler handler_;
  asio::cancellation_slot slot_;
};

}  // namespace

Signal::Signal(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

Signal::~Signal() {
  for (auto* waiter : std::exchange(state_->waiting, {})) state_->wake(waiter, true);
}

Task<void> Signal::wait() {
  auto state = state_;  // `this` may end before the wait does
  co_await throw_if_cancelled();
  auto initiate = [state](auto handler) {
    using Handler = std::decay_t<decltype(handler)>;
    state->waiting.push_back(new SignalWaiter<State, Handler>(state, std::move(handler)));
  };
  bool cancelled = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(std::move(initiate),
                                                                                            asio::use_awaitable);
  if (!cancelled) co_return;
  co_await throw_if_cancelled();  // the coroutine was cancelled: this marks it as delivered
  throw Error(Errc::cancelled, "cancelled: what was waited for has ended");
}

void Signal::wake_all() {
  for (auto* waiter : std::exchange(state_->waiting, {})) state_->wake(waiter, false);
}

void Signal::wake_one() {
  if (state_->waiting.empty()) return;
  auto* waiter = state_->waiting.front();
  state_->waiting.erase(state_->waiting.begin());
  state_->wake(waiter, false);
}

// --- Semaphore -------------------------------------------------------------------------------------------------------

Task<void> Semaphore::acquire() {
  while (permits_ == 0) co_await signal_.wait();
  --permits_;
}

void Semaphore::release() {
  ++permits_;
  signal_.wake_one();
}

// --- TaskGroup -------------------------------------------------------------------------------------------------------

struct TaskGroup::State {
  explicit State(Executor on) : executor(std::move(on)), ended(executor), dropping(Waiters::of(executor).dropping()) {}

  Executor executor;
  Signal ended;  ///< a child ended
  std::list<asio::cancellation_signal> children;
  std::exception_ptr first;
  std::shared_ptr<bool> dropping;
};

TaskGroup::TaskGroup(Env& env) : state_(std::make_shared<State>(env.executor())) {}

TaskGroup::~TaskGroup() {
  if (state_->children.empty() || *state_->dropping) return;
  // The children refer to what this scope holds; going on would be a use after free.
  std::fputs("TaskGroup destroyed while children run: join() it on every path (see with_group)\n", stderr);
  std::abort();
}

void TaskGroup::spawn(Task<void> task) {
  auto& state = *state_;
  auto child = state.children.emplace(state.children.end());
  auto ended = [kept = state_, child](std::exception_ptr error) {
    kept->children.erase(child);
    if (error && !kept->first) kept->first = std::move(error);
    if (kept->children.empty()) kept->ended.wake_all();
  };
  asio::co_spawn(state.executor, with_our_cancellation(std::move(task)),
                 asio::bind_cancellation_slot(child->slot(), std::move(ended)));
}

void TaskGroup::cancel() {
  // Completions are posted, never run inside emit: the list does not change under this loop.
  for (auto& child : state_->children) child.emit(asio::cancellation_type::terminal);
}

Task<void> TaskGroup::join() {
  auto state = state_;
  std::exception_ptr interrupted;
  while (!state->children.empty()) {
    try {
      co_await state->ended.wait();
    } catch (const Error&) {
      interrupted = std::current_exception();
      cancel();
    }
  }
  if (auto first = std::exchange(state->first, nullptr)) std::rethrow_exception(first);
  if (interrupted) std::rethrow_exception(interrupted);
}

std::size_t TaskGroup::running() const noexcept { return state_->children.size(); }

bool TaskGroup::failed() const noexcept { return state_->first != nullptr; }

Task<void> with_group(Env& env, std::move_only_function<Task<void>(TaskGroup&)> body) {
  TaskGroup group(env);
  std::exception_ptr error;
  try {
    co_await body(group);
  } catch (...) {
    error = std::current_exception();
    group.cancel();
  }
  try {
    co_await group.join();
  } catch (...) {
    if (!error) error = std::current_exception();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace openmcp::base
