// Bytes that nobody should find in memory later, and comparison that does not tell where two strings differ.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"

namespace openmcp::crypto {

/// 32-byte secrets: seeds, private scalars, symmetric keys.
using Key32View = std::span<const std::uint8_t, 32>;
using Key32 = std::array<std::uint8_t, 32>;  ///< for public things and short-lived values; use Secret to keep one

/// A buffer of fixed size that is wiped when it goes. It moves, and is copied only by name.
class Secret {
public:
  Secret() = default;
  /// Zeros, to be filled through mutable_view().
  explicit Secret(std::size_t size);
  /// A copy of `bytes`, which stay the caller's to wipe.
  explicit Secret(base::BytesView bytes);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret clone() const { return Secret(view()); }

  base::BytesView view() const noexcept { return {bytes_.get(), size_}; }
  base::MutableBytes mutable_view() noexcept { return {bytes_.get(), size_}; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// The first N bytes as a span of fixed size. Precondition: size() >= N.
  template <std::size_t N = 32>
  std::span<const std::uint8_t, N> fixed() const {
    return view().template first<N>();
  }

private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

/// Overwrites with zeros in a way the compiler keeps.
void wipe(base::MutableBytes bytes) noexcept;

/// Equality in a time that depends on the lengths only.
bool constant_time_equal(base::BytesView a, base::BytesView b) noexcept;

}  // namespace openmcp::crypto
