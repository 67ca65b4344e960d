// Sessions of legacy Streamable HTTP (Mcp-Session-Id), and the streams of a session, which a client that lost its
// connection takes up again with Last-Event-ID.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/mcp/legacy.hpp"
#include "base/env.hpp"
#include "base/sync.hpp"

namespace openmcp::api::mcp {

/// The messages of one stream, kept for a while. Event ids are "<stream>-<n>": unique in the session.
class StreamLog {
public:
  StreamLog(base::Executor executor, std::uint64_t number) : number_(number), changed(std::move(executor)) {}

  struct Event {
    std::uint64_t n;
    std::string message;
  };
  /// Returns the event's id. Drops the oldest above kMaxBytes.
  std::string append(std::string message);
  std::string id_of(std::uint64_t n) const { return std::to_string(number_) + "-" + std::to_string(n); }
  /// The oldest that is kept behind `n`; null: none.
  const Event* after(std::uint64_t n) const;
  std::uint64_t number() const noexcept { return number_; }
  std::uint64_t newest() const noexcept { return next_ - 1; }
  std::size_t bytes() const noexcept { return bytes_; }

  static constexpr std::size_t kMaxBytes = 1u << 20;

private:
  std::uint64_t number_;
  std::uint64_t next_ = 1;
  std::size_t bytes_ = 0;
  std::deque<Event> events_;

public:
  base::Signal changed;
  bool done = false;         ///< no more messages will come
  std::uint64_t reader = 0;  ///< the newest reader; older ones end
};

class LegacySession final : public Subscriber, public std::enable_shared_from_this<LegacySession> {
public:
  LegacySession(base::Env& env, std::string id, Caller caller, ClientFacts client);
  void deliver(const Notice& notice) override;
  void close() override;

  const std::string id;
  const Caller caller;  ///< only this one may use the session
  const std::shared_ptr<LegacyPeer> peer;
  base::Instant used;
  bool closed = false;

  const std::shared_ptr<StreamLog>& standalone() const noexcept { return standalone_; }
  std::shared_ptr<StreamLog> new_stream();
  /// The stream of this event id, and its number; nullopt: it is not kept (any more).
  struct Place {
    std::shared_ptr<StreamLog> stream;
    std::uint64_t n;
  };
  std::optional<Place> find(std::string_view event_id) const;

private:
  static constexpr std::size_t kMaxStreams = 16;  ///< kept; the oldest that are done are dropped first
  base::Env& env_;
  std::uint64_t next_stream_ = 1;
  std::shared_ptr<StreamLog> standalone_;
  std::map<std::uint64_t, std::shared_ptr<StreamLog>> streams_;
};

class LegacySessions {
public:
  explicit LegacySessions(base::Env& env) : env_(env) {}
  std::shared_ptr<LegacySession> start(Caller caller, ClientFacts client);
  /// Null: unknown, ended, or somebody else's.
  std::shared_ptr<LegacySession> find(std::string_view id, const Caller& caller);
  bool end(std::string_view id, const Caller& caller);
  void end_all();
  std::size_t size() const noexcept { return sessions_.size(); }

private:
  static constexpr std::size_t kMaxSessions = 512;  ///< the one that was idle longest goes first
  static constexpr base::Duration kIdle = std::chrono::hours(24);
  void expire();
  base::Env& env_;
  std::map<std::string, std::shared_ptr<LegacySession>, std::less<>> sessions_;
};

}  // namespace openmcp::api::mcp
