#include "http/server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>

#include "base/log.hpp"
#include "http/http1_connection.hpp"
#include "http/http2_connection.hpp"
#include "http/server_core.hpp"
#include "http/tls.hpp"

namespace openmcp::http {

using base::Errc;
using base::Error;
using base::Task;

namespace {

constexpr base::Duration kAcceptPause = std::chrono::milliseconds(200);  ///< after an error such as EMFILE
constexpr base::Duration kLongestSweep = std::chrono::seconds(1);
constexpr base::Duration kShortestSweep = std::chrono::milliseconds(10);

/// What connections are counted by: the address, of IPv6 the network that one customer has (/64). "" is not counted.
std::string counted_as(const std::string& host) {
  if (host.empty() || host == "::1" || host.starts_with("127.")) return {};
  std::array<unsigned char, 16> six{};
  if (::inet_pton(AF_INET6, host.c_str(), six.data()) != 1) return host;
  return "v6:" + std::string(reinterpret_cast<const char*>(six.data()), 8);
}

}  // namespace

struct Server::State : ServerCore, std::enable_shared_from_this<State> {
  using ServerCore::ServerCore;

  Task<void> accept_all(std::shared_ptr<base::Listener> listener);
  void admit(std::unique_ptr<base::Stream> stream);
  Task<void> host(std::unique_ptr<base::Stream> stream, std::string counted);
  Task<void> serve(Hosted& own, std::unique_ptr<base::Stream> stream);
  Task<void> sweep();
  void reset_all();

  std::shared_ptr<const TlsContext> load_tls() {
    return TlsContext::for_server(env.disk(), options.tls->certificate, options.tls->key);
  }

