// Inside of http: one server connection that speaks HTTP/1.1 (or 1.0).
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "http/head.hpp"
#include "http/input.hpp"
#include "http/server_core.hpp"

namespace openmcp::http {

class Http1Exchange;

class Http1Connection final : public Connection, public std::enable_shared_from_this<Http1Connection> {
public:
  /// `tasks` runs run(): cancelling it ends a wait for the client.
  Http1Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<base::Stream> stream, base::TaskGroup& tasks,
                  bool secure);
  ~Http1Connection() override;

  base::Task<void> run() override;
  void check(base::Instant now) override;
  void drain() override;
  void reset() noexcept override { stream_->reset(); }

private:
  friend class Http1Exchange;
  /// A step stays below the 64 KiB that a packet of the loopback interface and an offloaded send can have: a step that
  /// is a little longer than one leaves a tail that is sent, and wakes the reader, on its own.
  static constexpr std::size_t kLeastStep = 16u << 10, kMostStep = 48u << 10;
  static constexpr std::size_t kMostAtOnce = 512u << 10;  ///< to a client that takes it without waiting
  struct Batch;
  enum class Phase : unsigned char { fresh, idle, head, busy, leaving };

  /// One request and its answer; false: the connection ends.
  base::Task<bool> serve_one();
  /// The size of a whole head at the beginning of the input; 0: there will be none.
  base::Task<std::size_t> read_head(Refusal& refusal);
  base::Task<void> refuse(Refusal refusal);
  /// After an answer that the client may not have read: closing at once could destroy it on its way.
  base::Task<void> linger();

  base::Task<std::size_t> read_body(base::MutableBytes into);
  base::Task<bool> fill_body();
  base::Task<void> write(std::span<const base::BytesView> parts);
  base::Task<void> flush();
  base::Task<void> until_gone();
  base::Task<void> watch();
  base::Instant in(base::Duration time) { return core_->env.steady() + time; }

  std::shared_ptr<ServerCore> core_;
  std::unique_ptr<base::Stream> stream_;
  base::TaskGroup& tasks_;
  Input input_;
  std::string out_;  ///< bytes that wait to be written
  base::Endpoint peer_;
  base::Instant read_deadline_ = kNever, write_deadline_ = kNever;
  std::size_t write_step_ = kLeastStep;  ///< waited for at a time: small for slow clients
  Phase phase_ = Phase::fresh;
  bool secure_;
  bool expired_ = false;        ///< a read took too long, or the idle connection has to go
  bool write_stalled_ = false;  ///< as was a write
  bool gone_ = false;           ///< the client is
  struct Watch;
  std::unique_ptr<Watch> watch_;  ///< while a handler waits for the client to go
};

}  // namespace openmcp::http
