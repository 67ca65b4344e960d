// ContextId: the stable name of a context, a UUID. Ours are version 7 (RFC 9562 section 5.7): they sort by birth.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/env.hpp"
#include "base/result.hpp"

namespace openmcp::context {

class ContextId {
public:
  static constexpr std::size_t kSize = 16;  ///< bytes

  ContextId() = default;  ///< the nil UUID: no context
  explicit ContextId(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}

  /// 36 characters with dashes or 32 without, any case, any UUID version (contexts of other workspaces keep their ids)
  /// but not nil. Error invalid_argument.
  static base::Result<ContextId> parse(std::string_view text);
  /// Exactly 16 bytes, not nil. Error invalid_argument.
  static base::Result<ContextId> from_bytes(base::BytesView bytes);

  /// Lower case with dashes.
  std::string text() const;
  base::BytesView bytes() const noexcept { return bytes_; }
  const std::array<std::uint8_t, kSize>& array() const noexcept { return bytes_; }
  bool nil() const noexcept;
  /// Milliseconds since the epoch when this is version 7.
  std::optional<std::int64_t> born_ms() const noexcept;

  auto operator<=>(const ContextId&) const noexcept = default;

private:
  std::array<std::uint8_t, kSize> bytes_{};
};

/// Makes version 7 ids, each greater than the one before even when the clock stands still or goes back (RFC 9562
/// section 6.2, method 2: the random part is incremented by a random amount). Belongs to the executor.
class IdMaker {
public:
  explicit IdMaker(base::Env& env) : env_(env) {}
  ContextId next();

private:
  base::Env& env_;
  std::uint64_t last_ms_ = 0;
  std::uint64_t high_ = 0;  ///< 12 bits, rand_a
  std::uint64_t low_ = 0;   ///< 62 bits, rand_b
};

}  // namespace openmcp::context

template <>
struct std::hash<openmcp::context::ContextId> {
  std::size_t operator()(const openmcp::context::ContextId& id) const noexcept;
};
