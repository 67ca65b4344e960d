#include "http/http2_connection.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <charconv>

#include "http/http2_exchange.hpp"
#include "http/syntax.hpp"

namespace openmcp::http {

using base::Errc;
using base::Error;
using base::Task;

namespace {

constexpr std::int32_t kStreamWindow = 256 << 10;    ///< of a body that was not read yet
constexpr std::int32_t kConnectionWindow = 1 << 20;  ///< of all bodies of a connection
constexpr std::size_t kRead = 16u << 10;
constexpr std::size_t kWritten = 64u << 10;  ///< frames joined into one write
/// Frames that cost us work and bring nothing (SETTINGS, PING, PRIORITY, resets, empty DATA): so many at once, and so
/// many a second for long. RFC 9113 section 10.5; CVE-2019-9512, -9514, -9515, -9518, CVE-2023-44487.
constexpr double kBudget = 400;
constexpr double kBudgetRate = 50;
constexpr double kResetCost = 2;
constexpr std::size_t kMostQueued = 512;  ///< frames that wait to be written, before no more are read

}  // namespace

/// What nghttp2 calls. Nothing in here may throw or suspend.
struct Http2Callbacks {
  static Http2Connection& of(void* user) { return *static_cast<Http2Connection*>(user); }

  static Http2Stream* find(Http2Connection& connection, std::int32_t id) {
    auto found = connection.streams_.find(id);
    return found == connection.streams_.end() ? nullptr : found->second.get();
  }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& connection = of(user);
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto id = frame->hd.stream_id;
    connection.streams_.emplace(id, std::make_shared<Http2Stream>(id, connection.core_->env.executor()));
    connection.read_deadline_ = connection.in(connection.core_->options.head_time);
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    auto& connection = of(user);
    auto* stream = find(connection, frame->hd.stream_id);
    if (!stream || stream->head_done) return 0;  // trailer fields: dropped
    std::string_view key(reinterpret_cast<const char*>(name), name_size);
    std::string_view text(reinterpret_cast<const char*>(value), value_size);
    stream->head_bytes += name_size + value_size + 32;  // RFC 9113 section 6.5.2
    auto& options = connection.core_->options;
    if (stream->head_bytes > options.max_head || stream->head.headers.size() >= options.max_fields) {
      stream->refusal = {431, "the head is too long"};
    }
    if (stream->refusal.status != 0) return 0;
    if (!is_value(text)) {
      stream->refusal = {400, "a control character in a header field"};
    } else if (key == ":method") {
      stream->head.method = text;
    } else if (key == ":scheme") {
      stream->scheme = text;
    } else if (key == ":authority") {
      stream->head.authority = text;
    } else if (key == ":path") {
      set_path(*stream, text);
    } else if (key == "cookie" && stream->head.headers.has("cookie")) {
      // May be split for compression (RFC 9113 section 8.2.3).
      auto joined = fmt::format("{}; {}", stream->head.headers.get("cookie"), text);
      stream->head.headers.set("cookie", std::move(joined));
    } else {
      stream->head.headers.add(std::string(key), std::string(text));
    }
    return 0;
  }

  static void set_path(Http2Stream& stream, std::string_view target) {
    bool good = std::ranges::all_of(target, is_target_char) && (target.starts_with('/') || target == "*");
    if (!good) {
      stream.refusal = {400, "a bad request target"};
      return;
    }
    auto question = target.find('?');
    stream.head.path = target.substr(0, question);
    if (question != std::string_view::npos) stream.head.query = target.substr(question + 1);
  }

