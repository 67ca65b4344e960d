// Changes of the workspace as server-sent events.
#include "api/events.hpp"

#include <charconv>

#include "api/ops/parts.hpp"
#include "base/sync.hpp"
#include "http/sse.hpp"

namespace openmcp::api::ops {

namespace {

constexpr auto kKeepAlive = std::chrono::seconds(15);
constexpr auto kRetry = std::chrono::seconds(3);

std::string event_json(const Event& event) {
  JsonWriter json;
  json.begin_object();
  json.field("seq", event.seq).field("kind", to_string(event.kind));
  json.field("id", event.id ? event.id->text() : std::string());
  json.field("version", event.version).field("type", event.type).field("title", event.title);
  json.field("created", event.created);
  write_time(json, "time", event.time);
  json.end_object();
  return json.take();
}

/// Where a client goes on. A number that we have not reached is of an earlier run of the server: from now on.
std::uint64_t start_of(const Call& call, std::uint64_t newest) {
  const auto text = call.request.headers.get("Last-Event-ID");
  std::uint64_t seq = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return newest;
  return std::min(seq, newest);
}

/// What the stream waits for: each of the three sets its mark and wakes it.
struct Marks {
  explicit Marks(const base::Executor& executor) : changed(executor) {}
  base::Signal changed;
  bool gone = false, quiet = false;
};

base::Task<void> watch_client(http::Exchange& exchange, Marks& marks) {
  co_await exchange.until_gone();
  marks.gone = true;
  marks.changed.wake_all();
}

base::Task<void> watch_events(Events& events, std::uint64_t seen, Marks& marks) {
  while (true) {
    co_await events.after(seen);
    seen = events.newest();
    marks.changed.wake_all();
  }
}

base::Task<void> watch_clock(base::Env& env, Marks& marks) {
  while (true) {
    co_await env.sleep(kKeepAlive);
    marks.quiet = true;
    marks.changed.wake_all();
  }
}

/// For watchers that are ended when the stream is.
base::Task<void> until_cancelled(base::Task<void> watching) {
  try {
    co_await std::move(watching);
  } catch (const base::Error& error) {
    if (error.code() != base::Errc::cancelled) throw;
  }
}

class Streaming {
public:
  Streaming(std::shared_ptr<Ops> ops, Call& call)
      : ops_(std::move(ops)), call_(call), stream_(call.exchange), marks_(ops_->service.env.executor()) {}

  base::Task<void> run() {
    auto& events = ops_->service.events;
    seen_ = start_of(call_, events.newest());
    co_await stream_.start();
    if (call_.request.is("HEAD")) {
      co_await stream_.finish();
      co_return;
    }
    co_await stream_.retry(kRetry);
    auto body = [this](base::TaskGroup& group) { return serve(group); };
    co_await base::with_group(ops_->service.env, std::move(body));
    if (!marks_.gone) co_await stream_.finish();
  }

private:
  base::Task<void> serve(base::TaskGroup& group) {
    auto& events = ops_->service.events;
    group.spawn(until_cancelled(watch_client(call_.exchange, marks_)));
    group.spawn(until_cancelled(watch_events(events, seen_, marks_)));
    group.spawn(until_cancelled(watch_clock(ops_->service.env, marks_)));
    while (!marks_.gone && !ops_->draining && allowed()) {
      if (events.newest() > seen_) {
        auto event = co_await events.after(seen_);
        seen_ = event.seq;
        marks_.quiet = false;
        co_await stream_.send(event_json(event), std::string(to_string(event.kind)), std::to_string(event.seq));
      } else if (std::exchange(marks_.quiet, false)) {
        co_await stream_.comment("still here");
      } else {
        co_await marks_.changed.wait();
      }
    }
    group.cancel();
  }

  /// A token that ends while its stream is open ends the stream.
  bool allowed() const {
    return call_.caller.token_id.empty() || ops_->service.auth.still(call_.caller.token_id).has_value();
  }

  std::shared_ptr<Ops> ops_;
  Call& call_;
  http::EventStream stream_;
  Marks marks_;
  std::uint64_t seen_ = 0;
};

base::Task<void> stream(std::shared_ptr<Ops> ops, Call& call) {
  Streaming streaming(std::move(ops), call);
  co_await streaming.run();
}

}  // namespace

void add_events(const std::shared_ptr<Ops>& ops) { add(ops, "GET", "/api/v1/events", "events", Role::reader, stream); }

}  // namespace openmcp::api::ops
