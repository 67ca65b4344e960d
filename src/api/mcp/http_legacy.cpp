// 2025-11-25 and before over HTTP: sessions, streams that can be taken up again, and requests of the server on them.
#include <fmt/format.h>

#include <algorithm>

#include "api/mcp/dispatch.hpp"
#include "api/mcp/http_transport.hpp"
#include "api/mcp/in_flight.hpp"
#include "api/mcp/state.hpp"
#include "base/sync.hpp"
#include "http/sse.hpp"

namespace openmcp::api::mcp {

namespace {

constexpr base::Duration kRetry = std::chrono::milliseconds(500);

/// The session of this request. Throws RpcError with HTTP 400 or 404.
std::shared_ptr<LegacySession> session_of(ServerState& state, const Call& call) {
  const auto& headers = call.request.headers;
  const auto version = headers.get("MCP-Protocol-Version");
  if (!version.empty() && legacy_version(version).empty())
    throw RpcError(kInvalidRequest, "MCP-Protocol-Version is not a revision that sessions have", {}, 400);
  const auto* id = headers.find("Mcp-Session-Id");
  if (!id) throw RpcError(kInvalidRequest, "Mcp-Session-Id is missing: send initialize first", {}, 400);
  auto session = state.sessions.find(*id, call.caller);
  if (!session) throw RpcError(kSessionNotFound, "there is no such session (any more): send initialize again", {}, 404);
  return session;
}

/// Revision 2025-11-25 begins a stream with an event that has an id and no data; clients before that cannot read it.
bool primes(const LegacySession& session) { return session.peer->client.version == kLegacyVersions.front(); }

/// A client may go and come back: what was written stays in the log, and the work goes on.
class LegacyOutlet final : public Outlet {
public:
  LegacyOutlet(base::Env& env, std::shared_ptr<LegacySession> session, http::Exchange& exchange, bool events)
      : session_(std::move(session)), stream_(exchange), writing_(env.executor(), 1), events_(events) {}
  ~LegacyOutlet() override {
    if (log_) log_->done = true;
  }

  base::Task<void> notify(std::string message) override {
    if (!events_) co_return;
    co_await put(std::move(message), Then::go_on);
  }

  base::Task<SharedObject> request(std::string method, std::string params) override {
    if (!events_) throw base::Error(base::Errc::unsupported, "asking the client: it reads no event streams");
    auto id = session_->peer->replies.next_id();
    co_await put(request_message(id, method, params), Then::go_on);
    co_return co_await session_->peer->replies.wait(id);
  }

  base::Task<void> close_stream() override {
    if (events_) co_await put({}, Then::close);
  }

  base::Task<void> beat() {
    session_->peer->replies.beat();
    if (log_ && !away_) co_await put({}, Then::beat);
  }

  bool streaming() const noexcept { return log_ != nullptr; }
  /// On a stream: the last message, and its end.
  base::Task<void> finish(std::vector<std::string> messages) {
    for (auto& message : messages) co_await put(std::move(message), Then::go_on);
    co_await put({}, Then::finish);
  }

private:
  enum class Then : std::uint8_t { go_on, beat, close, finish };

  base::Task<void> put(std::string message, Then then) {
    co_await writing_.acquire();
    std::exception_ptr failed;
    std::string id;
    const bool first = !log_;
    if (first) log_ = session_->new_stream();
    if (!message.empty()) id = log_->append(message);
    if (then == Then::finish) {
      log_->done = true;
      log_->changed.wake_all();
    }
    try {
      if (!away_) co_await write(first, std::move(id), std::move(message), then);
    } catch (const base::Error& error) {
      if (error.code() == base::Errc::cancelled) failed = std::current_exception();
      away_ = true;  // the client may come back with Last-Event-ID
    }
    writing_.release();
    if (failed) std::rethrow_exception(failed);
  }

