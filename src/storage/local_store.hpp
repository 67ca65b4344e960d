// LocalStore: blocks and pins in one directory. Append-only segments hold the truth, an index beside them finds it:
//
//   <path>/store              format and identity of the store
//   <path>/lock               the one writer
//   <path>/packs/00000001.pack ...   segments (record.hpp, segment.hpp)
//   <path>/index/             RocksDB; derived, rebuilt when absent or unusable
//
// Writes are durable through fdatasync shared by all who wait (group commit); reads are views of mapped segments, their
// checksum verified each time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/env.hpp"
#include "storage/block_index.hpp"
#include "storage/pins.hpp"

namespace openmcp::storage {

/// Groups that go past the system's cache. All in bytes.
struct LargeGroups {
  std::uint64_t from = 1u << 20;     ///< a group's at least
  std::uint64_t pieces = 64u << 10;  ///< its buffers' at least, on average
};

/// done and total in bytes.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct LocalStoreOptions {
  base::Path path;
  bool read_only = false;  ///< needs no lock; works beside a writer; sees what was durable when it opened or refreshed
  bool create = true;      ///< make the store when there is none; otherwise Error not_found
  base::Duration lock_wait = std::chrono::seconds(5);  ///< then Error busy that names the holder
  std::string holder;                                  ///< how this process names itself in the lock: "openmcp commit"
  std::uint64_t segment_bytes = 256u << 20;            ///< a segment is closed when the next batch would exceed it
  std::uint64_t flush_bytes = 32u << 20;               ///< buffered bytes that start a sync in the background
  std::uint64_t mapped_bytes =
      64u << 20;  ///< bytes read through mappings before they are dropped: bounds resident memory
  std::size_t index_cache_bytes = 16u << 20;
  LargeGroups large;
  double compact_below = 0.6;         ///< collect rewrites segments whose share of live bytes is lower
  std::shared_ptr<BlockIndex> index;  ///< null: RocksDB in <path>/index
};

struct StoreStats {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  ///< of the blocks themselves
  std::uint64_t pins = 0;
  std::uint64_t segments = 0;
  std::uint64_t disk_bytes = 0;   ///< of all segments
  std::uint64_t freed_bytes = 0;  ///< that collections gave back to the disk since the store was opened
  std::uint64_t live_bytes = 0;   ///< of records still needed; live_bytes / disk_bytes is the live share
};

/// One damaged place in a segment.
struct Damage {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  ///< bytes that cannot be trusted
  std::optional<Cid> cid;    ///< the block, when the index or the record still names it
  bool needed = false;       ///< the index refers to it: data is lost unless repaired
  std::string what;          ///< "checksum of the payload differs", ...
};

struct VerifyOptions {
  bool hashes = true;  ///< also compute each block's hash; false: checksums only
  Progress progress;
};

struct VerifyReport {
  std::uint64_t segments = 0, records = 0, blocks = 0, bytes = 0;  ///< seen and read
  std::vector<Damage> damage;                                      ///< ordered by segment and offset
  bool clean() const noexcept { return damage.empty(); }
};

struct RepairReport {
  VerifyReport found;          ///< the state before
  std::uint64_t repaired = 0;  ///< blocks fetched and written anew
  std::vector<Cid> lost;       ///< damaged, and the other copy has no good one
};

class StoreCore;

class LocalStore final : public PinningStore {
public:
  /// Opens and recovers: cuts a torn tail, replays what the index does not know, rebuilds a missing index. `env` must
  /// outlive the store. Throws busy, not_found, permission, io, no_space, unsupported (a newer format).
  static base::Task<std::unique_ptr<LocalStore>> open(base::Env& env, LocalStoreOptions options);
  ~LocalStore() override;

  std::string_view name() const noexcept override { return "local"; }
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
  /// Of the newest durable batch.
  Position position() const noexcept override;
  base::Task<std::optional<PinHistory>> pin_history(Position since) override;
  std::unique_ptr<Lease> lease() override;
  base::Task<CollectReport> collect(std::function<void(std::uint64_t, std::uint64_t)> progress) override;

  /// Reads every byte of every segment on all cores and checks it; changes nothing.
  base::Task<VerifyReport> verify(VerifyOptions options);
  /// Verifies, fetches each damaged block from `other` (may be null), writes it anew and drops the damaged segments.
  base::Task<RepairReport> repair(ipld::BlockSource* other, Progress progress);
  /// Makes the index anew from the segments alone.
  base::Task<void> rebuild_index(Progress progress);
  /// Read-only stores: see what the writer has made durable since.
  base::Task<void> refresh();
  base::Task<StoreStats> stats();
  bool read_only() const noexcept;

private:
  explicit LocalStore(std::shared_ptr<StoreCore> core);
  std::shared_ptr<StoreCore> core_;
};

}  // namespace openmcp::storage
