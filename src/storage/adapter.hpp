// StorageAdapter: where blocks go. Local packs, memory, later S3, Kubo, pinning services and mirrors all fit it, and
// all pass the one contract suite (tests/support/adapter_contract.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipld/block_io.hpp"

namespace openmcp::storage {

using ipld::Block;
using ipld::Cid;

struct Capabilities {
  bool durable = false;                            ///< a synced store survives a loss of power
  bool remove = false;                             ///< single blocks can be removed
  bool list = false;                               ///< blocks can be enumerated
  bool pins = false;                               ///< is a PinningStore
  std::uint64_t max_block = ipld::kMaxBlockBytes;  ///< bytes
};

/// When a store call may return.
enum class Durability : unsigned char {
  synced,    ///< the blocks survive a loss of power
  buffered,  ///< accepted and readable; durable after the next sync()
};

struct ListPage {
  std::vector<Cid> cids;
  std::string next;  ///< cursor for the next page; empty: the end
};

/// Blocks are keyed by multihash: CIDs that differ only in version or codec name the same bytes. Identity CIDs are
/// answered from the CID and never stored. Every block given is verified against its CID unless it was made by
/// make_block in this process (`Block` is verified by definition); every block returned is checked.
/// All calls may run concurrently from coroutines of one executor. Errors are thrown as base::Error.
class StorageAdapter : public ipld::BlockSource, public ipld::BlockSink {
public:
  virtual std::string_view name() const noexcept = 0;
  virtual Capabilities capabilities() const noexcept = 0;

  virtual base::Task<void> store(std::vector<Block> blocks, Durability durability) = 0;
  base::Task<void> store(Block block);  ///< one, synced

  // retrieve and retrieve_many come from BlockSource.

  virtual base::Task<std::vector<bool>> has_many(std::vector<Cid> cids) = 0;
  base::Task<bool> has(Cid cid);

  /// Bytes of each block without reading it; nullopt: not there.
  virtual base::Task<std::optional<std::uint64_t>> size(Cid cid) = 0;

  /// Removes what is there; the number removed. Throws Error conflict (naming one) when any is pinned or linked from a
  /// pinned DAG and the adapter knows pins; then nothing is removed.
  virtual base::Task<std::size_t> remove(std::vector<Cid> cids) = 0;

  /// All blocks in a stable order, page by page, as CIDv1 with the codec of the first store (raw when unknown).
  virtual base::Task<ListPage> list(std::string cursor, std::size_t limit) = 0;

  /// Everything accepted before the call is durable when it returns.
  virtual base::Task<void> sync() = 0;
  /// Syncs and releases what is held. No call may follow.
  virtual base::Task<void> close() = 0;

  base::Task<void> accept(std::vector<Block> blocks) override;  ///< store, buffered
};

}  // namespace openmcp::storage
