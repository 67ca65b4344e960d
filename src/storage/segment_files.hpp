// SegmentFiles: the reading end of the segments. Files are opened when first read and mapped by base::File; views stay
// valid whatever happens to the file. May be used from several workers at once; all calls block.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/disk.hpp"
#include "storage/record.hpp"

namespace openmcp::storage {

class SegmentFiles {
public:
  /// `resident`: after so many bytes of views all mappings are dropped, so that pages which nobody uses leave memory.
  SegmentFiles(base::Disk& disk, base::Path packs, const StoreId& store, std::uint64_t resident)
      : disk_(disk), packs_(std::move(packs)), store_(store), resident_(resident) {}

  /// A part of a segment. Throws not_found when there is no such segment (any more), corrupt when it is shorter.
  base::SharedBytes view(std::uint32_t segment, std::uint64_t offset, std::size_t length);
  /// A block, its header and checksum verified; `cid` as in the record (version 1). Error corrupt names what is wrong;
  /// throws as view does.
  base::Result<base::SharedBytes> read_block(const Cid& cid, const Location& at);
  /// A handle for reading without a mapping.
  std::shared_ptr<base::File> file(std::uint32_t segment);
  std::uint64_t size(std::uint32_t segment) { return file(segment)->size(); }
  /// The segment exists and is long enough.
  bool holds(const Location& at);
  /// Numbers of all segments on disk, ascending.
  std::vector<std::uint32_t> list() const;
  /// Where the records of a segment end according to later ones: what follows was never promised. 0: it was given up
  /// whole. nullopt: they do not say.
  std::optional<std::uint64_t> declared_end(std::uint32_t segment, const std::vector<std::uint32_t>& all);
  /// Closes the file: it will be removed or was changed.
  void forget(std::uint32_t segment);

  RecordPlace place(std::uint32_t segment) const { return {store_, segment}; }
  const base::Path& packs() const noexcept { return packs_; }
  base::Path path(std::uint32_t segment) const;

private:
  base::Disk& disk_;
  base::Path packs_;
  StoreId store_;
  std::uint64_t resident_;
  std::mutex mutex_;
  std::map<std::uint32_t, std::shared_ptr<base::File>> open_;
  std::uint64_t viewed_ = 0;
};

}  // namespace openmcp::storage
