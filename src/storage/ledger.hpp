// The ledger: what a store knows, as rows of its index. It is a state machine over the records of the segments: the
// same four steps are taken when a batch is committed, when a log is replayed after a crash, and when an index is made
// anew, so all three end in the same state.
//
// Rows (first byte of the key):
//   b multihash          block: place, codec, references
//   p name cid           pin
//   r cid name           the same pin, found by CID
//   t key                grave: a removed block or pin whose record still lies in some segment
//   g segment            bytes that are still needed in it
//   m                    the place in the log up to which all this is true, and totals
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "storage/block_index.hpp"
#include "storage/record.hpp"

namespace openmcp::storage {

/// How often a block is referred to, by codec: the same bytes have different children under different codecs.
struct Reference {
  ipld::Codec codec{};
  std::uint64_t count = 0;
  bool operator==(const Reference&) const = default;
};

struct BlockEntry {
  Location at;
  ipld::Codec codec = ipld::Codec::raw;  ///< of the record at `at`
  std::uint32_t oldest = 0;              ///< oldest segment that may hold a record of it
  std::vector<Reference> references;     ///< none with count 0; none: garbage
  bool operator==(const BlockEntry&) const = default;
};

struct PinEntry {
  PinMode mode = PinMode::recursive;
  Location at;
  std::uint32_t oldest = 0;
  bool operator==(const PinEntry&) const = default;
};

/// Keeps a removal known while a segment from `oldest` to `newest` may still hold the record that it undoes.
struct Grave {
  std::uint32_t oldest = 0, newest = 0;
  Location at;                           ///< of the record of the removal
  std::uint32_t size = 0;                ///< bytes of that record
  std::uint8_t mode = 0;                 ///< of a removed pin
  ipld::Codec codec = ipld::Codec::raw;  ///< of a removed block
  bool operator==(const Grave&) const = default;
};

struct Totals {
  StoreId store{};
  std::uint32_t segment = 0;  ///< everything before this place in the log is in the index
  std::uint64_t end = 0;
  std::uint32_t chain = 0;  ///< what the next record there must carry
  std::uint64_t blocks = 0, bytes = 0, pins = 0;
  Position history_from = 0;  ///< pin changes before this position may be gone
  bool operator==(const Totals&) const = default;
};

std::string block_key(const ipld::Multihash& hash);
std::string pin_key(const Pin& pin);
std::string pin_prefix(std::string_view name_prefix);  ///< of the keys of pins whose name begins so
std::string pin_by_cid_key(const Pin& pin);
std::string pin_by_cid_prefix(const Cid& cid);
std::string grave_key(std::string_view key);  ///< of a block_key or pin_key
std::string segment_key(std::uint32_t number);
inline constexpr std::string_view kTotalsKey = "m";

std::string encode(const BlockEntry& entry);
std::string encode(const PinEntry& entry);
std::string encode(const Grave& grave);
std::string encode(const Totals& totals);
/// All of these: Error corrupt when the row is not what encode makes.
base::Result<BlockEntry> decode_block(std::string_view row);
base::Result<PinEntry> decode_pin_entry(std::string_view row);
base::Result<Grave> decode_grave(std::string_view row);
base::Result<Totals> decode_totals(std::string_view row);
base::Result<std::uint64_t> decode_live(std::string_view row);
base::Result<ipld::Multihash> decode_block_key(std::string_view key);
base::Result<Pin> decode_pin_key(std::string_view key);  ///< the mode is not in the key
base::Result<std::uint32_t> decode_segment_key(std::string_view key);

/// Changes on top of an index, or of other changes; nothing below is written.
class Layer {
public:
  explicit Layer(const BlockIndex& index) : index_(&index) {}
  /// On top of changes that are not in the index yet; any may be null.
  Layer(const BlockIndex& index, const IndexBatch* newer, const IndexBatch* older)
      : index_(&index), batches_{newer, older} {}
  explicit Layer(const Layer& below) : below_(&below) {}
  Layer(const Layer& below, const IndexBatch& over) : below_(&below), batches_{&over, nullptr} {}
  Layer& operator=(const Layer&) = delete;

  std::optional<std::string> get(const std::string& key) const;
  void put(std::string key, std::string value) { changes_.insert_or_assign(std::move(key), std::move(value)); }
  void erase(std::string key) { changes_.insert_or_assign(std::move(key), std::nullopt); }

  std::optional<BlockEntry> block(const ipld::Multihash& hash) const;
  std::optional<PinEntry> pin(const Pin& pin) const;
  std::optional<Grave> grave(std::string_view key) const;
  Totals totals() const;
  std::uint64_t live(std::uint32_t segment) const;

  const IndexBatch& changes() const noexcept { return changes_; }
  IndexBatch take() { return std::exchange(changes_, {}); }
  /// Puts the changes of a layer above into this one.
  void absorb(Layer& above);

private:
  const Layer* below_ = nullptr;
  const BlockIndex* index_ = nullptr;
  std::array<const IndexBatch*, 2> batches_{};
  IndexBatch changes_;
};

/// Puts `from` over `into`.
void merge(IndexBatch& into, IndexBatch from);

/// The bytes of a block that is in the ledger; Error not_found or corrupt.
using LoadBlock = std::function<base::Result<base::SharedBytes>(const Cid& cid, const BlockEntry& entry)>;

/// The steps. Each takes the record's place, which lies behind everything known so far.
class Ledger {
public:
  /// `counting` false: references are left alone (first pass of a rebuild). `strict` false: missing or unreadable
  /// blocks count as leaves (replay of what was accepted once; removal of a pin).
  Ledger(Layer& layer, LoadBlock load, bool counting = true, bool strict = true)
      : layer_(layer), load_(std::move(load)), counting_(counting), strict_(strict) {}

  /// A new block, or a new place of one that is known. `moved`: by compaction, the place before will be gone.
  void place_block(const Cid& cid, const Location& at, bool moved = false);
  /// Erases it; `at` is the record of the removal. Does nothing but move the grave when it is not there.
  void remove_block(const Cid& cid, const Location& at);
  /// A new pin, or a new place of one that is known (its mode may not differ). Throws not_found when the DAG is not
  /// whole.
  void place_pin(const Pin& pin, const Location& at, bool moved = false);
  void remove_pin(const Pin& pin, const Location& at);

  /// Counts what every pin keeps, from nothing (second pass of a rebuild).
  void count_pin(const Pin& pin);
  /// True while a segment that the grave is about exists besides `besides`.
  static bool needed(const Layer& layer, const Grave& grave, std::uint32_t besides);
  void drop_grave(std::string_view key, const Grave& grave);

private:
  void add_live(std::uint32_t segment, std::int64_t delta);
  void place_grave(std::string_view key, std::uint32_t oldest, std::uint32_t newest, Grave grave);
  void count(const Pin& pin, bool up);
  void change_references(std::vector<Cid> roots, bool up);

  Layer& layer_;
  LoadBlock load_;
  bool counting_;
  bool strict_;
};

/// CIDs behind `cid` whose blocks are stored: itself, or for an identity CID what it links to.
base::Result<std::vector<Cid>> stored_targets(const Cid& cid);

}  // namespace openmcp::storage
