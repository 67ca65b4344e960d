// Inside of http: what was read from a stream and not yet used. One buffer that is small while a connection is idle.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/stream.hpp"
#include "base/sync.hpp"

namespace openmcp::http {

class Input {
public:
  static constexpr std::size_t kIdle = 2048;       ///< holds most requests; what an idle connection costs
  static constexpr std::size_t kStep = 16u << 10;  ///< grown to when more is needed
  Input(base::Stream& stream, base::Executor executor) : stream_(stream), executor_(std::move(executor)) {}

  std::string_view view() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t bytes) noexcept { begin_ += bytes; }
  bool ended() const noexcept { return ended_; }  ///< the peer closed its side

  /// Reads more bytes behind those that are there; false: the peer closed its side. Another coroutine may be in here at
  /// the same time: then what it gets counts. Precondition: size() < most, `most` the size of the buffer at which
  /// it stops to grow.
  base::Task<bool> fill(std::size_t most);
  /// Reads into `into` without a copy where that is possible. 0: the peer closed its side.
  base::Task<std::size_t> read(base::MutableBytes into);
  /// Gives memory back; the buffer is empty.
  void shrink() noexcept;
  std::size_t size() const noexcept { return end_ - begin_; }

private:
  base::Task<std::size_t> read_stream(base::MutableBytes into);
  void make_room(std::size_t most);
  base::Signal& changed();

  base::Stream& stream_;
  base::Executor executor_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  bool reading_ = false, ended_ = false;
  std::optional<base::Signal> changed_;  ///< made when two coroutines read at a time: rare
};

}  // namespace openmcp::http
