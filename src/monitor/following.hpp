// A counter for a total that is kept elsewhere.
#pragma once

#include <cstdint>

#include "monitor/metrics.hpp"

namespace openmcp::monitor {

class Following {
public:
  explicit Following(Counter counter) : counter_(counter) {}
  /// Grows the counter to `total`; a smaller one changes nothing.
  void to(std::uint64_t total) {
    if (total <= counted_) return;
    counter_.add(static_cast<double>(total - counted_));
    counted_ = total;
  }

private:
  Counter counter_;
  std::uint64_t counted_ = 0;
};

}  // namespace openmcp::monitor
