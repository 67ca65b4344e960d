#include "storage/adapter.hpp"

namespace openmcp::storage {

base::Task<void> StorageAdapter::store(Block block) {
  std::vector<Block> blocks;
  blocks.push_back(std::move(block));
  co_await store(std::move(blocks), Durability::synced);
}

base::Task<bool> StorageAdapter::has(Cid cid) {
  std::vector<Cid> cids{cid};
  auto found = co_await has_many(std::move(cids));
  co_return found.at(0);
}

base::Task<void> StorageAdapter::accept(std::vector<Block> blocks) {
  co_await store(std::move(blocks), Durability::buffered);
}

}  // namespace openmcp::storage
