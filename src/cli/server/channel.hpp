// Frames over a stream.
#pragma once

#include <memory>
#include <optional>

#include "base/env.hpp"
#include "base/stream.hpp"
#include "base/sync.hpp"
#include "cli/server/frames.hpp"

namespace openmcp::cli {

class Channel {
public:
  Channel(base::Env& env, std::unique_ptr<base::Stream> stream)
      : env_(env), stream_(std::move(stream)), turn_(env.executor(), 1) {}

  /// Frames of several coroutines go one after the other.
  base::Task<void> send(Frame frame);
  /// The next; nullopt: the other side ended. A receive that was cancelled can be repeated. Throws Error corrupt,
  /// too_large, unavailable.
  base::Task<std::optional<Frame>> receive();
  /// Error timeout when nothing comes for so long.
  base::Task<std::optional<Frame>> receive_within(base::Duration time);
  base::Stream& stream() noexcept { return *stream_; }

private:
  base::Task<void> receive_into(std::optional<Frame>& frame);
  base::Env& env_;
  std::unique_ptr<base::Stream> stream_;
  base::Semaphore turn_;
  base::Bytes buffer_;  ///< what was read beyond the last frame
  std::size_t begin_ = 0;
};

}  // namespace openmcp::cli
