#include "api/mcp/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <deque>

#include "api/json_writer.hpp"
#include "api/mcp/dispatch.hpp"
#include "api/mcp/in_flight.hpp"
#include "api/mcp/legacy.hpp"
#include "api/mcp/modern.hpp"
#include "api/mcp/state.hpp"
#include "base/sync.hpp"

namespace openmcp::api::mcp {

namespace {

constexpr std::size_t kMaxInFlight = 64;  ///< requests; the next line is read when one is answered
constexpr std::size_t kMaxQueued = 256;   ///< lines that wait to be written
constexpr std::size_t kMaxNotices = 1024;

/// Lines on their way out, in order, written by one coroutine.
class Output {
public:
  Output(base::Env& env, WriteLine write) : changed_(env.executor()), write_(std::move(write)) {}

  /// Waits while too much is queued.
  base::Task<void> send(std::string message) {
    while (queue_.size() >= kMaxQueued && !broken_) co_await changed_.wait();
    if (broken_) throw base::Error(base::Errc::unavailable, "writing a line: the client is gone");
    push(std::move(message));
  }
  /// Does not wait; dropped where the client reads nothing at all.
  void post(std::string message) {
    if (!broken_ && queue_.size() < kMaxNotices) push(std::move(message));
  }
  /// Until close(), then what is left.
  base::Task<void> run() {
    try {
      for (;;) {
        while (!queue_.empty()) {
          auto line = std::move(queue_.front());
          queue_.pop_front();
          changed_.wake_all();
          co_await write_(std::move(line));
        }
        if (closed_) co_return;
        co_await changed_.wait();
      }
    } catch (const base::Error& error) {
      broken_ = true;
      queue_.clear();
      changed_.wake_all();
      if (error.code() == base::Errc::cancelled) throw;
    }
  }
  void close() {
    closed_ = true;
    changed_.wake_all();
  }
  bool broken() const noexcept { return broken_; }

private:
  void push(std::string message) {
    // In JSON a line break stands between tokens only: in texts it is escaped.
    std::ranges::replace(message, '\n', ' ');
    queue_.push_back(std::move(message));
    changed_.wake_all();
  }
  base::Signal changed_;
  WriteLine write_;
  std::deque<std::string> queue_;
  bool closed_ = false, broken_ = false;
};

class LinesOutlet final : public Outlet {
public:
  LinesOutlet(Output& output, Replies* replies) : output_(output), replies_(replies) {}
  base::Task<void> notify(std::string message) override { co_await output_.send(std::move(message)); }
  base::Task<SharedObject> request(std::string method, std::string params) override {
    if (!replies_) throw base::Error(base::Errc::internal, "this era has no requests of the server");
    auto id = replies_->next_id();
    co_await output_.send(request_message(id, method, params));
    co_return co_await replies_->wait(id);
  }

private:
  Output& output_;
  Replies* replies_;
};

/// The legacy client of this channel hears of changes.
class LinesSubscriber final : public Subscriber {
public:
  LinesSubscriber(std::shared_ptr<LegacyPeer> peer, std::shared_ptr<Output> output)
      : peer_(std::move(peer)), output_(std::move(output)) {}
  void deliver(const Notice& notice) override {
    if (!peer_->filter.wants(notice)) return;
    std::string params;
    if (notice.kind == Notice::Kind::updated) params = "{\"uri\":" + json_quoted(notice.uri) + "}";
    output_->post(notification_message(method_of(notice), params));
  }
  void close() override {}

private:
  std::shared_ptr<LegacyPeer> peer_;
  std::shared_ptr<Output> output_;
};

base::Task<void> store(std::string& into, base::Task<std::string> from) { into = co_await std::move(from); }

class Channel {
public:
  Channel(std::shared_ptr<ServerState> state, Caller caller, WriteLine write)
      : state_(std::move(state)),
        caller_(std::move(caller)),
        env_(state_->service.env),
        output_(std::make_shared<Output>(env_, std::move(write))),
        room_(env_.executor(), kMaxInFlight) {}

