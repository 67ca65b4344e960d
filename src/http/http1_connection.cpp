#include "http/http1_connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/pieces.hpp"
#include "http/http1_exchange.hpp"

namespace openmcp::http {

using base::Errc;
using base::Error;
using base::Task;

namespace {

constexpr unsigned kMostEmptyLines = 4;           ///< before a request line: some clients send one behind a body
constexpr std::size_t kKeptOut = 1024;            ///< of the output buffer, while idle
constexpr std::uint64_t kLingerBytes = 1u << 20;  ///< read and dropped before a connection is closed
constexpr base::Duration kLingerTime = std::chrono::seconds(2);

}  // namespace

struct Http1Connection::Watch {
  explicit Watch(base::Env& env) : tasks(env), changed(env.executor()) {}
  base::TaskGroup tasks;
  base::Signal changed;
};

Http1Connection::Http1Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<base::Stream> stream,
                                 base::TaskGroup& tasks, bool secure)
    : core_(std::move(core)),
      stream_(std::move(stream)),
      tasks_(tasks),
      input_(*stream_, core_->env.executor()),
      peer_(stream_->peer()),
      secure_(secure) {}

Http1Connection::~Http1Connection() = default;

Task<void> Http1Connection::run() {
  auto self = shared_from_this();
  try {
    while (co_await serve_one()) {
    }
  } catch (const Error&) {
    // the client is gone, or this server is
  }
}

void Http1Connection::check(base::Instant now) {
  if (now >= write_deadline_) {
    write_deadline_ = kNever;
    write_stalled_ = true;
    stream_->reset();
  }
  if (now >= read_deadline_) {
    read_deadline_ = kNever;
    expired_ = true;
    tasks_.cancel();
  }
}

void Http1Connection::drain() {
  if (phase_ == Phase::fresh || phase_ == Phase::idle) {
    expired_ = true;
    tasks_.cancel();
  } else if (watch_) {
    watch_->changed.wake_all();
  }
}

Task<bool> Http1Connection::serve_one() {
  Refusal refusal{0, {}};
  auto size = co_await read_head(refusal);
  if (size == 0 && refusal.status == 0) co_return false;
  std::optional<RequestHead> head;
  if (size > 0) {
    HeadLimits limits{core_->options.max_head, core_->options.max_fields};
    auto parsed = parse_request_head(input_.view().substr(0, size), limits);
    input_.consume(size);
    if (!parsed) {
      refusal = parsed.error();
    } else if (parsed->framing == Framing::length && parsed->length > core_->options.max_body) {
      refusal = {413, "the body is too large"};
    } else {
      head = *std::move(parsed);
    }
  }
  if (!head) {
    co_await refuse(refusal);
    co_return false;
  }
  phase_ = Phase::busy;
  read_deadline_ = kNever;
  Http1Exchange exchange(*this, *std::move(head));
  bool whole = co_await core_->handle(exchange);
  if (watch_) {
    watch_->tasks.cancel();
    co_await watch_->tasks.join();
    watch_.reset();
  }
  if (!whole || core_->closed) {
    stream_->reset();
    co_return false;
  }
  bool read = co_await exchange.skip_body();
  if (exchange.keeps_open() && read && !core_->draining) co_return true;
  if (!read || !input_.empty()) {
    co_await linger();
  } else {
    co_await stream_->close();
  }
  co_return false;
}

Task<std::size_t> Http1Connection::read_head(Refusal& refusal) {
  if (out_.capacity() > kKeptOut) out_ = std::string();
  input_.shrink();
  if (phase_ != Phase::fresh) phase_ = Phase::idle;
  read_deadline_ = in(phase_ == Phase::fresh ? core_->options.head_time : core_->options.idle_time);
  HeadScanner scanner(core_->options.max_head);
  unsigned empty_lines = 0;
  for (;;) {
    while (input_.view().starts_with("\r\n")) {
      input_.consume(2);
      if (++empty_lines <= kMostEmptyLines) continue;
      refusal = {400, "too many empty lines"};
      co_return 0;
    }
    if (!input_.empty() && input_.view() != "\r") {
      if (phase_ != Phase::head) {
        phase_ = Phase::head;
        read_deadline_ = in(core_->options.head_time);
      }
      auto end = scanner.scan(input_.view());
      if (!end) {
        refusal = end.error();
        co_return 0;
      }
      if (*end > 0) co_return *end;
    }
    bool more = false;
    try {
      more = co_await input_.fill(core_->options.max_head + Input::kIdle);
    } catch (const Error&) {
      if (!expired_) throw;
    }
    if (expired_) {
      // A connection on which nothing was asked is closed without a word.
      if (phase_ == Phase::head) refusal = {408, "the request took too long to arrive"};
      co_return 0;
    }
    if (!more) co_return 0;
  }
}

