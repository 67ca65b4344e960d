#include "base/sim_content.hpp"

#include <algorithm>

namespace openmcp::base {

std::size_t SimContent::read(std::uint64_t offset, MutableBytes into) const {
  if (offset >= current_.size()) return 0;
  auto size = std::min<std::uint64_t>(into.size(), current_.size() - offset);
  std::copy_n(current_.begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
  return size;
}

void SimContent::write(std::uint64_t offset, BytesView from) {
  if (from.empty()) return;
  std::uint64_t end = offset + from.size();
  mark(std::min<std::uint64_t>(offset, current_.size()), end);  // a gap that is jumped over reads as zeros
  if (end > current_.size()) current_.resize(end);
  std::ranges::copy(from, current_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void SimContent::truncate(std::uint64_t size) {
  mark(std::min<std::uint64_t>(size, current_.size()), std::max<std::uint64_t>(size, current_.size()));
  current_.resize(size);
}

void SimContent::mark(std::uint64_t begin, std::uint64_t end) {
  if (begin == end) return;
  std::size_t first = begin / kSector, last = (end + kSector - 1) / kSector;
  if (last > dirty_.size()) dirty_.resize(last);
  std::fill(dirty_.begin() + static_cast<std::ptrdiff_t>(first), dirty_.begin() + static_cast<std::ptrdiff_t>(last), 1);
  first_dirty_ = first_dirty_ == end_dirty_ ? first : std::min(first_dirty_, first);
  end_dirty_ = std::max(end_dirty_, last);
}

void SimContent::sync() {
  stable_.resize(current_.size());
  for (std::size_t sector = first_dirty_; sector < end_dirty_; ++sector) {
    if (!std::exchange(dirty_[sector], 0)) continue;
    std::size_t begin = std::min(sector * kSector, current_.size()), end = std::min(begin + kSector, current_.size());
    std::copy(current_.begin() + static_cast<std::ptrdiff_t>(begin),
              current_.begin() + static_cast<std::ptrdiff_t>(end),
              stable_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
  first_dirty_ = end_dirty_ = 0;
}

void SimContent::crash(Seeded& random) {
  auto [smaller, larger] = std::minmax(stable_.size(), current_.size());
  std::size_t size = stable_.size();
  if (smaller != larger) {
    switch (random.below(3)) {
      case 0:
        break;
      case 1:
        size = current_.size();
        break;
      default:
        size = smaller + random.below(larger - smaller + 1);
    }
  }
  // All, none or half of the sectors: each of these is a way in which real programs break.
  std::uint64_t kind = random.below(4);
  stable_.resize(size);
  for (std::size_t sector = first_dirty_; sector < end_dirty_; ++sector) {
    if (!std::exchange(dirty_[sector], 0)) continue;
    bool survives = kind == 0 || (kind != 1 && random.below(2) == 0);
    if (!survives) continue;
    std::size_t begin = sector * kSector, end = std::min({begin + kSector, size, current_.size()});
    if (begin >= end) continue;
    std::copy(current_.begin() + static_cast<std::ptrdiff_t>(begin),
              current_.begin() + static_cast<std::ptrdiff_t>(end),
              stable_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
  first_dirty_ = end_dirty_ = 0;
  current_ = stable_;
}

void SimContent::flip_bit(std::uint64_t bit) {
  auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
  current_[bit / 8] ^= mask;
  if (bit / 8 < stable_.size()) stable_[bit / 8] ^= mask;
}

}  // namespace openmcp::base
