#include "api/mcp/sessions.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "api/json_writer.hpp"

namespace openmcp::api::mcp {

std::string StreamLog::append(std::string message) {
  bytes_ += message.size();
  events_.push_back({next_++, std::move(message)});
  while (bytes_ > kMaxBytes && events_.size() > 1) {
    bytes_ -= events_.front().message.size();
    events_.pop_front();
  }
  changed.wake_all();
  return id_of(events_.back().n);
}

const StreamLog::Event* StreamLog::after(std::uint64_t n) const {
  auto found = std::ranges::find_if(events_, [n](auto& event) { return event.n > n; });
  return found == events_.end() ? nullptr : &*found;
}

LegacySession::LegacySession(base::Env& env, std::string id_, Caller caller_, ClientFacts client)
    : id(std::move(id_)),
      caller(std::move(caller_)),
      peer(std::make_shared<LegacyPeer>(env, std::move(client))),
      used(env.steady()),
      env_(env),
      standalone_(std::make_shared<StreamLog>(env.executor(), 0)) {}

void LegacySession::deliver(const Notice& notice) {
  if (closed || !peer->filter.wants(notice)) return;
  std::string params;
  if (notice.kind == Notice::Kind::updated) {
    JsonWriter json;
    json.begin_object().field("uri", notice.uri).end_object();
    params = json.take();
  }
  standalone_->append(notification_message(method_of(notice), params));
}

void LegacySession::close() {
  closed = true;
  peer->in_flight.cancel_all();
  peer->replies.fail_all();
  standalone_->done = true;
  standalone_->changed.wake_all();
}

std::shared_ptr<StreamLog> LegacySession::new_stream() {
  while (streams_.size() >= kMaxStreams) {
    auto old = std::ranges::find_if(streams_, [](auto& each) { return each.second->done; });
    streams_.erase(old == streams_.end() ? streams_.begin() : old);
  }
  auto stream = std::make_shared<StreamLog>(env_.executor(), next_stream_++);
  streams_.emplace(stream->number(), stream);
  return stream;
}

std::optional<LegacySession::Place> LegacySession::find(std::string_view event_id) const {
  const auto dash = event_id.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0, n = 0;
  const char* begin = event_id.data();
  auto first = std::from_chars(begin, begin + dash, number);
  auto second = std::from_chars(begin + dash + 1, begin + event_id.size(), n);
  if (first.ec != std::errc() || first.ptr != begin + dash || second.ec != std::errc() ||
      second.ptr != begin + event_id.size())
    return std::nullopt;
  if (number == 0) return Place{standalone_, n};
  auto found = streams_.find(number);
  if (found == streams_.end()) return std::nullopt;
  return Place{found->second, n};
}

std::shared_ptr<LegacySession> LegacySessions::start(Caller caller, ClientFacts client) {
  expire();
  std::array<std::uint8_t, 24> random{};
  env_.random(random);
  auto id = base::to_hex(random);
  auto session = std::make_shared<LegacySession>(env_, id, std::move(caller), std::move(client));
  sessions_.emplace(std::move(id), session);
  return session;
}

std::shared_ptr<LegacySession> LegacySessions::find(std::string_view id, const Caller& caller) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  auto& session = *found->second;
  if (session.caller.token_id != caller.token_id || session.caller.name != caller.name) return nullptr;
  session.used = env_.steady();
  return found->second;
}

bool LegacySessions::end(std::string_view id, const Caller& caller) {
  auto session = find(id, caller);
  if (!session) return false;
  session->close();
  sessions_.erase(session->id);
  return true;
}

void LegacySessions::end_all() {
  auto all = std::exchange(sessions_, {});
  for (auto& [id, session] : all) session->close();
}

void LegacySessions::expire() {
  const auto now = env_.steady();
  std::erase_if(sessions_, [now](auto& each) {
    if (now - each.second->used < kIdle) return false;
    each.second->close();
    return true;
  });
  while (sessions_.size() >= kMaxSessions) {
    auto oldest = std::ranges::min_element(sessions_, [](auto& a, auto& b) { return a.second->used < b.second->used; });
    oldest->second->close();
    sessions_.erase(oldest);
  }
}

}  // namespace openmcp::api::mcp