  base::Task<void> write(bool first, std::string id, std::string message, Then then) {
    if (first) {
      co_await stream_.start();
      if (primes(*session_)) co_await stream_.send("", "", log_->id_of(0));
    }
    if (!message.empty()) co_await stream_.send(std::move(message), "message", std::move(id));
    if (then == Then::beat) co_await stream_.comment("alive");
    if (then == Then::close) {
      away_ = true;
      co_await stream_.retry(kRetry);
    }
    if (then == Then::close || then == Then::finish) co_await stream_.finish();
  }

  std::shared_ptr<LegacySession> session_;
  http::EventStream stream_;
  base::Semaphore writing_;
  std::shared_ptr<StreamLog> log_;
  bool events_, away_ = false;
};

base::Task<void> initialize(std::shared_ptr<ServerState> state, Call& call, Message message) {
  auto client = read_initialize(*message.params);
  const auto version = client.version;
  auto session = state->sessions.start(call.caller, std::move(client));
  state->notices.add(session);
  state->count(false, message.method, true);
  http::Headers headers{{"Mcp-Session-Id", session->id}};
  co_await send_message(call, result_message(message.id, initialize_result(state->service, version)), 200,
                        std::move(headers));
}

base::Task<void> store(std::string& into, base::Task<std::string> from) { into = co_await std::move(from); }

base::Task<void> answer_all(std::shared_ptr<ServerState> state, Call& call, std::shared_ptr<LegacySession> session,
                            std::vector<Message> requests, bool array) {
  auto& env = state->service.env;
  LegacyOutlet outlet(env, session, call.exchange, accepts_events(call.request));
  std::vector<std::string> answers;
  unsigned status = 200;
  for (auto& request : requests) {
    const auto id = request.id;
    if (session->peer->in_flight.has(id))
      throw RpcError(kInvalidRequest, "a request with this id is being answered", {}, 400);
    std::string text;
    auto work = store(text, answer_legacy(state, session->peer, call.caller, std::move(request), outlet, status));
    auto beat = [&outlet] { return outlet.beat(); };
    std::vector<base::Task<void>> beside;
    beside.push_back(beats(env, beat));
    const bool done = co_await cancellable(env, session->peer->in_flight, id, std::move(work), std::move(beside));
    // Nothing is owed to a request that the client took back, but this POST wants an answer.
    if (!done) text = error_message(id, RpcError(kInvalidRequest, "the request was cancelled"));
    answers.push_back(std::move(text));
  }
  if (outlet.streaming()) {
    co_await outlet.finish(std::move(answers));
    co_return;
  }
  if (!array && status == 403) {
    http::Headers headers{{"WWW-Authenticate", insufficient_scope(call)}};
    co_await send_message(call, std::move(answers.front()), status, std::move(headers));
    co_return;
  }
  auto body = array ? fmt::format("[{}]", fmt::join(answers, ",")) : std::move(answers.front());
  co_await send_message(call, std::move(body), 200);
}

/// One reader of a stream: the standalone one, or one that was lost.
class Reading {
public:
  Reading(base::Env& env, std::shared_ptr<LegacySession> session, http::Exchange& exchange, LegacySession::Place place)
      : env_(env),
        session_(std::move(session)),
        log_(std::move(place.stream)),
        n_(place.n),
        reader_(++log_->reader),
        exchange_(exchange),
        stream_(exchange) {
    log_->changed.wake_all();  // the reader before this one ends
  }

