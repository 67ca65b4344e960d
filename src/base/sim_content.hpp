// Inside of base: the bytes of a simulated file, with what of them would survive a loss of power.
#pragma once

#include "base/bytes.hpp"
#include "base/seeded.hpp"

namespace openmcp::base {

class SimContent {
public:
  static constexpr std::size_t kSector = 512;  ///< bytes that a disk writes wholly or not at all

  std::uint64_t size() const noexcept { return current_.size(); }
  /// Copies what lies in [offset, offset + into.size()); returns how much that was.
  std::size_t read(std::uint64_t offset, MutableBytes into) const;
  void write(std::uint64_t offset, BytesView from);
  void truncate(std::uint64_t size);
  /// Everything written so far becomes stable.
  void sync();
  /// Power off: of the sectors that were not stable a seeded part survives; the size is between the stable one and the
  /// last one.
  void crash(Seeded& random);
  /// Damages the medium itself. Precondition: bit < 8 * size().
  void flip_bit(std::uint64_t bit);

private:
  void mark(std::uint64_t begin, std::uint64_t end);

  Bytes current_, stable_;
  Bytes dirty_;  ///< one a sector: 1 when current and stable may differ
  std::size_t first_dirty_ = 0, end_dirty_ = 0;
};

}  // namespace openmcp::base
