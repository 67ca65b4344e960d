// Pins keep DAGs from collection, and are the durable roots of everything: what a store must still know after its
// indexes are lost. A PinningStore applies blocks and pin changes as one batch: all of it survives a crash or none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/adapter.hpp"

namespace openmcp::storage {

enum class PinMode : std::uint8_t {
  direct,     ///< this block only
  recursive,  ///< the whole DAG below it
};

/// A pin is known by (name, cid): one CID may be pinned under several names, and stays while any of them does.
/// Names are any UTF-8 up to 1024 bytes; "" is allowed. The context room uses names that begin with "context/".
struct Pin {
  Cid cid;
  PinMode mode = PinMode::recursive;
  std::string name;
  bool operator==(const Pin&) const = default;
};

struct PinChange {
  enum class Kind : std::uint8_t { add, remove } kind;
  Pin pin;
  bool operator==(const PinChange&) const = default;
};

/// A place in the store's log; grows with every batch. 0 is before everything.
using Position = std::uint64_t;

struct Batch {
  std::vector<Block> blocks;
  std::vector<PinChange> pins;  ///< applied in order, after the blocks
};

struct PinPage {
  std::vector<Pin> pins;
  std::string next;
};

/// What happened to pins since a position, in order.
struct PinHistory {
  std::vector<PinChange> changes;
  Position upto = 0;
};

struct CollectReport {
  std::uint64_t blocks_removed = 0, bytes_removed = 0;  ///< logical: no longer readable
  std::uint64_t bytes_freed = 0;                        ///< on disk, by compaction
  std::uint64_t segments_compacted = 0;
};

/// While it lives, blocks stored, found or read through this store after its start are not collected: an import in
/// progress pins its root only at the end.
class Lease {
public:
  virtual ~Lease() = default;
};

class PinningStore : public StorageAdapter {
public:
  /// Atomic and durable when it returns. Adding a recursive pin needs the whole DAG to be here: Error not_found names
  /// the first missing block, and nothing is applied. Adding an existing pin, or removing an absent one, does nothing.
  virtual base::Task<Position> apply(Batch batch) = 0;

  /// Pins whose name begins with `name_prefix`, ordered by (name, cid).
  virtual base::Task<PinPage> pins(std::string name_prefix, std::string cursor, std::size_t limit) = 0;
  /// Every pin of this CID.
  virtual base::Task<std::vector<Pin>> pins_of(Cid cid) = 0;
  /// True when a pin, direct or through a recursive root, keeps this block.
  virtual base::Task<bool> kept(Cid cid) = 0;

  virtual Position position() const noexcept = 0;
  /// Changes after `since`; nullopt when the log no longer reaches back that far (compaction): read pins() instead.
  virtual base::Task<std::optional<PinHistory>> pin_history(Position since) = 0;

  virtual std::unique_ptr<Lease> lease() = 0;
  /// Removes unpinned blocks that no lease protects, and compacts. Runs beside reads and writes. `progress(done,
  /// total)` in bytes.
  virtual base::Task<CollectReport> collect(std::function<void(std::uint64_t, std::uint64_t)> progress) = 0;
};

}  // namespace openmcp::storage
