#include "cli/server/channel.hpp"

#include <fmt/format.h>

#include "cli/server/within.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {
constexpr std::size_t kReadAtOnce = 64u << 10;
}

base::Task<void> Channel::send(Frame frame) {
  auto bytes = encode(frame);
  if (bytes.size() > kMaxFrame) {
    throw Error(Errc::too_large, fmt::format("a message of {} bytes to the server of the store", bytes.size()));
  }
  co_await turn_.acquire();
  struct Turn {
    base::Semaphore& turn;
    ~Turn() { turn.release(); }
  } held{turn_};
  co_await stream_->write(bytes);
}

base::Task<std::optional<Frame>> Channel::receive() {
  for (;;) {
    auto rest = base::BytesView(buffer_).subspan(begin_);
    if (rest.size() >= 4) {
      std::size_t size = 0;
      for (std::size_t i = 0; i < 4; ++i) size = size << 8 | rest[i];
      if (size > kMaxFrame) throw Error(Errc::too_large, "the store's socket: a message beyond all bounds");
      if (rest.size() >= 4 + size) {
        auto frame = base::unwrap(decode_frame(rest.subspan(4, size)));
        begin_ += 4 + size;
        co_return frame;
      }
    }
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
    auto have = buffer_.size();
    buffer_.resize(have + kReadAtOnce);
    std::size_t got = 0;
    std::exception_ptr failure;
    try {
      got = co_await stream_->read(base::MutableBytes(buffer_).subspan(have));
    } catch (...) {
      failure = std::current_exception();
    }
    buffer_.resize(have + got);
    if (failure) std::rethrow_exception(failure);
    if (got > 0) continue;
    if (buffer_.empty()) co_return std::nullopt;
    throw Error(Errc::unavailable, "the store's socket: closed in the middle of a message");
  }
}

base::Task<void> Channel::receive_into(std::optional<Frame>& frame) { frame = co_await receive(); }

base::Task<std::optional<Frame>> Channel::receive_within(base::Duration time) {
  std::optional<Frame> frame;
  bool came = co_await within(env_, time, receive_into(frame));
  if (!came) throw Error(Errc::timeout, "the server of the store does not answer");
  co_return frame;
}

}  // namespace openmcp::cli
