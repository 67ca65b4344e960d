// An HTTP/2 client for tests, on nghttp2: asks, collects, and does on wish what no decent client does.
#pragma once

#include <nghttp2/nghttp2.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/env.hpp"
#include "base/sync.hpp"
#include "http/http2_connection.hpp"

namespace openmcp::http::test {

/// Runs an Http2Connection on `stream`, without TLS, until it ends.
inline base::Task<void> host_http2(std::shared_ptr<ServerCore> core, std::unique_ptr<base::Stream> stream) {
  base::TaskGroup tasks(core->env), sweeper(core->env);
  auto connection = std::make_shared<Http2Connection>(core, std::move(stream), tasks);
  ServerCore::Hosted listed(core->env);
  listed.connection = connection;
  core->hosted.push_back(&listed);
  auto sweep = [](base::Env& env, std::shared_ptr<Http2Connection> of) -> base::Task<void> {
    for (;;) {
      co_await env.sleep(std::chrono::milliseconds(10));
      of->check(env.steady());
    }
  };
  sweeper.spawn(sweep(core->env, connection));
  tasks.spawn(connection->run());
  try {
    co_await tasks.join();
  } catch (const base::Error&) {
  }
  sweeper.cancel();
  try {
    co_await sweeper.join();
  } catch (const base::Error&) {
  }
  core->hosted.remove(&listed);
}

class Http2Client {
public:
  struct Answer {
    std::string status, body;
    std::map<std::string, std::string> headers;
    bool ended = false, closed = false;
    std::uint32_t error = 0;
  };

  Http2Client(base::Env& env, std::unique_ptr<base::Stream> stream, bool takes_all = true)
      : stream_(std::move(stream)), changed(env.executor()), to_write_(env.executor()), tasks_(env) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, takes_all ? 0 : 1);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_session_client_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, 0, nullptr, 0);
    tasks_.spawn(read());
    tasks_.spawn(write());
  }
  ~Http2Client() { nghttp2_session_del(session_); }

  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// `body` nullptr: none.
  std::int32_t ask(Fields fields, const std::string* body = nullptr) {
    std::vector<nghttp2_nv> list;
    for (auto& [name, value] : fields) {
      list.push_back({reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()),
                      name.size(), value.size(), 0});
    }
    nghttp2_data_provider provider{};
    if (body) {
      bodies_.push_back(std::make_unique<Body>(*body));
      provider.source.ptr = bodies_.back().get();
      provider.read_callback = give;
    }
    auto id = nghttp2_submit_request(session_, nullptr, list.data(), list.size(), body ? &provider : nullptr, nullptr);
    answers[id];
    flush();
    return id;
  }
  static Fields get(std::string path) {
    return {{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", std::move(path)}};
  }
  static Fields put(std::string path) {
    return {{":method", "PUT"}, {":scheme", "https"}, {":authority", "x"}, {":path", std::move(path)}};
  }
  void flush() { to_write_.wake_all(); }
  nghttp2_session* session() { return session_; }
  base::Stream& stream() { return *stream_; }

  base::Task<Answer> answer(std::int32_t id) {
    while (!answers[id].closed && !ended) co_await changed.wait();
    co_return answers[id];
  }
  base::Task<void> until_ended() {
    while (!ended) co_await changed.wait();
  }
  base::Task<void> close() {
    stream_->reset();
    tasks_.cancel();
    try {
      co_await tasks_.join();
    } catch (const base::Error&) {
    }
  }

  std::map<std::int32_t, Answer> answers;
  bool ended = false;             ///< the server closed the connection
  std::uint32_t goaway = 0xffff;  ///< its error; 0xffff: none came
  std::uint64_t given = 0;        ///< bytes of bodies that the server's windows let out

private:
  struct Body {
    explicit Body(std::string of) : text(std::move(of)) {}
    std::string text;
    std::size_t sent = 0;
  };
  static Http2Client& of(void* user) { return *static_cast<Http2Client*>(user); }
  static ssize_t give(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size, std::uint32_t* flags,
                      nghttp2_data_source* source, void* user) {
    auto& body = *static_cast<Body*>(source->ptr);
    auto take = std::min(size, body.text.size() - body.sent);
    std::copy_n(body.text.data() + body.sent, take, into);
    body.sent += take;
    of(user).given += take;
    if (body.sent == body.text.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(take);
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    std::string key(reinterpret_cast<const char*>(name), name_size);
    std::string text(reinterpret_cast<const char*>(value), value_size);
    auto& answer = of(user).answers[frame->hd.stream_id];
    if (key == ":status") answer.status += answer.status.empty() ? text : "," + text;
    answer.headers[key] = text;
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                     void* user) {
    of(user).answers[id].body.append(reinterpret_cast<const char*>(bytes), size);
    of(user).changed.wake_all();
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = of(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) self.goaway = frame->goaway.error_code;
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    bool content = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (content && ends) self.answers[frame->hd.stream_id].ended = true;
    self.changed.wake_all();
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
    of(user).answers[id].closed = true;
    of(user).answers[id].error = error;
    of(user).changed.wake_all();
    return 0;
  }

  base::Task<void> read() {
    base::Bytes buffer(16u << 10);
    try {
      for (;;) {
        auto got = co_await stream_->read(buffer);
        if (got == 0) break;
        if (nghttp2_session_mem_recv(session_, buffer.data(), got) < 0) break;
        flush();
      }
    } catch (const base::Error&) {
    }
    ended = true;
    flush();
    changed.wake_all();
  }
  base::Task<void> write() {
    try {
      while (!ended) {
        const std::uint8_t* bytes = nullptr;
        auto size = nghttp2_session_mem_send(session_, &bytes);
        if (size > 0) {
          base::Bytes copy(bytes, bytes + size);
          co_await stream_->write(copy);
        } else {
          co_await to_write_.wait();
        }
      }
    } catch (const base::Error&) {
    }
  }

  std::unique_ptr<base::Stream> stream_;

public:
  base::Signal changed;

private:
  base::Signal to_write_;
  base::TaskGroup tasks_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Body>> bodies_;
};

}  // namespace openmcp::http::test