  base::Task<void> run(ReadLine read) {
    auto body = [this, &read](base::TaskGroup& group) -> base::Task<void> {
      base::TaskGroup writer(env_);
      writer.spawn(output_->run());
      std::exception_ptr failed;
      try {
        co_await read_all(read, group);
      } catch (...) {
        failed = std::current_exception();
      }
      // The client closed its side: what it asked before is still answered, but nothing waits for it any more.
      if (failed || output_->broken()) in_flight_.cancel_all();
      if (peer_) peer_->replies.fail_all();
      for (auto& [id, listening] : listenings_) listening->close();
      try {
        co_await group.join();
      } catch (const base::Error&) {
        // of a request that was cancelled
      }
      output_->close();
      co_await writer.join();
      if (failed) std::rethrow_exception(failed);
    };
    co_await base::with_group(env_, std::move(body));
  }

private:
  base::Task<void> read_all(ReadLine& read, base::TaskGroup& group) {
    for (;;) {
      auto line = co_await read();
      if (!line || output_->broken()) co_return;
      if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
      auto batch = decode_batch(*line);
      if (!batch) {
        RpcError error(batch.error().code, batch.error().why);
        co_await output_->send(error_message(batch.error().id, error));
        continue;
      }
      if (batch->array) {
        co_await take_batch(std::move(*batch), group);
      } else {
        co_await take(std::move(batch->messages.front()), group);
      }
    }
  }

  base::Task<void> take(Message message, base::TaskGroup& group) {
    if (!message.is_request()) {
      take_other(message);
      co_return;
    }
    std::optional<RpcError> refused;
    std::optional<ClientFacts> client;
    bool legacy = false;
    try {
      if (in_flight_.has(message.id)) throw RpcError(kInvalidRequest, "a request with this id is being answered");
      legacy = !is_modern(message, "");
      if (legacy && message.method == "initialize") {
        co_await initialize(message);
        co_return;
      }
      if (legacy && !peer_)
        throw RpcError(kInvalidRequest,
                       "send initialize first, or put the envelope of revision 2026-07-28 into params._meta");
      if (!legacy) client = check_modern(message);
    } catch (const RpcError& error) {
      refused = error;
    }
    if (refused) {
      co_await output_->send(error_message(message.id, *refused));
      co_return;
    }
    co_await room_.acquire();
    auto job = legacy ? legacy_request(std::move(message)) : modern_request(*std::move(client), std::move(message));
    group.spawn(std::move(job));
  }

  base::Task<void> initialize(const Message& message) {
    if (peer_) throw RpcError(kInvalidRequest, "this channel was initialized before");
    auto client = read_initialize(*message.params);
    const auto version = client.version;
    peer_ = std::make_shared<LegacyPeer>(env_, std::move(client));
    subscriber_ = std::make_shared<LinesSubscriber>(peer_, output_);
    state_->notices.add(subscriber_);
    state_->count(false, message.method, true);
    co_await output_->send(result_message(message.id, initialize_result(state_->service, version)));
  }

  void take_other(const Message& message) {
    if (peer_ && message.kind == Message::Kind::response) peer_->replies.take(message);
    if (message.method != "notifications/cancelled") return;
    const auto* id = message.params->if_contains("requestId");
    if (id && (id->is_string() || id->is_int64() || id->is_uint64())) in_flight_.cancel(boost::json::serialize(*id));
  }

  /// Revision 2025-03-26: the answers of a batch are one array.
  base::Task<void> take_batch(Batch batch, base::TaskGroup& group) {
    if (!peer_ || peer_->client.version != "2025-03-26") {
      RpcError error(kInvalidRequest, "this revision of the protocol has no batches");
      co_await output_->send(error_message("", error));
      co_return;
    }
    std::vector<Message> requests;
    for (auto& message : batch.messages) {
      if (message.is_request())
        requests.push_back(std::move(message));
      else
        take_other(message);
    }
    if (requests.empty()) co_return;
    co_await room_.acquire();
    group.spawn(batch_request(std::move(requests)));
  }

