// 2026-07-28 over HTTP: each POST stands for itself; its answer is JSON, or a stream when something comes before it.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "api/mcp/header_check.hpp"
#include "api/mcp/http_transport.hpp"
#include "api/mcp/in_flight.hpp"
#include "api/mcp/modern.hpp"
#include "api/mcp/state.hpp"
#include "base/sync.hpp"
#include "http/sse.hpp"

namespace openmcp::api::mcp {

namespace {

class ModernOutlet final : public Outlet {
public:
  ModernOutlet(base::Env& env, http::Exchange& exchange, bool events)
      : stream_(exchange), writing_(env.executor(), 1), events_(events) {}

  base::Task<void> notify(std::string message) override {
    if (!events_) co_return;  // a client that reads no streams does without
    co_await locked(std::move(message), false);
  }
  base::Task<SharedObject> request(std::string, std::string) override {
    throw base::Error(base::Errc::internal, "this era has no requests of the server");
    co_return nullptr;
  }
  base::Task<void> beat() {
    if (streaming_) co_await locked({}, false);
  }
  base::Task<void> finish(std::string message) { co_await locked(std::move(message), true); }
  bool streaming() const noexcept { return streaming_; }

private:
  /// An event, or with no message a comment. One at a time.
  base::Task<void> locked(std::string message, bool last) {
    co_await writing_.acquire();
    std::exception_ptr failed;
    try {
      if (!streaming_) {
        streaming_ = true;
        co_await stream_.start();
      }
      if (message.empty()) {
        co_await stream_.comment("alive");
      } else {
        co_await stream_.send(std::move(message), "message");
      }
      if (last) co_await stream_.finish();
    } catch (...) {
      failed = std::current_exception();
    }
    writing_.release();
    if (failed) std::rethrow_exception(failed);
  }

  http::EventStream stream_;
  base::Semaphore writing_;
  bool events_, streaming_ = false;
};

/// Closing the stream cancels. That the server drains wakes us too: then the stream still takes a comment.
base::Task<void> watch(http::Exchange& exchange, ModernOutlet& outlet, InFlight& in_flight, std::string id) {
  co_await exchange.until_gone();
  if (!outlet.streaming()) co_return;
  bool gone = false;
  try {
    co_await outlet.beat();
  } catch (const base::Error& error) {
    gone = error.code() != base::Errc::cancelled;
  }
  if (gone) in_flight.cancel(id);
}

/// Something may come before the answer.
bool may_stream(const Message& message, const ClientFacts& client) {
  return client.log.has_value() || !progress_token(*message.params).empty();
}

base::Task<void> store(std::string& into, base::Task<std::string> from) { into = co_await std::move(from); }

base::Task<void> answer(std::shared_ptr<ServerState> state, Call& call, ClientFacts client, Message message) {
  auto& env = state->service.env;
  ModernOutlet outlet(env, call.exchange, accepts_events(call.request));
  unsigned status = 200;
  std::string text;
  if (!may_stream(message, client)) {
    text = co_await answer_modern(state, call.caller, std::move(client), std::move(message), outlet, status);
  } else {
    InFlight alone;
    auto id = message.id;
    auto work = store(text, answer_modern(state, call.caller, std::move(client), std::move(message), outlet, status));
    auto beat = [&outlet] { return outlet.beat(); };
    std::vector<base::Task<void>> beside;
    beside.push_back(watch(call.exchange, outlet, alone, id));
    beside.push_back(beats(env, beat));
    const bool done = co_await cancellable(env, alone, id, std::move(work), std::move(beside));
    if (!done) throw base::Error(base::Errc::unavailable, "answering: the client closed the stream");
  }
  if (outlet.streaming()) {
    co_await outlet.finish(std::move(text));
  } else if (status == 403) {
    http::Headers headers{{"WWW-Authenticate", insufficient_scope(call)}};
    co_await send_message(call, std::move(text), status, std::move(headers));
  } else {
    co_await send_message(call, std::move(text), status);
  }
}

/// Gone, or the server drains: then a graceful end is tried.
base::Task<void> close_when_gone(http::Exchange& exchange, std::shared_ptr<Listening> listening) {
  co_await exchange.until_gone();
  listening->close();
}

base::Task<void> listen(std::shared_ptr<ServerState> state, Call& call, Message message) {
  if (!accepts_events(call.request))
    throw RpcError(kInvalidRequest, "subscriptions/listen is answered by an event stream", {}, 406);
  auto& env = state->service.env;
  auto listening = start_listening(*state, message);
  ModernOutlet outlet(env, call.exchange, true);
  InFlight alone;
  auto send = [&outlet](std::string text) { return outlet.notify(std::move(text)); };
  auto work = listening->run(send);
  auto beat = [&outlet] { return outlet.beat(); };
  std::vector<base::Task<void>> beside;
  beside.push_back(close_when_gone(call.exchange, listening));
  beside.push_back(beats(env, beat));
  const bool done = co_await cancellable(env, alone, message.id, std::move(work), std::move(beside));
  if (done) co_await call.exchange.finish();
}

}  // namespace

base::Task<void> post_modern(std::shared_ptr<ServerState> state, Call& call, Message message) {
  const auto id = message.id;
  std::optional<RpcError> failed;
  try {
    if (message.kind == Message::Kind::response)
      throw RpcError(kInvalidRequest, "this era has no responses of the client", {}, 400);
    if (message.kind == Message::Kind::notification) {
      co_await call.exchange.send({.status = 202, .headers = {}, .body = {}});
      co_return;
    }
    // The envelope first: without it the headers have nothing to agree with.
    auto client = read_envelope(message);
    check_standard_headers(message, client.version, call.request.headers);
    client = check_modern(message);
    call.exchange.set_caller(call.caller.name);
    if (message.method == "tools/call") {
      const auto* name = message.params->if_contains("name");
      auto entry = name && name->is_string() ? state->registry.tool(name->get_string()) : nullptr;
      if (entry) check_param_headers(message, entry->headers, call.request.headers);
    }
    if (message.method == "subscriptions/listen") {
      co_await listen(state, call, std::move(message));
    } else {
      co_await answer(state, call, std::move(client), std::move(message));
    }
    co_return;
  } catch (const RpcError& error) {
    if (call.exchange.started()) throw base::Error(base::Errc::internal, error.message());
    failed = error;
  }
  co_await send_error(call, id, *failed, failed->http_status());
}

}  // namespace openmcp::api::mcp
