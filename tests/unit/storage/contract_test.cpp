#include "storage/local_store.hpp"
#include "storage/memory_index.hpp"
#include "storage/memory_store.hpp"
#include "support/adapter_contract.hpp"

namespace openmcp::test {
namespace {

Task<std::unique_ptr<storage::StorageAdapter>> open_memory(base::Env&, std::string) {
  co_return std::make_unique<storage::MemoryStore>();
}

Task<std::unique_ptr<storage::StorageAdapter>> open_local(base::Env& env, std::string directory) {
  storage::LocalStoreOptions options;
  options.path = std::move(directory);
  co_return co_await storage::LocalStore::open(env, std::move(options));
}

/// Segments of a few records, so that every test crosses many; the index is in memory and lasts as long as the process.
Task<std::unique_ptr<storage::StorageAdapter>> open_small(base::Env& env, std::string directory) {
  storage::LocalStoreOptions options;
  static std::map<std::string, std::shared_ptr<storage::MemoryIndex>> indexes;
  auto& index = indexes[directory];
  if (!index) index = std::make_shared<storage::MemoryIndex>();
  options.index = index;
  options.path = std::move(directory);
  options.segment_bytes = 2048;
  options.flush_bytes = 1000;
  options.mapped_bytes = 4096;
  options.compact_below = 1;
  co_return co_await storage::LocalStore::open(env, std::move(options));
}

const AdapterCase kMemory{"memory", open_memory};
const AdapterCase kLocal{"local", open_local};
const AdapterCase kSmall{"small_segments", open_small};

std::string name_of(const ::testing::TestParamInfo<AdapterCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Stores, AdapterContract, ::testing::Values(kMemory, kLocal, kSmall), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, PinningContract, ::testing::Values(kMemory, kLocal, kSmall), name_of);

}  // namespace
}  // namespace openmcp::test
