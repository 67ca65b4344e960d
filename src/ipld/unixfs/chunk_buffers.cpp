#include "ipld/unixfs/chunk_buffers.hpp"

#include <mutex>
#include <vector>

namespace openmcp::ipld::unixfs {

struct ChunkBuffers::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<std::uint8_t[]>> unused;
  std::size_t keep = 0;
};

ChunkBuffers::ChunkBuffers(std::size_t bytes, std::size_t keep) : bytes_(bytes), pool_(std::make_shared<Pool>()) {
  pool_->keep = keep;
  pool_->unused.reserve(keep);
}

std::shared_ptr<std::uint8_t> ChunkBuffers::take() {
  std::unique_ptr<std::uint8_t[]> memory;
  {
    std::lock_guard lock(pool_->mutex);
    if (!pool_->unused.empty()) {
      memory = std::move(pool_->unused.back());
      pool_->unused.pop_back();
    }
  }
  if (!memory) memory = std::make_unique_for_overwrite<std::uint8_t[]>(bytes_);
  auto give_back = [pool = pool_](std::uint8_t* returned) {
    std::unique_ptr<std::uint8_t[]> owned(returned);
    std::lock_guard lock(pool->mutex);
    if (pool->unused.size() < pool->keep) pool->unused.push_back(std::move(owned));
  };
  return {memory.release(), std::move(give_back)};
}

std::shared_ptr<std::uint8_t> raw_buffer(std::size_t bytes) {
  auto memory = std::make_shared_for_overwrite<std::uint8_t[]>(bytes);
  auto* start = memory.get();
  return {std::move(memory), start};
}

}  // namespace openmcp::ipld::unixfs
