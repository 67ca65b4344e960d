#include "context/myers.hpp"

#include <algorithm>
#include <optional>

namespace openmcp::context {

namespace {

constexpr std::uint64_t kMaxSteps = 200'000'000;  ///< of the inner loop, about half a second

using Sequence = std::span<const std::uint32_t>;

/// Divide and conquer at the middle of a shortest path (Myers 1986, section 4b).
class Comparison {
public:
  Comparison(Sequence before, Sequence after, std::size_t max_edits, Edits& out)
      : a_(before), b_(after), max_edits_(static_cast<std::ptrdiff_t>(max_edits)), out_(out) {}

  void run() {
    // An explicit stack, last in first out, keeps the regions in order.
    std::vector<Region> todo{{0, size(a_), 0, size(b_)}};
    while (!todo.empty()) {
      auto region = todo.back();
      todo.pop_back();
      trim(region);
      if (region.a0 == region.a1 || region.b0 == region.b1) {
        emit(region);
        continue;
      }
      auto middle = split(region);
      if (!middle) {
        out_.coarse = true;
        emit(region);
        continue;
      }
      todo.push_back({middle->x, region.a1, middle->y, region.b1});
      todo.push_back({region.a0, middle->x, region.b0, middle->y});
    }
  }

private:
  using Index = std::ptrdiff_t;
  struct Region {
    Index a0, a1, b0, b1;
  };
  struct Point {
    Index x, y;
  };
  static Index size(Sequence s) { return static_cast<Index>(s.size()); }

  void trim(Region& r) const {
    while (r.a0 < r.a1 && r.b0 < r.b1 && a_[r.a0] == b_[r.b0]) ++r.a0, ++r.b0;
    while (r.a0 < r.a1 && r.b0 < r.b1 && a_[r.a1 - 1] == b_[r.b1 - 1]) --r.a1, --r.b1;
  }

  void emit(const Region& r) {
    if (r.a0 == r.a1 && r.b0 == r.b1) return;
    auto u = [](Index i) { return static_cast<std::size_t>(i); };
    auto& edits = out_.edits;
    if (!edits.empty() && edits.back().old_end == u(r.a0) && edits.back().new_end == u(r.b0)) {
      edits.back().old_end = u(r.a1);
      edits.back().new_end = u(r.b1);
    } else {
      edits.push_back({u(r.a0), u(r.a1), u(r.b0), u(r.b1)});
    }
  }

  static constexpr Index kNone = -1;  ///< no path reaches this diagonal

  /// The furthest x on diagonal k after d edits, from the neighbours after d - 1.
  static Index advance(const Index* reached, Index d, Index k, Index n, Index m) {
    if (d == 0) return 0;
    Index best = kNone;
    if (Index left = reached[k - 1]; left != kNone && left < n) best = left + 1;
    if (Index above = reached[k + 1]; above != kNone && above - k <= m) best = std::max(best, above);
    return best;
  }

  /// A point on a shortest path that is neither corner of the region; nullopt beyond the bounds.
  /// Precondition: trimmed and not empty on either side, so that D >= 2.
  std::optional<Point> split(const Region& r) {
    const Index n = r.a1 - r.a0, m = r.b1 - r.b0, delta = n - m;
    const bool odd = delta % 2 != 0;
    const Index limit = std::min((n + m + 1) / 2, (max_edits_ + 1) / 2);
    forward_.assign(static_cast<std::size_t>(2 * limit + 3), kNone);
    backward_.assign(static_cast<std::size_t>(2 * limit + 3), kNone);
    // ahead[k]: furthest x on diagonal k = x - y from the beginning; behind[k] the same counted from the end.
    Index* ahead = forward_.data() + limit + 1;
    Index* behind = backward_.data() + limit + 1;
    for (Index d = 0; d <= limit; ++d) {
      for (Index k = -d; k <= d; k += 2) {
        Index x = advance(ahead, d, k, n, m);
        if (x != kNone) x = slide(r, x, x - k);
        ahead[k] = x;
        const Index other = delta - k;
        if (x == kNone || !odd || other <= -d || other >= d) continue;
        if (behind[other] != kNone && x + behind[other] >= n) return Point{r.a0 + x, r.b0 + x - k};
      }
      for (Index k = -d; k <= d; k += 2) {
        Index x = advance(behind, d, k, n, m);
        if (x != kNone) x = slide_back(r, x, x - k);
        behind[k] = x;
        const Index other = delta - k;
        if (x == kNone || odd || other < -d || other > d) continue;
        if (ahead[other] != kNone && x + ahead[other] >= n) return Point{r.a1 - x, r.b1 - (x - k)};
      }
      steps_ += static_cast<std::uint64_t>(2 * d + 2);
      if (steps_ > kMaxSteps) return std::nullopt;
    }
    return std::nullopt;
  }

  Index slide(const Region& r, Index x, Index y) {
    while (r.a0 + x < r.a1 && r.b0 + y < r.b1 && a_[r.a0 + x] == b_[r.b0 + y]) ++x, ++y, ++steps_;
    return x;
  }
  Index slide_back(const Region& r, Index x, Index y) {
    while (r.a1 - x > r.a0 && r.b1 - y > r.b0 && a_[r.a1 - 1 - x] == b_[r.b1 - 1 - y]) ++x, ++y, ++steps_;
    return x;
  }

  Sequence a_, b_;
  Index max_edits_;
  Edits& out_;
  std::uint64_t steps_ = 0;
  std::vector<Index> forward_, backward_;
};

}  // namespace

Edits compare(Sequence before, Sequence after, std::size_t max_edits) {
  Edits out;
  Comparison(before, after, max_edits, out).run();
  return out;
}

}  // namespace openmcp::context
