// Inside of http: one server connection that speaks HTTP/2 (RFC 9113), through nghttp2.
#pragma once

#include <map>
#include <memory>

#include "http/head.hpp"
#include "http/server_core.hpp"

struct nghttp2_session;

namespace openmcp::http {

struct Http2Callbacks;
class Http2Exchange;

/// What the connection knows of a stream. The handler's coroutine keeps it beyond its end.
struct Http2Stream {
  Http2Stream(std::int32_t number, base::Executor executor) : id(number), changed(std::move(executor)) {}

  std::int32_t id;
  base::Signal changed;  ///< anything below
  RequestHead head;
  std::string scheme;
  Refusal refusal{0, {}};        ///< of its head
  std::uint64_t head_bytes = 0;  ///< as MAX_HEADER_LIST_SIZE counts
  bool head_done = false;
  bool has_length = false;

  base::Bytes body;           ///< of the request, received and not yet read
  std::size_t body_read = 0;  ///< of `body`
  bool body_ended = false;

  base::SharedBytes piece;     ///< of the answer, being sent
  std::size_t piece_sent = 0;  ///< of `piece`
  bool last = false;           ///< nothing comes behind `piece`
  bool waits = false;          ///< nghttp2 asked for more and got none
  bool answered = false;       ///< the last frame of the answer was made
  bool closed = false;
  base::Instant read_deadline = kNever, write_deadline = kNever;
  bool read_late = false, write_late = false;
};

class Http2Connection final : public Connection, public std::enable_shared_from_this<Http2Connection> {
public:
  Http2Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<base::Stream> stream, base::TaskGroup& tasks);
  ~Http2Connection() override;

  base::Task<void> run() override;
  void check(base::Instant now) override;
  void drain() override;
  void reset() noexcept override { stream_->reset(); }

private:
  friend struct Http2Callbacks;
  friend class Http2Exchange;
  void begin();
  base::Task<void> read_frames();
  base::Task<void> write_frames();
  base::Task<void> serve(std::shared_ptr<Http2Stream> stream);
  void wake_writer() { to_write_.wake_all(); }
  /// A frame of a kind that is bounded came; false: too many.
  bool allow(double cost);
  void close_stream(Http2Stream& stream);
  void forget(std::int32_t id);
  void update_idle();
  base::Instant in(base::Duration time) { return core_->env.steady() + time; }

  std::shared_ptr<ServerCore> core_;
  std::unique_ptr<base::Stream> stream_;
  base::TaskGroup& tasks_;
  base::TaskGroup handlers_;
  base::Signal to_write_, written_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::shared_ptr<Http2Stream>> streams_;
  base::Endpoint peer_;
  base::Instant read_deadline_ = kNever, write_deadline_ = kNever;
  base::Instant budget_at_{};
  double budget_;            ///< of frames that cost us work and carry nothing
  std::size_t running_ = 0;  ///< handlers
  bool leaving_ = false;     ///< GOAWAY was sent
  bool over_ = false;        ///< nothing more is read or written
};

}  // namespace openmcp::http