  /// A request's head is complete.
  static void check_head(Http2Connection& connection, Http2Stream& stream) {
    auto& head = stream.head;
    stream.head_done = true;
    if (stream.refusal.status != 0) return;
    if (!is_token(head.method) || head.method == "CONNECT" || head.method.size() > 24) {
      stream.refusal = {501, "a method that is not known here"};
      return;
    }
    auto hosts = head.headers.all("host");
    if (hosts.size() > 1 || (!hosts.empty() && !head.authority.empty() && hosts.front() != head.authority)) {
      stream.refusal = {400, "more than one Host"};
      return;
    }
    if (head.authority.empty() && !hosts.empty()) head.authority = hosts.front();
    if (!is_authority(head.authority) || head.path.empty()) {
      stream.refusal = {400, "a bad authority"};
      return;
    }
    if (const auto* length = head.headers.find("content-length")) {
      // nghttp2 has checked that it is a number, and checks that the body is as long.
      auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), head.length);
      stream.has_length = error == std::errc();
      if (!stream.has_length || head.length > connection.core_->options.max_body) {
        stream.refusal = {413, "the body is too large"};
      }
    }
  }

  static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    auto& connection = of(user);
    auto type = frame->hd.type;
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    double cost = 0;
    if (type == NGHTTP2_RST_STREAM) cost = kResetCost;
    if (type == NGHTTP2_SETTINGS || type == NGHTTP2_PING || type == NGHTTP2_PRIORITY) cost = 1;
    if (type == NGHTTP2_DATA && frame->hd.length == 0 && !ends) cost = 1;
    if (cost > 0 && !connection.allow(cost)) {
      nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
      return 0;
    }
    auto* stream = find(connection, frame->hd.stream_id);
    if (!stream) return 0;
    if ((type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) && ends) {
      stream->body_ended = true;
      stream->changed.wake_all();
    }
    if (type != NGHTTP2_HEADERS || stream->head_done) return 0;
    check_head(connection, *stream);
    connection.update_idle();
    // Streams that were reset still have handlers: they count.
    if (connection.running_ >= 2 * connection.core_->options.max_streams) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_REFUSED_STREAM);
      return 0;
    }
    ++connection.running_;
    connection.handlers_.spawn(connection.serve(connection.streams_.at(stream->id)));
    return 0;
  }

  static int data(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user) {
    auto* stream = find(of(user), id);
    if (!stream || stream->refusal.status != 0 || stream->answered) {
      nghttp2_session_consume(session, id, size);  // nobody will read it
      return 0;
    }
    stream->body.insert(stream->body.end(), bytes, bytes + size);
    if (stream->read_deadline != kNever) stream->read_deadline = of(user).in(of(user).core_->options.stall_time);
    stream->changed.wake_all();
    return 0;
  }

  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      // Resets that a client makes us send cost as much as its own (CVE-2025-8671).
      auto error = frame->rst_stream.error_code;
      bool ours = error == NGHTTP2_NO_ERROR || error == NGHTTP2_INTERNAL_ERROR;
      if (!ours && !of(user).allow(kResetCost)) nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
      return 0;
    }
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!ends || (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)) return 0;
    auto* stream = find(of(user), frame->hd.stream_id);
    // The answer is whole: the rest of the request is not wanted (RFC 9113 section 8.1).
    if (stream && !stream->body_ended) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    of(user).forget(id);
    return 0;
  }

  static nghttp2_session* make(Http2Connection& connection) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_outbound_ack(option, 64);
    nghttp2_option_set_max_settings(option, 32);
    nghttp2_session* session = nullptr;
    nghttp2_session_server_new2(&session, callbacks, &connection, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return session;
  }
};

Http2Connection::Http2Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<base::Stream> stream,
                                 base::TaskGroup& tasks)
    : core_(std::move(core)),
      stream_(std::move(stream)),
      tasks_(tasks),
      handlers_(core_->env),
      to_write_(core_->env.executor()),
      written_(core_->env.executor()),
      peer_(stream_->peer()),
      budget_(kBudget) {}

Http2Connection::~Http2Connection() { nghttp2_session_del(session_); }

void Http2Connection::begin() {
  session_ = Http2Callbacks::make(*this);
  if (!session_) throw Error(Errc::internal, "preparing an HTTP/2 connection");
  auto streams = static_cast<std::uint32_t>(core_->options.max_streams);
  auto head = static_cast<std::uint32_t>(std::min<std::uint64_t>(core_->options.max_head, 1u << 30));
  nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams},
                                       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
                                       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, head}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  read_deadline_ = in(core_->options.head_time);
}

Task<void> Http2Connection::run() {
  auto self = shared_from_this();
  begin();
  base::TaskGroup writer(core_->env);
  writer.spawn(write_frames());
  try {
    co_await read_frames();
  } catch (const Error&) {
    // the client is gone, it is time, or this server ends
  }
  over_ = true;
  read_deadline_ = kNever;
  for (auto& [id, stream] : streams_) close_stream(*stream);
  wake_writer();
  // Handlers learn of the end when they read, write or ask; the server's own end cancels them through this wait.
  try {
    co_await handlers_.join();
  } catch (const Error&) {
    // cancelled: as its handlers were
  }
  wake_writer();
  try {
    co_await writer.join();
    co_await stream_->close();
  } catch (const Error&) {
    // the client is gone
  }
}

Task<void> Http2Connection::read_frames() {
  base::Bytes buffer(kRead);
  for (;;) {
    // A client that asks and does not read what it gets must not fill our memory.
    while (nghttp2_session_get_outbound_queue_size(session_) > kMostQueued && !over_) co_await written_.wait();
    if (over_) co_return;
    auto got = co_await stream_->read(buffer);
    if (got == 0) co_return;
    auto used = nghttp2_session_mem_recv(session_, buffer.data(), got);
    wake_writer();
    if (used < 0) co_return;
    if (leaving_ && streams_.empty()) co_return;
    if (nghttp2_session_want_read(session_) == 0) co_return;
  }
}

