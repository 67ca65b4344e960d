#include "storage/memory_store.hpp"

#include <algorithm>

#include "storage/ledger.hpp"
#include "storage/requests.hpp"

namespace openmcp::storage {
namespace {

constexpr std::size_t kStep = 1024;  ///< rows looked at in one go

/// Places have no meaning in memory; the ledger only wants one.
Location place_of(const Block& block) { return {1, 0, static_cast<std::uint32_t>(block.data.size())}; }

std::vector<IndexRow> all_rows(const BlockIndex& index, const std::string& prefix) {
  std::vector<IndexRow> rows;
  for (std::string after;;) {
    auto more = index.scan(prefix, after, kStep);
    if (more.empty()) return rows;
    after = more.back().first;
    std::ranges::move(more, std::back_inserter(rows));
  }
}

}  // namespace

MemoryStore::MemoryStore() : leases_(std::make_shared<Leases>()) {}
MemoryStore::~MemoryStore() = default;

Capabilities MemoryStore::capabilities() const noexcept {
  Capabilities can;
  can.remove = can.list = can.pins = true;
  return can;
}

std::optional<base::SharedBytes> MemoryStore::find(const Cid& cid) {
  if (cid.identity()) return base::SharedBytes(base::to_bytes(cid.hash().digest()));
  leases_->touch(cid.hash());
  auto found = payloads_.find(cid.hash());
  if (found == payloads_.end()) return std::nullopt;
  return found->second;
}

base::Task<void> MemoryStore::store(std::vector<Block> blocks, Durability) {
  Batch batch;
  batch.blocks = std::move(blocks);
  co_await apply(std::move(batch));
}

base::Task<std::optional<base::SharedBytes>> MemoryStore::retrieve(Cid cid) { co_return find(cid); }

base::Task<std::vector<std::optional<base::SharedBytes>>> MemoryStore::retrieve_many(std::vector<Cid> cids) {
  std::vector<std::optional<base::SharedBytes>> found;
  found.reserve(cids.size());
  for (const auto& cid : cids) found.push_back(find(cid));
  co_return found;
}

base::Task<std::vector<bool>> MemoryStore::has_many(std::vector<Cid> cids) {
  std::vector<bool> found;
  found.reserve(cids.size());
  for (const auto& cid : cids) found.push_back(find(cid).has_value());
  co_return found;
}

base::Task<std::optional<std::uint64_t>> MemoryStore::size(Cid cid) {
  auto found = find(cid);
  if (!found) co_return std::nullopt;
  co_return found->size();
}

base::Task<std::size_t> MemoryStore::remove(std::vector<Cid> cids) {
  Layer layer(index_);
  Ledger ledger(layer, {});
  std::size_t removed = 0;
  for (const auto& cid : cids) {
    auto entry = layer.block(cid.hash());
    if (cid.identity() || !entry) continue;
    if (!entry->references.empty()) throw kept_error(cid);
    ledger.remove_block(cid, {});
    auto key = block_key(cid.hash());
    if (auto grave = layer.grave(key)) ledger.drop_grave(key, *grave);
    ++removed;
  }
  index_.write(layer.changes());
  for (const auto& cid : cids) payloads_.erase(cid.hash());
  co_return removed;
}

base::Task<ListPage> MemoryStore::list(std::string cursor, std::size_t limit) {
  limit = page_size(limit);
  co_return list_page(index_.scan("b", key_after(cursor), limit), limit);
}

base::Task<void> MemoryStore::sync() { co_return; }
base::Task<void> MemoryStore::close() { co_return; }

base::Task<Position> MemoryStore::apply(Batch batch) {
  check_blocks(batch.blocks);
  check_pins(batch.pins);
  Layer layer(index_);
  std::map<ipld::Multihash, base::SharedBytes> fresh;
  auto load = [&](const Cid& cid, const BlockEntry&) -> base::Result<base::SharedBytes> {
    if (auto found = fresh.find(cid.hash()); found != fresh.end()) return found->second;
    return payloads_.at(cid.hash());
  };
  Ledger ledger(layer, load);
  for (const auto& block : batch.blocks) {
    if (block.cid.identity()) continue;
    leases_->touch(block.cid.hash());
    if (layer.block(block.cid.hash())) continue;
    ledger.place_block(block.cid, place_of(block));
    fresh.emplace(block.cid.hash(), block.data);
  }
  std::vector<PinChange> made;
  for (const auto& change : batch.pins) {
    auto present = layer.pin(change.pin);
    auto step = pin_step(change, present);
    if (step == PinStep::remove || step == PinStep::replace) {
      Pin old = change.pin;
      old.mode = present->mode;
      ledger.remove_pin(old, {});
      auto key = pin_key(old);
      if (auto grave = layer.grave(key)) ledger.drop_grave(key, *grave);
      made.push_back({PinChange::Kind::remove, old});
    }
    if (step == PinStep::add || step == PinStep::replace) {
      ledger.place_pin(change.pin, {});
      made.push_back({PinChange::Kind::add, change.pin});
    }
  }
  if (fresh.empty() && made.empty()) co_return position_;
  index_.write(layer.changes());
  payloads_.merge(fresh);
  ++position_;
  for (auto& change : made) history_.emplace_back(position_, std::move(change));
  co_return position_;
}

base::Task<PinPage> MemoryStore::pins(std::string name_prefix, std::string cursor, std::size_t limit) {
  limit = page_size(limit);
  co_return pin_page(index_.scan(pin_prefix(name_prefix), key_after(cursor), limit), limit);
}

base::Task<std::vector<Pin>> MemoryStore::pins_of(Cid cid) {
  co_return pins_by_cid(cid, all_rows(index_, pin_by_cid_prefix(cid)));
}

base::Task<bool> MemoryStore::kept(Cid cid) {
  if (cid.identity()) co_return true;
  auto entry = Layer(index_).block(cid.hash());
  co_return entry && !entry->references.empty();
}

base::Task<std::optional<PinHistory>> MemoryStore::pin_history(Position since) {
  if (since > position_) co_return std::nullopt;
  PinHistory history;
  history.upto = position_;
  for (const auto& [at, change] : history_) {
    if (at > since) history.changes.push_back(change);
  }
  co_return history;
}

base::Task<CollectReport> MemoryStore::collect(std::function<void(std::uint64_t, std::uint64_t)> progress) {
  CollectReport report;
  std::vector<Cid> garbage;
  for (const auto& [key, row] : all_rows(index_, "b")) {
    auto entry = base::unwrap(decode_block(row));
    auto hash = base::unwrap(decode_block_key(key));
    if (!entry.references.empty() || leases_->protects(hash)) continue;
    garbage.push_back(Cid::v1(entry.codec, hash));
    report.bytes_removed += entry.at.length;
  }
  report.bytes_freed = report.bytes_removed;
  report.blocks_removed = co_await remove(std::move(garbage));
  if (progress) progress(report.bytes_removed, report.bytes_removed);
  co_return report;
}

}  // namespace openmcp::storage
