// RocksIndex: the BlockIndex on disk. RocksDB with its write-ahead log, never synced by us: after a crash it holds a
// prefix of the batches, and the segments have the rest.
#pragma once

#include <memory>

#include "base/disk.hpp"
#include "storage/block_index.hpp"

namespace openmcp::storage {

struct RocksIndexOptions {
  base::Path path;
  bool read_only = false;  ///< beside a writer in another process
  std::size_t cache_bytes = 16u << 20;
};

/// Throws corrupt when what is there cannot be used, io, no_space, busy.
std::shared_ptr<BlockIndex> open_rocks_index(const RocksIndexOptions& options);
/// Removes all of it.
void destroy_rocks_index(const base::Path& path);

}  // namespace openmcp::storage
