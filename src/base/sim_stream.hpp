// Inside of base: one direction of a simulated connection, and the stream made of two.
#pragma once

#include "base/result.hpp"
#include "base/sim_network.hpp"

namespace openmcp::base {

/// Carries bytes from one node to another, in order, after the link's delay.
class SimWire final : public std::enable_shared_from_this<SimWire> {
public:
  static constexpr std::size_t kWindow = 256 << 10;  ///< bytes that may be under way or unread

  SimWire(SimNet& net, std::string from, std::string to);

  Task<void> write(BytesView from);
  Task<std::size_t> read(MutableBytes into);
  /// Says that no more bytes follow.
  void finish();
  /// The writer's end is gone; the reader learns of it when the news arrives.
  void abort();
  /// The reader reads no more.
  void stop_reading() noexcept;
  /// Lets go what a partition held back.
  void release();
  void break_reading() noexcept;
  void break_writing() noexcept;

  const std::string& from() const noexcept { return from_; }
  const std::string& to() const noexcept { return to_; }
  bool has_unread() const noexcept { return position_ < unread_.size(); }
  std::weak_ptr<SimWire> back;  ///< the other direction

private:
  enum class Kind : unsigned char { bytes, end, reset };
  struct Parcel {
    Kind kind;
    Bytes bytes;
  };
  class Arrival;

  void send(Parcel parcel);
  void arrive(Parcel parcel);
  void deliver(Parcel parcel);
  Error broken(std::string_view doing) const;

  SimNet& net_;
  std::string from_, to_;
  Bytes unread_;
  std::size_t position_ = 0;  ///< of the first unread byte
  std::size_t window_used_ = 0;
  std::deque<Parcel> held_;  ///< by a partition
  Duration last_arrival_{0};
  bool finished_ = false, ended_ = false, write_broken_ = false, read_broken_ = false, reader_gone_ = false;
  Signal readable_, writable_;
};

class SimStream final : public Stream {
public:
  SimStream(std::shared_ptr<SimWire> out, std::shared_ptr<SimWire> in, Endpoint peer)
      : out_(std::move(out)), in_(std::move(in)), peer_(std::move(peer)) {}
  ~SimStream() override;

  Task<std::size_t> read(MutableBytes into) override;
  Task<void> write(BytesView from) override;
  Task<void> close() override;
  void reset() noexcept override;
  Endpoint peer() const override { return peer_; }

private:
  std::shared_ptr<SimWire> out_, in_;
  Endpoint peer_;
};

}  // namespace openmcp::base
