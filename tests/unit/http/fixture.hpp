// A server with a handler of the test's on a free port of this machine, and raw clients that say byte for byte what the
// test wants.
#pragma once

#include <gtest/gtest.h>

#include <chrono>

#include "base/real_env.hpp"
#include "base/result.hpp"
#include "base/sync.hpp"
#include "http/server.hpp"
#include "support/run.hpp"

namespace openmcp::http::test {

using base::Errc;
using base::Error;
using base::Task;
using namespace std::chrono_literals;

inline Task<Errc> code_of(Task<void> act) {
  try {
    co_await std::move(act);
  } catch (const Error& error) {
    co_return error.code();
  }
  co_return Errc::internal;
}

/// A connection that sends and collects text.
class Raw {
public:
  static Task<Raw> to(base::Env& env, base::Endpoint at) {
    auto stream = co_await env.network().connect(std::move(at));
    co_return Raw(std::move(stream));
  }
  explicit Raw(std::unique_ptr<base::Stream> stream) : stream_(std::move(stream)) {}

  Task<void> say(std::string text) { co_await stream_->write(base::as_bytes(text)); }
  Task<void> close() { co_await stream_->close(); }
  void reset() { stream_->reset(); }
  /// Until `text` was seen; what was read so far, with it. What lies behind it is kept.
  Task<std::string> until(std::string text) {
    for (;;) {
      if (auto at = got_.find(text); at != std::string::npos) {
        auto seen = got_.substr(0, at + text.size());
        got_.erase(0, at + text.size());
        co_return seen;
      }
      if (!co_await more()) throw Error(Errc::unavailable, "the end came before '" + text + "': " + got_);
    }
  }
  Task<std::string> exactly(std::size_t size) {
    while (got_.size() < size) {
      if (!co_await more()) throw Error(Errc::unavailable, "the end came early: " + got_);
    }
    auto seen = got_.substr(0, size);
    got_.erase(0, size);
    co_return seen;
  }
  /// All until the server closes.
  Task<std::string> rest() {
    while (co_await more()) {
    }
    co_return std::exchange(got_, {});
  }

private:
  Task<bool> more() {
    base::Bytes buffer(64u << 10);
    auto size = co_await stream_->read(buffer);
    got_ += base::as_text(base::BytesView(buffer).first(size));
    co_return size > 0;
  }
  std::unique_ptr<base::Stream> stream_;
  std::string got_;
};

inline const std::string kEnd = "\r\n\r\n";
inline const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Says `text` and returns all until the server closes.
inline Task<std::string> ask(base::Env& on, base::Endpoint at, std::string text) {
  auto raw = co_await Raw::to(on, std::move(at));
  co_await raw.say(std::move(text));
  co_return co_await raw.rest();
}

class ServerTest : public testing::Test {
protected:
  /// Runs `act` against a server with `handler`, and drains it.
  template <class Act>
  void serve(Handler handler, Act act) {
    auto main = [](base::Env& on, ServerOptions with, Handler by, Act& body) -> Task<void> {
      Server server(on, std::move(with), std::move(by));
      base::Endpoint any{"127.0.0.1", 0};
      auto at = co_await server.listen(std::move(any));
      co_await body(on, server, at);
      co_await server.drain(10s);
    };
    env.run_until_done(main(env, options, std::move(handler), act));
  }

  base::RealEnv env{1};
  ServerOptions options;
};

/// Answers with what it was asked.
inline Task<void> echo(Exchange& exchange) {
  auto body = co_await exchange.read_all(1u << 20);
  const auto& request = exchange.request();
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body =
      request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query) + "\n" + body;
  co_await exchange.send(std::move(response));
}

}  // namespace openmcp::http::test
