// Buffers that are written one after the other.
#pragma once

#include <span>

#include "base/bytes.hpp"

namespace openmcp::base {

/// Drops the pieces of which all is done; `done` is then what is done of the first that is left.
inline void drop_done(std::span<const BytesView>& pieces, std::size_t& done) noexcept {
  while (!pieces.empty() && done >= pieces.front().size()) {
    done -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
}

}  // namespace openmcp::base
