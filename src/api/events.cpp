#include "api/events.hpp"

#include <algorithm>

namespace openmcp::api {

namespace {

constexpr std::size_t kKept = 1024;

Event event_of(const context::Change& change) {
  Event event;
  switch (change.kind) {
    case context::Change::Kind::committed:
      event.kind = Event::Kind::committed;
      break;
    case context::Change::Kind::forgotten:
      event.kind = Event::Kind::forgotten;
      break;
    case context::Change::Kind::imported:
      event.kind = Event::Kind::imported;
      break;
  }
  event.id = change.id;
  event.version = change.version.text();
  event.type = change.type;
  event.title = change.title;
  event.created = change.created;
  return event;
}

}  // namespace

std::string_view to_string(Event::Kind kind) noexcept {
  switch (kind) {
    case Event::Kind::committed:
      return "committed";
    case Event::Kind::forgotten:
      return "forgotten";
    case Event::Kind::imported:
      return "imported";
    case Event::Kind::pins:
      return "pins";
  }
  return "committed";
}

Events::Events(base::Env& env, context::Workspace& workspace)
    : env_(env), workspace_(workspace), changed_(env.executor()) {
  watching_ = workspace.watch([this](const context::Change& change) { publish(event_of(change)); });
}

Events::~Events() { workspace_.unwatch(watching_); }

void Events::publish(Event event) {
  event.seq = ++newest_;
  event.time = env_.now().time_since_epoch().count();
  kept_.push_back(std::move(event));
  if (kept_.size() > kKept) kept_.pop_front();
  changed_.wake_all();
}

base::Task<Event> Events::after(std::uint64_t seq) {
  while (true) {
    if (newest_ > seq) {
      const auto oldest = kept_.front().seq;
      co_return kept_[seq < oldest ? 0 : static_cast<std::size_t>(seq + 1 - oldest)];
    }
    co_await changed_.wait();
  }
}

std::deque<Event> Events::recent(std::size_t limit) const {
  const auto count = std::min(limit, kept_.size());
  return {kept_.end() - static_cast<std::ptrdiff_t>(count), kept_.end()};
}

}  // namespace openmcp::api
