// Buffers of one chunk, used again: asking the system for a fresh MiB and its page faults costs a tenth of hashing it.
#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.hpp"

namespace openmcp::ipld::unixfs {

/// Thread-safe; buffers come back from whatever thread drops them last, also after the pool itself has ended.
class ChunkBuffers {
public:
  /// Keeps at most `keep` unused buffers of `bytes` each.
  ChunkBuffers(std::size_t bytes, std::size_t keep);

  /// Uninitialised memory of the pool's size.
  std::shared_ptr<std::uint8_t> take();
  std::size_t bytes() const noexcept { return bytes_; }

private:
  struct Pool;
  std::size_t bytes_;
  std::shared_ptr<Pool> pool_;
};

/// Uninitialised memory that is not pooled.
std::shared_ptr<std::uint8_t> raw_buffer(std::size_t bytes);

}  // namespace openmcp::ipld::unixfs
