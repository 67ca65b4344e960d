// MemoryIndex: a BlockIndex in memory, for MemoryStore and for simulation, where a crash forgets its newest batches.
#pragma once

#include <map>
#include <mutex>

#include "storage/block_index.hpp"

namespace openmcp::storage {

class MemoryIndex final : public BlockIndex {
public:
  /// `remembers_batches`: batches since the last sync() are kept apart so that crash() can forget some.
  explicit MemoryIndex(bool remembers_batches = false) : journaling_(remembers_batches) {}

  std::optional<std::string> get(std::string_view key) const override;
  std::vector<std::optional<std::string>> get_many(const std::vector<std::string>& keys) const override;
  std::vector<IndexRow> scan(std::string_view prefix, std::string_view after, std::size_t limit) const override;
  void write(const IndexBatch& batch) override;
  void sync() override;
  void clear() override;
  void reopen() override {}
  void close() override {}

  /// Batches that a loss of power may forget.
  std::size_t unsynced() const;
  /// Keeps the first `keep` of them.
  void crash(std::size_t keep);

private:
  using Rows = std::map<std::string, std::string, std::less<>>;
  static void apply(Rows& rows, const IndexBatch& batch);

  mutable std::mutex mutex_;
  bool journaling_;
  Rows rows_;
  Rows synced_;                      ///< used only when journaling
  std::vector<IndexBatch> journal_;  ///< written since the last sync
};

}  // namespace openmcp::storage
