// Inside of base: every coroutine that waits for another one is listed with its execution context, so that the context
// can drop it when it ends. Without the list a coroutine that waits on an object in its own frame would keep itself
// alive for ever.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <exception>
#include <memory>

#include "base/task.hpp"

namespace openmcp::base {

/// One suspended coroutine. Deletes itself when resumed or dropped.
class Waiter {
public:
  virtual ~Waiter() = default;
  /// Resumes the coroutine here and now.
  virtual void resume(bool cancelled) = 0;
  /// Destroys the coroutine without resuming it.
  virtual void drop() noexcept = 0;

private:
  friend class Waiters;
  Waiter* previous_ = nullptr;
  Waiter* next_ = nullptr;
};

/// The list, a service of the execution context (io_context or SimContext).
class Waiters final : public boost::asio::execution_context::service {
public:
  using key_type = Waiters;
  static boost::asio::execution_context::id id;

  explicit Waiters(boost::asio::execution_context& context) : service(context) {}
  static Waiters& of(const Executor& executor);

  void add(Waiter& waiter) noexcept;
  void remove(Waiter& waiter) noexcept;
  void drop_all() noexcept;
  /// True while coroutines are being destroyed without having ended; shared because it may outlive the service.
  const std::shared_ptr<bool>& dropping() const noexcept { return dropping_; }

private:
  void shutdown() override;

  Waiter* first_ = nullptr;
  std::shared_ptr<bool> dropping_ = std::make_shared<bool>(false);
};

/// Throws Error cancelled when the calling coroutine was cancelled. A cancellation is delivered once, so that the
/// coroutine can still await while it cleans up.
Task<void> throw_if_cancelled();
/// What every spawned coroutine runs in: makes cancellation arrive as Error at our own waits and nowhere else.
Task<void> with_our_cancellation(Task<void> task);
/// The completion of a coroutine that nobody waits for.
void log_uncaught(std::exception_ptr error) noexcept;

}  // namespace openmcp::base