Task<void> Http2Connection::write_frames() {
  auto self = shared_from_this();
  base::Bytes out;
  try {
    for (;;) {
      out.clear();
      while (out.size() < kWritten) {
        const std::uint8_t* bytes = nullptr;
        auto size = nghttp2_session_mem_send(session_, &bytes);
        if (size <= 0) break;
        out.insert(out.end(), bytes, bytes + size);
      }
      if (out.empty()) {
        if (over_) co_return;
        bool nothing_left = nghttp2_session_want_write(session_) == 0 && nghttp2_session_want_read(session_) == 0;
        if (nothing_left || (leaving_ && streams_.empty())) {
          over_ = true;
          tasks_.cancel();  // read_frames waits for nothing
          co_return;
        }
        if (out.capacity() > 0 && streams_.empty()) out = base::Bytes();
        co_await to_write_.wait();
        continue;
      }
      write_deadline_ = in(core_->options.stall_time);
      co_await stream_->write(out);
      write_deadline_ = kNever;
      written_.wake_all();
    }
  } catch (const Error&) {
    write_deadline_ = kNever;
    over_ = true;
    written_.wake_all();
    for (auto& [id, stream] : streams_) close_stream(*stream);
    stream_->reset();
  }
}

Task<void> Http2Connection::serve(std::shared_ptr<Http2Stream> stream) {
  auto self = shared_from_this();
  struct Running {
    std::size_t& count;
    ~Running() { --count; }
  };
  Running running{running_};
  auto refusal = stream->refusal;
  Http2Exchange exchange(*this, stream);
  bool whole = false;
  if (refusal.status != 0) {
    Response response;
    response.status = refusal.status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::string(refusal.why) + "\n";
    try {
      co_await exchange.send(std::move(response));
      whole = true;
    } catch (const Error&) {
      // the client is gone
    }
    core_->report(exchange.request(), &exchange, exchange.status(), {});
  } else {
    whole = co_await core_->handle(exchange);
  }
  if (whole || stream->closed || over_) co_return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_INTERNAL_ERROR);
  wake_writer();
}

bool Http2Connection::allow(double cost) {
  auto now = core_->env.steady();
  if (budget_at_ != base::Instant{}) {
    auto passed = std::chrono::duration<double>(now - budget_at_).count();
    budget_ = std::min(kBudget, budget_ + passed * kBudgetRate);
  }
  budget_at_ = now;
  budget_ -= cost;
  return budget_ >= 0;
}

void Http2Connection::close_stream(Http2Stream& stream) {
  stream.closed = true;
  stream.changed.wake_all();
}

void Http2Connection::forget(std::int32_t id) {
  auto found = streams_.find(id);
  if (found == streams_.end()) return;
  auto stream = std::move(found->second);
  streams_.erase(found);
  // What will perhaps never be read must not hold the connection's window.
  auto unread = stream->body.size() - stream->body_read;
  if (unread > 0) nghttp2_session_consume_connection(session_, unread);
  close_stream(*stream);
  update_idle();
  if (leaving_ && streams_.empty()) wake_writer();
}

void Http2Connection::update_idle() {
  // The time for a head that is still arriving goes on.
  if (std::ranges::any_of(streams_, [](const auto& each) { return !each.second->head_done; })) return;
  read_deadline_ = streams_.empty() ? in(core_->options.idle_time) : kNever;
}

void Http2Connection::check(base::Instant now) {
  if (now >= write_deadline_) {
    write_deadline_ = kNever;
    stream_->reset();
    return;
  }
  if (now >= read_deadline_) {
    read_deadline_ = kNever;
    leaving_ = true;
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    wake_writer();
    return;
  }
  auto again = now + core_->options.stall_time;
  for (auto& [id, stream] : streams_) {
    bool read_late = now >= stream->read_deadline;
    if (stream->write_deadline == base::Instant{}) stream->write_deadline = again;
    bool write_late = now >= stream->write_deadline;
    if (!read_late && !write_late) continue;
    stream->read_deadline = stream->write_deadline = kNever;
    stream->read_late |= read_late;
    stream->write_late |= write_late;
    stream->changed.wake_all();
  }
}

void Http2Connection::drain() {
  leaving_ = true;
  if (!session_) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  for (auto& [id, stream] : streams_) stream->changed.wake_all();
  wake_writer();
}

}  // namespace openmcp::http
