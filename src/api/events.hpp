// What happened in the workspace, for everyone who watches: the page's SSE, MCP subscriptions. Fed by
// context::Workspace, so that it does not matter by which surface (or forwarded command) a change came.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/env.hpp"
#include "base/sync.hpp"
#include "context/workspace.hpp"

namespace openmcp::api {

struct Event {
  std::uint64_t seq = 0;  ///< from 1, of this run of the server
  enum class Kind : std::uint8_t { committed, forgotten, imported, pins } kind = Kind::committed;
  std::optional<context::ContextId> id;
  std::string version;  ///< CID of the manifest; "" none
  std::string type, title;
  bool created = false;   ///< committed: a new context
  std::int64_t time = 0;  ///< microseconds
};
std::string_view to_string(Event::Kind kind) noexcept;

class Events {
public:
  /// Subscribes to `workspace` until it is destroyed.
  Events(base::Env& env, context::Workspace& workspace);
  ~Events();
  void publish(Event event);  ///< seq and time are filled
  std::uint64_t newest() const noexcept { return newest_; }
  /// The next event after `seq`; waits for it. A watcher that lags behind by more than 1024 events skips to the oldest
  /// that is kept (its seq shows the gap). Error cancelled when the events end while it waits.
  base::Task<Event> after(std::uint64_t seq);
  /// The last events, newest last, at most `limit`.
  std::deque<Event> recent(std::size_t limit) const;

private:
  base::Env& env_;
  context::Workspace& workspace_;
  std::deque<Event> kept_;
  std::uint64_t newest_ = 0, watching_ = 0;
  base::Signal changed_;
};

}  // namespace openmcp::api
