// Myers' comparison of two sequences, linear in memory, with a bound on the work. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace openmcp::context {

/// Elements [old_begin, old_end) are replaced by [new_begin, new_end); one of the two may be empty.
struct Edit {
  std::size_t old_begin, old_end, new_begin, new_end;
  bool operator==(const Edit&) const = default;
};

struct Edits {
  std::vector<Edit> edits;  ///< in order, never touching each other
  bool coarse = false;      ///< a region needed more than the bounds allow and is one edit
};

/// `max_edits` bounds D, the deletions and insertions of one region; the whole work is bounded too.
Edits compare(std::span<const std::uint32_t> before, std::span<const std::uint32_t> after, std::size_t max_edits);

}  // namespace openmcp::context