  std::vector<std::shared_ptr<base::Listener>> listeners;
  std::shared_ptr<const TlsContext> tls;
};

Task<void> Server::State::accept_all(std::shared_ptr<base::Listener> listener) {
  auto self = shared_from_this();
  base::Instant told{};
  for (;;) {
    bool failed = false;
    try {
      auto stream = co_await listener->accept();
      if (draining || closed) co_return;
      admit(std::move(stream));
    } catch (const Error& error) {
      if (error.code() == Errc::cancelled || draining || closed) co_return;
      failed = true;  // too many open files, or a client that left at once
      auto now = env.steady();
      if (now - told > std::chrono::seconds(10)) {
        told = now;
        base::log(base::LogLevel::warn, "http", "{}: accepting at {}: {}", options.name, listener->endpoint().host,
                  error.message());
      }
    }
    if (failed) co_await env.sleep(kAcceptPause);
  }
}

void Server::State::admit(std::unique_ptr<base::Stream> stream) {
  auto counted = counted_as(stream->peer().host);
  std::size_t* count = counted.empty() ? nullptr : &of_address[counted];
  if (hosted.size() >= options.max_connections || (count && *count >= options.max_connections_peer)) {
    stream->reset();
    return;
  }
  if (count) ++*count;
  env.spawn(host(std::move(stream), std::move(counted)));
}

Task<void> Server::State::host(std::unique_ptr<base::Stream> stream, std::string counted) {
  auto self = shared_from_this();
  struct Listed {
    State& state;
    Hosted own;
    std::list<Hosted*>::iterator place;
    explicit Listed(State& in) : state(in), own(in.env), place(in.hosted.insert(in.hosted.end(), &own)) {}
    ~Listed() {
      state.hosted.erase(place);
      if (auto found = state.of_address.find(own.counted); found != state.of_address.end() && --found->second == 0) {
        state.of_address.erase(found);
      }
      state.ended.wake_all();
    }
  };
  Listed listed(*this);
  listed.own.counted = std::move(counted);
  listed.own.stream = stream.get();
  if (!sweeping) {
    sweeping = true;
    env.spawn(sweep());
  }
  listed.own.tasks.spawn(serve(listed.own, std::move(stream)));
  co_await listed.own.tasks.join();
}

Task<void> Server::State::serve(Hosted& own, std::unique_ptr<base::Stream> stream) {
  auto self = shared_from_this();
  if (!tls) {
    own.stream = nullptr;
    own.connection = std::make_shared<Http1Connection>(std::move(self), std::move(stream), own.tasks, false);
  } else {
    own.deadline = env.steady() + options.head_time;
    std::unique_ptr<TlsStream> secure;
    try {
      secure = co_await TlsStream::accept(env, std::move(stream), tls);
    } catch (const Error& error) {
      base::log(base::LogLevel::debug, "http", "{}: {}", options.name, error.message());
      own.stream = nullptr;
      co_return;
    }
    own.stream = nullptr;
    own.deadline = kNever;
    if (draining || closed) co_return;
    if (secure->protocol() == "h2") {
      own.connection = std::make_shared<Http2Connection>(std::move(self), std::move(secure), own.tasks);
    } else {
      own.connection = std::make_shared<Http1Connection>(std::move(self), std::move(secure), own.tasks, true);
    }
  }
  auto connection = own.connection;
  co_await connection->run();
}

/// Looks at all connections from time to time, while there are any: cheaper than a timer for each wait.
Task<void> Server::State::sweep() {
  auto self = shared_from_this();
  auto shortest = std::min({options.head_time, options.idle_time, options.stall_time});
  auto step = std::clamp<base::Duration>(shortest / 8, kShortestSweep, kLongestSweep);
  while (!hosted.empty() && !closed) {
    co_await env.sleep(step);
    auto now = env.steady();
    for (auto* each : hosted) {
      if (each->connection) {
        each->connection->check(now);
      } else if (now >= each->deadline) {
        each->tasks.cancel();
      }
    }
  }
  sweeping = false;
}

void Server::State::reset_all() {
  for (auto* each : hosted) {
    each->tasks.cancel();
    if (each->connection) each->connection->reset();
    if (each->stream) each->stream->reset();
  }
}

Server::Server(base::Env& env, ServerOptions options, Handler handler)
    : state_(std::make_shared<State>(env, std::move(options), std::move(handler))) {}

Server::~Server() {
  state_->closed = true;
  for (auto& listener : state_->listeners) listener->close();
  state_->reset_all();
}

Task<base::Endpoint> Server::listen(base::Endpoint at) {
  auto state = state_;
  if (state->options.tls && !state->tls) state->tls = state->load_tls();
  auto made = co_await state->env.network().listen(std::move(at));
  std::shared_ptr<base::Listener> listener = std::move(made);
  state->listeners.push_back(listener);
  state->env.spawn(state->accept_all(listener));
  co_return listener->endpoint();
}

Task<void> Server::drain(base::Duration grace) {
  auto state = state_;
  state->draining = true;
  for (auto& listener : state->listeners) listener->close();
  for (auto* each : state->hosted) {
    if (each->connection) {
      each->connection->drain();
    } else {
      each->tasks.cancel();
    }
  }
  bool over = false;
  auto wait = [&state, &over, grace](base::TaskGroup& timer) -> Task<void> {
    auto end = [](State& of, base::Duration time, bool& past) -> Task<void> {
      co_await of.env.sleep(time);
      past = true;
      of.ended.wake_all();
    };
    timer.spawn(end(*state, grace, over));
    while (!state->hosted.empty() && !over) co_await state->ended.wait();
    timer.cancel();
  };
  try {
    co_await base::with_group(state->env, std::move(wait));
  } catch (const Error& error) {
    if (error.code() != Errc::cancelled || !(over || state->hosted.empty())) throw;
  }
  if (state->hosted.empty()) co_return;
  base::log(base::LogLevel::info, "http", "{}: {} connections did not end in time and are reset", state->options.name,
            state->hosted.size());
  state->reset_all();
  while (!state->hosted.empty()) co_await state->ended.wait();
}

ServerStats Server::stats() const noexcept {
  return {.connections = state_->hosted.size(), .in_flight = state_->in_flight};
}

void Server::reload_tls() {
  if (state_->options.tls) state_->tls = state_->load_tls();
}

}  // namespace openmcp::http
