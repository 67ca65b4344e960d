// Stream: a reliable, ordered, two-way channel of bytes (TCP, a simulated link, a muxed substream).
#pragma once

#include <span>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/task.hpp"

namespace openmcp::base {

class Stream {
public:
  virtual ~Stream() = default;
  /// Reads at least one byte, at most into.size(); 0 means that the peer closed its side. Throws Error on reset.
  virtual Task<std::size_t> read(MutableBytes into) = 0;
  /// Writes everything; returns when the transport has taken it (back-pressure).
  virtual Task<void> write(BytesView from) = 0;
  /// The same for several buffers, one after the other, in one system call where possible. What `parts` refers to stays
  /// until the end.
  virtual Task<void> write_parts(std::span<const BytesView> parts);
  /// Hands over what the transport takes at once and returns how many bytes that was; 0 also when it cannot tell, and
  /// on errors, which come up again in the next write.
  virtual std::size_t write_now(std::span<const BytesView> parts) {
    static_cast<void>(parts);
    return 0;
  }
  /// Closes our sending side; reading goes on.
  virtual Task<void> close() = 0;
  /// Drops the stream at once; pending reads and writes on both sides fail.
  virtual void reset() noexcept = 0;
  /// Who is on the other side, where the transport knows it; otherwise, and for a client of a socket file, host "".
  virtual Endpoint peer() const { return {}; }
};

}  // namespace openmcp::base
