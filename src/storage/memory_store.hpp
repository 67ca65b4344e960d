// MemoryStore: a PinningStore in memory, for tests, previews and caches. Nothing survives it; otherwise it behaves
// like LocalStore.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "storage/leases.hpp"
#include "storage/memory_index.hpp"
#include "storage/pins.hpp"

namespace openmcp::storage {

class MemoryStore final : public PinningStore {
public:
  MemoryStore();
  ~MemoryStore() override;

  std::string_view name() const noexcept override { return "memory"; }
  Capabilities capabilities() const noexcept override;
  base::Task<void> store(std::vector<Block> blocks, Durability durability) override;
  using StorageAdapter::store;
  base::Task<std::optional<base::SharedBytes>> retrieve(Cid cid) override;
  base::Task<std::vector<std::optional<base::SharedBytes>>> retrieve_many(std::vector<Cid> cids) override;
  base::Task<std::vector<bool>> has_many(std::vector<Cid> cids) override;
  base::Task<std::optional<std::uint64_t>> size(Cid cid) override;
  base::Task<std::size_t> remove(std::vector<Cid> cids) override;
  base::Task<ListPage> list(std::string cursor, std::size_t limit) override;
  base::Task<void> sync() override;
  base::Task<void> close() override;

  base::Task<Position> apply(Batch batch) override;
  base::Task<PinPage> pins(std::string name_prefix, std::string cursor, std::size_t limit) override;
  base::Task<std::vector<Pin>> pins_of(Cid cid) override;
  base::Task<bool> kept(Cid cid) override;
  Position position() const noexcept override { return position_; }
  base::Task<std::optional<PinHistory>> pin_history(Position since) override;
  std::unique_ptr<Lease> lease() override { return leases_->begin(); }
  base::Task<CollectReport> collect(std::function<void(std::uint64_t, std::uint64_t)> progress) override;

private:
  std::optional<base::SharedBytes> find(const Cid& cid);

  MemoryIndex index_;
  std::map<ipld::Multihash, base::SharedBytes> payloads_;
  std::shared_ptr<Leases> leases_;
  std::vector<std::pair<Position, PinChange>> history_;
  Position position_ = 0;
};

}  // namespace openmcp::storage