  base::Task<void> batch_request(std::vector<Message> requests) {
    std::vector<std::string> answers;
    for (auto& request : requests) {
      const auto id = request.id;
      LinesOutlet outlet(*output_, &peer_->replies);
      std::string text;
      unsigned status = 200;
      auto work = store(text, answer_legacy(state_, peer_, caller_, std::move(request), outlet, status));
      const bool done = co_await run_one(id, std::move(work));
      if (done) answers.push_back(std::move(text));
    }
    room_.release();
    if (!answers.empty()) co_await send_quietly(fmt::format("[{}]", fmt::join(answers, ",")));
  }

  base::Task<void> legacy_request(Message message) {
    const auto id = message.id;
    LinesOutlet outlet(*output_, &peer_->replies);
    std::string text;
    unsigned status = 200;
    auto work = store(text, answer_legacy(state_, peer_, caller_, std::move(message), outlet, status));
    const bool done = co_await run_one(id, std::move(work));
    room_.release();
    if (done) co_await send_quietly(std::move(text));
  }

  base::Task<void> modern_request(ClientFacts client, Message message) {
    const auto id = message.id;
    if (message.method == "subscriptions/listen") {
      co_await listen(std::move(message));
      room_.release();
      co_return;
    }
    LinesOutlet outlet(*output_, nullptr);
    std::string text;
    unsigned status = 200;
    auto work = store(text, answer_modern(state_, caller_, std::move(client), std::move(message), outlet, status));
    const bool done = co_await run_one(id, std::move(work));
    room_.release();
    if (done) co_await send_quietly(std::move(text));
  }

  base::Task<void> listen(Message message) {
    std::optional<RpcError> refused;
    try {
      if (listenings_.size() >= kMaxInFlight / 2)
        throw RpcError(kInvalidParams, "too many subscriptions on one channel");
      listenings_[message.id] = start_listening(*state_, message);
    } catch (const RpcError& error) {
      refused = error;
    }
    if (refused) {
      co_await send_quietly(error_message(message.id, *refused));
      co_return;
    }
    auto send = [output = output_](std::string text) { return output->send(std::move(text)); };
    auto work = listenings_[message.id]->run(send);
    co_await run_one(message.id, std::move(work));
    listenings_.erase(message.id);
  }

  /// False: cancelled, or the client is gone.
  base::Task<bool> run_one(std::string id, base::Task<void> work) {
    auto beat = [this]() -> base::Task<void> {
      if (peer_) peer_->replies.beat();
      co_return;
    };
    std::vector<base::Task<void>> beside;
    beside.push_back(beats(env_, beat));
    bool done = false;
    try {
      done = co_await cancellable(env_, in_flight_, std::move(id), std::move(work), std::move(beside));
    } catch (const base::Error& error) {
      if (error.code() != base::Errc::unavailable) throw;
    }
    co_return done;
  }

  base::Task<void> send_quietly(std::string text) {
    try {
      co_await output_->send(std::move(text));
    } catch (const base::Error&) {
      // The client is gone: nobody waits for it.
    }
  }

  std::shared_ptr<ServerState> state_;
  Caller caller_;
  base::Env& env_;
  std::shared_ptr<Output> output_;
  base::Semaphore room_;
  InFlight in_flight_;
  std::shared_ptr<LegacyPeer> peer_;
  std::shared_ptr<LinesSubscriber> subscriber_;
  std::map<std::string, std::shared_ptr<Listening>> listenings_;
};

}  // namespace

base::Task<void> run_lines(std::shared_ptr<ServerState> state, Caller caller, ReadLine read, WriteLine write) {
  Channel channel(state, std::move(caller), std::move(write));
  co_await channel.run(std::move(read));
}

}  // namespace openmcp::api::mcp
