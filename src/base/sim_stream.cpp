#include "base/sim_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>

#include "base/result.hpp"
#include "base/waiters.hpp"

namespace openmcp::base {
namespace {

constexpr std::size_t kLargestParcel = 64 << 10;

}  // namespace

class SimWire::Arrival final : public SimEvent {
public:
  Arrival(std::shared_ptr<SimWire> wire, Parcel parcel) : wire_(std::move(wire)), parcel_(std::move(parcel)) {}
  void happen() override { wire_->arrive(std::move(parcel_)); }

private:
  std::shared_ptr<SimWire> wire_;
  Parcel parcel_;
};

SimWire::SimWire(SimNet& net, std::string from, std::string to)
    : net_(net),
      from_(std::move(from)),
      to_(std::move(to)),
      readable_(net.context_.executor()),
      writable_(net.context_.executor()) {}

Error SimWire::broken(std::string_view doing) const {
  return {Errc::unavailable,
          fmt::format("{} {}: the connection was reset", doing, doing == "writing to" ? to_ : from_)};
}

Task<void> SimWire::write(BytesView from) {
  auto self = shared_from_this();
  co_await throw_if_cancelled();
  if (finished_) throw Error(Errc::invalid_argument, fmt::format("writing to {}: the stream was closed here", to_));
  if (!write_broken_ && net_.random_.chance(net_.link(from_, to_).reset)) {
    abort();
    if (auto other = back.lock()) other->break_reading();
  }
  while (!from.empty()) {
    if (write_broken_) throw broken("writing to");
    if (window_used_ >= kWindow) {
      co_await writable_.wait();
      continue;
    }
    auto part = from.first(std::min({from.size(), kWindow - window_used_, kLargestParcel}));
    window_used_ += part.size();
    send({Kind::bytes, to_bytes(part)});
    from = from.subspan(part.size());
  }
}

Task<std::size_t> SimWire::read(MutableBytes into) {
  auto self = shared_from_this();
  co_await throw_if_cancelled();
  while (!has_unread()) {
    if (read_broken_) throw broken("reading from");
    if (ended_) co_return 0;
    co_await readable_.wait();
  }
  std::size_t size = std::min(into.size(), unread_.size() - position_);
  // Real streams cut where they like; what depends on whole messages must break here.
  if (size > 1 && net_.random_.below(2) == 0) size = 1 + net_.random_.below(size);
  std::copy_n(unread_.begin() + static_cast<std::ptrdiff_t>(position_), size, into.begin());
  position_ += size;
  if (position_ == unread_.size()) {
    unread_.clear();
    position_ = 0;
  }
  window_used_ -= size;
  writable_.wake_all();
  co_return size;
}

void SimWire::finish() {
  if (finished_ || write_broken_) return;
  finished_ = true;
  send({Kind::end, {}});
}

void SimWire::abort() {
  if (write_broken_) return;
  break_writing();
  send({Kind::reset, {}});
}

void SimWire::stop_reading() noexcept {
  reader_gone_ = true;
  break_reading();
}

void SimWire::break_reading() noexcept {
  read_broken_ = true;
  unread_.clear();
  position_ = 0;
  readable_.wake_all();
}

void SimWire::break_writing() noexcept {
  write_broken_ = true;
  writable_.wake_all();
}

void SimWire::send(Parcel parcel) {
  const auto& faults = net_.link(from_, to_);
  Duration leaves = net_.context_.now();
  if (faults.bytes_per_second > 0) {
    auto& busy = net_.busy_until_[{from_, to_}];
    auto takes = static_cast<double>(parcel.bytes.size()) * 1e9 / static_cast<double>(faults.bytes_per_second);
    leaves = busy = std::max(leaves, busy) + Duration(static_cast<std::int64_t>(takes));
  }
  // Never before what was sent earlier: the bytes of a stream keep their order.
  last_arrival_ = std::max(last_arrival_ + Duration(1), leaves + net_.delay(faults));
  net_.context_.schedule(last_arrival_ - net_.context_.now(),
                         std::make_unique<Arrival>(shared_from_this(), std::move(parcel)));
}

void SimWire::arrive(Parcel parcel) {
  net_.context_.trace(parcel.bytes.size());
  if (net_.parted(from_, to_) || !held_.empty()) {
    held_.push_back(std::move(parcel));
  } else {
    deliver(std::move(parcel));
  }
}

void SimWire::release() {
  if (held_.empty() || net_.parted(from_, to_)) return;
  class Release final : public SimEvent {
  public:
    explicit Release(std::shared_ptr<SimWire> wire) : wire_(std::move(wire)) {}
    void happen() override {
      if (wire_->net_.parted(wire_->from_, wire_->to_)) return;
      for (auto& parcel : std::exchange(wire_->held_, {})) wire_->deliver(std::move(parcel));
    }

  private:
    std::shared_ptr<SimWire> wire_;
  };
  auto delay = net_.delay(net_.link(from_, to_));
  net_.context_.schedule(delay, std::make_unique<Release>(shared_from_this()));
}

void SimWire::deliver(Parcel parcel) {
  if (reader_gone_) {
    // Nobody is there: the sender learns that its bytes are lost.
    if (auto other = back.lock(); other && parcel.kind == Kind::bytes) other->send({Kind::reset, {}});
    return;
  }
  if (read_broken_) return;
  switch (parcel.kind) {
    case Kind::bytes:
      unread_.insert(unread_.end(), parcel.bytes.begin(), parcel.bytes.end());
      break;
    case Kind::end:
      ended_ = true;
      break;
    case Kind::reset:
      break_reading();
      if (auto other = back.lock()) other->break_writing();
      return;
  }
  readable_.wake_all();
}

SimStream::~SimStream() {
  if (in_->has_unread()) {
    out_->abort();  // as TCP does: the peer must not believe that all was read
  } else {
    out_->finish();
  }
  out_->break_writing();
  in_->stop_reading();
}

Task<std::size_t> SimStream::read(MutableBytes into) { return in_->read(into); }
Task<void> SimStream::write(BytesView from) { return out_->write(from); }

Task<void> SimStream::close() {
  out_->finish();
  co_return;
}

void SimStream::reset() noexcept {
  out_->abort();
  in_->stop_reading();
}

}  // namespace openmcp::base
