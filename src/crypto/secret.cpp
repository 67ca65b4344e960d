#include "crypto/secret.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace openmcp::crypto {

Secret::Secret(std::size_t size) : bytes_(std::make_unique<std::uint8_t[]>(size)), size_(size) {}

Secret::Secret(base::BytesView bytes) : Secret(bytes.size()) { std::ranges::copy(bytes, bytes_.get()); }

Secret::~Secret() { wipe(mutable_view()); }

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(bytes_, other.bytes_);  // what was here is wiped with `other`
  std::swap(size_, other.size_);
  return *this;
}

void wipe(base::MutableBytes bytes) noexcept { sodium_memzero(bytes.data(), bytes.size()); }

bool constant_time_equal(base::BytesView a, base::BytesView b) noexcept {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace openmcp::crypto