  /// Sends what is kept, and what comes, until the stream is done, another reader came, or the client went.
  base::Task<void> run(bool fresh) {
    auto body = [this, fresh](base::TaskGroup& group) -> base::Task<void> {
      group.spawn(note_gone());
      group.spawn(note_beats());
      std::exception_ptr failed;
      try {
        co_await send_all(fresh);
      } catch (const base::Error& error) {
        if (error.code() != base::Errc::unavailable) failed = std::current_exception();
      }
      group.cancel();
      if (failed) std::rethrow_exception(failed);
    };
    co_await base::with_group(env_, std::move(body));
  }

private:
  base::Task<void> send_all(bool fresh) {
    co_await stream_.start();
    if (fresh && primes(*session_)) co_await stream_.send("", "", log_->id_of(n_));
    for (;;) {
      while (const auto* event = log_->after(n_)) {
        n_ = event->n;
        auto message = event->message;
        co_await stream_.send(std::move(message), "message", log_->id_of(n_));
      }
      if (log_->done || log_->reader != reader_ || gone_ || session_->closed) break;
      if (std::exchange(beat_, false)) co_await stream_.comment("alive");
      session_->used = env_.steady();
      if (!log_->after(n_) && !gone_ && log_->reader == reader_) co_await log_->changed.wait();
    }
    co_await stream_.finish();
  }

  base::Task<void> note_gone() {
    try {
      co_await exchange_.until_gone();
      gone_ = true;
      log_->changed.wake_all();
    } catch (const base::Error&) {
      // cancelled: the stream has ended
    }
  }

  base::Task<void> note_beats() {
    try {
      for (;;) {
        co_await env_.sleep(kBeat);
        beat_ = true;
        log_->changed.wake_all();
      }
    } catch (const base::Error&) {
      // cancelled: the stream has ended
    }
  }

  base::Env& env_;
  std::shared_ptr<LegacySession> session_;
  std::shared_ptr<StreamLog> log_;
  std::uint64_t n_, reader_;
  http::Exchange& exchange_;
  http::EventStream stream_;
  bool gone_ = false, beat_ = false;
};

}  // namespace

base::Task<void> post_legacy(std::shared_ptr<ServerState> state, Call& call, Batch batch) {
  auto& first = batch.messages.front();
  const auto id = batch.array ? std::string() : first.id;
  std::optional<RpcError> failed;
  try {
    call.exchange.set_caller(call.caller.name);
    if (!batch.array && first.is_request() && first.method == "initialize") {
      co_await initialize(state, call, std::move(first));
      co_return;
    }
    auto session = session_of(*state, call);
    if (batch.array && session->peer->client.version != "2025-03-26")
      throw RpcError(kInvalidRequest, "this revision of the protocol has no batches", {}, 400);
    std::vector<Message> requests;
    for (auto& message : batch.messages) {
      if (message.is_request())
        requests.push_back(std::move(message));
      else
        take_legacy(*session->peer, message);
    }
    if (requests.empty()) {
      co_await call.exchange.send({.status = 202, .headers = {}, .body = {}});
    } else {
      co_await answer_all(state, call, session, std::move(requests), batch.array);
    }
    co_return;
  } catch (const RpcError& error) {
    if (call.exchange.started()) throw base::Error(base::Errc::internal, error.message());
    failed = error;
  }
  co_await send_error(call, id, *failed, failed->http_status());
}

base::Task<void> get_legacy(std::shared_ptr<ServerState> state, Call& call) {
  if (!accepts_events(call.request))
    throw RpcError(kInvalidRequest, "GET /mcp is an event stream: send Accept: text/event-stream", {}, 406);
  auto session = session_of(*state, call);
  call.exchange.set_caller(call.caller.name);
  const auto* last = call.request.headers.find("Last-Event-ID");
  LegacySession::Place place{session->standalone(), session->standalone()->newest()};
  if (last) {
    auto found = session->find(*last);
    if (!found) throw RpcError(kInvalidRequest, "the stream of this Last-Event-ID is not kept any more", {}, 404);
    place = *found;
  }
  Reading reading(state->service.env, session, call.exchange, std::move(place));
  co_await reading.run(last == nullptr);
}

base::Task<void> delete_legacy(std::shared_ptr<ServerState> state, Call& call) {
  auto session = session_of(*state, call);
  state->sessions.end(session->id, call.caller);
  co_await call.exchange.send({.status = 204, .headers = {}, .body = {}});
}

}  // namespace openmcp::api::mcp
