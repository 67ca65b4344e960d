// PackLog: the writing end of the segments. Appends whole groups of records to the newest segment, makes them durable,
// and takes back what failed. Used by one job at a time; all calls block.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/disk.hpp"
#include "storage/local_store.hpp"
#include "storage/record.hpp"

namespace openmcp::storage {

base::Path segment_path(const base::Path& packs, std::uint32_t number);  ///< "<packs>/00000001.pack"
/// The number in such a name; nullopt for any other name.
std::optional<std::uint32_t> segment_number(std::string_view file_name);

class PackLog {
public:
  PackLog(base::Disk& disk, base::Path packs, const StoreId& store, const LargeGroups& large)
      : disk_(disk), packs_(std::move(packs)), store_(store), large_(large) {}

  /// Goes on at the end of an existing segment, of which everything is durable. Cuts off what lies behind.
  void resume(std::uint32_t number, std::uint64_t end, std::uint32_t chain);
  /// Goes on behind a segment that cannot be continued; roll() comes first.
  void resume_behind(std::uint32_t number, std::uint64_t end);
  /// Begins the next segment. The bytes of the present one up to end() are taken as valid, what follows is void; when
  /// nothing was ever kept in it, the new one takes its place and it may be removed.
  void roll();

  /// There is a segment to append to; otherwise roll() comes first.
  bool writable() const noexcept { return file_ != nullptr; }
  /// Where the next record goes; 0 while there is no segment.
  std::uint32_t number() const noexcept { return number_; }
  std::uint64_t end() const noexcept { return end_; }
  std::uint64_t durable_end() const noexcept { return durable_end_; }
  std::uint32_t chain() const noexcept { return chain_; }
  const StoreId& store() const noexcept { return store_; }

  /// Appends `bytes` at end(); `chain` is the last record's. After an error nothing has been appended. Returns how many
  /// of them wait in memory for sync(): large groups are on the disk already, though it may still forget them.
  std::uint64_t append(std::span<const base::BytesView> pieces, std::uint64_t bytes, std::uint32_t chain);
  /// Something is not durable yet: bytes before end(), or that what lay behind it is void.
  bool unsynced() const noexcept { return durable_end_ < end_ || stale_; }
  /// Makes everything up to end() durable. After an error what is not durable must be taken as lost, and the segment
  /// must not be written any more: take_back, then roll.
  void sync();
  /// Somebody else synced this segment up to `end` (through a descriptor of its own, so that each sees its errors).
  void synced(std::uint32_t number, std::uint64_t end) noexcept;
  /// After a failed sync: gives up what is not durable without touching the file, from which it may still be read. Then
  /// roll().
  void abandon_tail() noexcept;
  /// Ends the log at an earlier place again.
  void take_back(std::uint64_t end, std::uint32_t chain) noexcept;
  /// Cuts the zeros written ahead and closes the file.
  void close();

private:
  void write_ahead(std::uint64_t bytes) noexcept;

  base::Disk& disk_;
  base::Path packs_;
  StoreId store_;
  LargeGroups large_;
  std::unique_ptr<base::File> file_;
  std::uint32_t number_ = 0;
  std::uint64_t end_ = 0, durable_end_ = 0;
  SegmentHeader header_;  ///< of the present segment
  std::uint32_t chain_ = 0;
  bool stale_ = false;           ///< bytes behind end_ may look like records
  std::uint64_t zeroed_to_ = 0;  ///< the file holds zeros from end_ to here
  std::uint64_t ahead_ = 0;      ///< bytes of zeros written at a time; grows with use
  unsigned small_syncs_ = 0;
};

}  // namespace openmcp::storage
