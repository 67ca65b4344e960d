// SIGINT and SIGTERM: the first asks for a clean end, the second ends at once. SIGPIPE is ignored: writes report it.
#pragma once

#include <memory>

#include "base/env.hpp"

namespace openmcp::cli {

/// Blocks both signals in the calling thread, so that threads made afterwards never receive them.
void block_stop_signals() noexcept;

/// Receives the signals in the calling thread from here on. `stop` must be safe inside a signal handler.
void receive_stop_signals(void (*stop)(void*) noexcept, void* context) noexcept;
/// The handler no longer calls `stop`.
void forget_stop_handler() noexcept;

/// The signal that came, or 0.
int stop_signal() noexcept;
/// Becomes readable when a signal came; -1 before receive_stop_signals.
int stop_descriptor() noexcept;

/// SIGHUP as "read the settings again" instead of "stop", from here to the end of this object.
class ReloadSignals {
public:
  explicit ReloadSignals(base::Env& env);
  ~ReloadSignals();
  /// Waits for the next one. Throws Error cancelled.
  base::Task<void> next();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openmcp::cli
