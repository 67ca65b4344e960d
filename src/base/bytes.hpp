// Bytes and views of bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openmcp::base {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline BytesView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(BytesView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes to_bytes(BytesView view) { return {view.begin(), view.end()}; }
inline Bytes to_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

bool equal(BytesView a, BytesView b) noexcept;

/// Immutable bytes with shared ownership: a heap buffer or a mapped part of a file. Copying is a reference count;
/// the owner lives as long as any view of it.
class SharedBytes {
public:
  SharedBytes() = default;
  /// Takes over a buffer.
  explicit SharedBytes(Bytes bytes) {
    auto owned = std::make_shared<const Bytes>(std::move(bytes));
    view_ = *owned;
    owner_ = std::move(owned);
  }
  /// A view into memory that `owner` keeps alive. `mapped`: see mapped().
  SharedBytes(std::shared_ptr<const void> owner, BytesView view, bool mapped = false)
      : owner_(std::move(owner)), view_(view), mapped_(mapped) {}

  BytesView view() const noexcept { return view_; }
  operator BytesView() const noexcept { return view_; }
  const std::uint8_t* data() const noexcept { return view_.data(); }
  std::size_t size() const noexcept { return view_.size(); }
  bool empty() const noexcept { return view_.empty(); }
  /// A part that shares the owner. Precondition: offset + length <= size().
  SharedBytes slice(std::size_t offset, std::size_t length) const {
    return {owner_, view_.subspan(offset, length), mapped_};
  }
  /// The memory is a part of a file that nobody rewrites: the system may keep its pages (vmsplice) beyond our owner.
  bool mapped() const noexcept { return mapped_; }

private:
  std::shared_ptr<const void> owner_;
  BytesView view_;
  bool mapped_ = false;
};

/// Lower-case hexadecimal.
std::string to_hex(BytesView bytes);

}  // namespace openmcp::base