Task<void> Http1Connection::refuse(Refusal refusal) {
  phase_ = Phase::leaving;
  read_deadline_ = kNever;
  Request request;
  request.peer = peer_;
  request.scheme = secure_ ? "https" : "http";
  core_->identify(request);
  std::string body(refusal.why);
  body += '\n';
  out_ = "HTTP/1.1 " + std::to_string(refusal.status) + " ";
  out_.append(reason(refusal.status)).append("\r\nDate: ").append(core_->date());
  out_.append("\r\nX-Request-Id: ").append(request.id);
  out_ += "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ";
  out_ += std::to_string(body.size()) + "\r\n\r\n" + body;
  bool sent = true;
  try {
    co_await flush();
  } catch (const Error&) {
    sent = false;
  }
  core_->report(request, nullptr, sent ? refusal.status : 0, {});
  if (sent) co_await linger();
}

Task<void> Http1Connection::linger() {
  phase_ = Phase::leaving;
  expired_ = false;
  co_await stream_->close();
  read_deadline_ = in(kLingerTime);
  std::uint64_t dropped = 0;
  while (dropped < kLingerBytes) {
    dropped += input_.size();
    input_.consume(input_.size());
    if (!co_await input_.fill(Input::kStep)) break;
  }
}

Task<std::size_t> Http1Connection::read_body(base::MutableBytes into) {
  read_deadline_ = in(core_->options.stall_time);
  std::size_t got = 0;
  bool late = false;
  try {
    got = co_await input_.read(into);
  } catch (const Error&) {
    late = expired_;
    if (!late) throw;
  }
  read_deadline_ = kNever;
  if (late) throw Error(Errc::timeout, "the body of the request stopped to arrive");
  co_return got;
}

Task<bool> Http1Connection::fill_body() {
  read_deadline_ = in(core_->options.stall_time);
  bool more = false, late = false;
  try {
    more = co_await input_.fill(Input::kStep);
  } catch (const Error&) {
    late = expired_;
    if (!late) throw;
  }
  read_deadline_ = kNever;
  if (late) throw Error(Errc::timeout, "the body of the request stopped to arrive");
  co_return more;
}

/// The next bytes of an answer, at most so many.
struct Http1Connection::Batch {
  std::array<base::BytesView, 4> parts;
  std::size_t count = 0, size = 0;

  /// `done`: bytes of the first of `from` that were written before.
  void fill(std::span<const base::BytesView> from, std::size_t done, std::size_t most) {
    count = size = 0;
    for (auto part = from.begin(); part != from.end() && size < most && count < parts.size(); ++part) {
      auto rest = part->subspan(std::exchange(done, 0));
      if (rest.empty()) continue;
      parts[count] = rest.first(std::min(rest.size(), most - size));
      size += parts[count++].size();
    }
  }
  std::span<const base::BytesView> view() const { return {parts.data(), count}; }
};

Task<void> Http1Connection::write(std::span<const base::BytesView> parts) {
  Batch batch;
  std::size_t done = 0;  // of the first part
  while (true) {
    // In large pieces as long as the client takes them: it is woken less often.
    batch.fill(parts, done, kMostAtOnce);
    if (batch.size == 0) co_return;
    auto sent = stream_->write_now(batch.view());
    done += sent;
    base::drop_done(parts, done);
    if (sent == batch.size) continue;
    batch.fill(parts, done, write_step_);
    done += batch.size;
    base::drop_done(parts, done);
    auto begin = core_->env.steady();
    // How much of it moved is not told: a step has the time that a client has who takes kLeastStep in each stall_time.
    auto times = std::max<std::size_t>(1, batch.size / kLeastStep);
    write_deadline_ = begin + core_->options.stall_time * times;
    bool late = false;
    try {
      co_await stream_->write_parts(batch.view());
    } catch (const Error&) {
      write_deadline_ = kNever;
      late = write_stalled_;
      gone_ = true;
      if (!late) throw;
    }
    write_deadline_ = kNever;
    if (late) throw Error(Errc::timeout, "the client stopped to read its answer");
    bool slow = core_->env.steady() - begin > core_->options.stall_time / 8;
    write_step_ = slow ? std::max(write_step_ / 4, kLeastStep) : std::min(write_step_ * 2, kMostStep);
  }
}

Task<void> Http1Connection::flush() {
  if (out_.empty()) co_return;
  auto bytes = base::as_bytes(out_);
  co_await write({&bytes, 1});
  out_.clear();
}

Task<void> Http1Connection::until_gone() {
  if (!watch_) {
    watch_ = std::make_unique<Watch>(core_->env);
    watch_->tasks.spawn(watch());
  }
  while (!gone_ && !core_->draining && !core_->closed) co_await watch_->changed.wait();
}

/// Reads ahead, into the buffer from which the next request will be taken, to see the end of the stream.
Task<void> Http1Connection::watch() {
  auto self = shared_from_this();
  bool here = true;
  try {
    // A client that sends more than fits says by that that it is there.
    while (here && input_.size() < Input::kStep) here = co_await input_.fill(Input::kStep);
  } catch (const Error& error) {
    if (error.code() == Errc::cancelled) co_return;
    here = false;
  }
  if (here) co_return;
  gone_ = true;
  if (watch_) watch_->changed.wake_all();
}

}  // namespace openmcp::http
