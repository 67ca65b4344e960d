#include "base/waiters.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "base/result.hpp"

namespace openmcp::base {

boost::asio::execution_context::id Waiters::id;

Waiters& Waiters::of(const Executor& executor) {
  return boost::asio::use_service<Waiters>(boost::asio::query(executor, boost::asio::execution::context));
}

void Waiters::add(Waiter& waiter) noexcept {
  waiter.next_ = first_;
  if (first_) first_->previous_ = &waiter;
  first_ = &waiter;
}

void Waiters::remove(Waiter& waiter) noexcept {
  if (waiter.previous_) {
    waiter.previous_->next_ = waiter.next_;
  } else {
    first_ = waiter.next_;
  }
  if (waiter.next_) waiter.next_->previous_ = waiter.previous_;
}

void Waiters::drop_all() noexcept {
  while (first_) first_->drop();
}

void Waiters::shutdown() {
  *dropping_ = true;
  drop_all();
}

Task<void> throw_if_cancelled() {
  auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() == boost::asio::cancellation_type::none) co_return;
  co_await boost::asio::this_coro::reset_cancellation_state();
  throw Error(Errc::cancelled, "cancelled");
}

Task<void> with_our_cancellation(Task<void> task) {
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

void log_uncaught(std::exception_ptr error) noexcept {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const Error& thrown) {
    auto level = thrown.code() == Errc::cancelled ? LogLevel::debug : LogLevel::error;
    log(level, "base", "a task ended with an error: {}", thrown.message());
  } catch (const std::exception& thrown) {
    log(LogLevel::error, "base", "a task ended with an exception: {}", thrown.what());
  } catch (...) {
    log(LogLevel::error, "base", "a task ended with an exception of unknown type");
  }
}

}  // namespace openmcp::base
