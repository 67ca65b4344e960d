#include "context/id.hpp"

#include <fmt/format.h>

namespace openmcp::context {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

base::Result<ContextId> refuse(std::string_view text) {
  return base::fail(base::Errc::invalid_argument, fmt::format("'{}' is not a context id", text.substr(0, 64)),
                    "an id is a UUID, 36 characters with dashes or 32 without");
}

}  // namespace

base::Result<ContextId> ContextId::parse(std::string_view text) {
  if (text.size() != 36 && text.size() != 32) return refuse(text);
  std::array<std::uint8_t, kSize> bytes{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.size() == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
      if (text[i] != '-') return refuse(text);
      continue;
    }
    int value = hex_value(text[i]);
    if (value < 0) return refuse(text);
    bytes[digits / 2] = static_cast<std::uint8_t>(bytes[digits / 2] << 4 | value);
    ++digits;
  }
  ContextId id(bytes);
  if (id.nil()) return refuse(text);
  return id;
}

base::Result<ContextId> ContextId::from_bytes(base::BytesView bytes) {
  std::array<std::uint8_t, kSize> copy{};
  if (bytes.size() != kSize)
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("a context id of {} bytes instead of 16", bytes.size()));
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  ContextId id(copy);
  if (id.nil()) return base::fail(base::Errc::invalid_argument, "the nil UUID is no context id");
  return id;
}

std::string ContextId::text() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < kSize; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[bytes_[i] >> 4];
    out += kHex[bytes_[i] & 15];
  }
  return out;
}

bool ContextId::nil() const noexcept {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::optional<std::int64_t> ContextId::born_ms() const noexcept {
  if (bytes_[6] >> 4 != 7 || bytes_[8] >> 6 != 2) return std::nullopt;
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes_[i];
  return ms;
}

ContextId IdMaker::next() {
  constexpr std::uint64_t kLowMask = (std::uint64_t{1} << 62) - 1;
  constexpr std::uint64_t kHighMask = (std::uint64_t{1} << 12) - 1;
  std::array<std::uint8_t, 16> random{};
  env_.random(random);
  std::uint64_t first = 0, second = 0;
  std::memcpy(&first, random.data(), 8);
  std::memcpy(&second, random.data() + 8, 8);

  auto since = env_.now().time_since_epoch();
  auto ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
  if (ms > last_ms_) {
    last_ms_ = ms;
    high_ = first & kHighMask;
    low_ = second & kLowMask;
  } else {
    low_ += 1 + (second & 0xffffffff);
    high_ += low_ >> 62;
    low_ &= kLowMask;
    if (high_ > kHighMask) {  // 74 bits used up: borrow from the next millisecond
      high_ = 0;
      ++last_ms_;
    }
  }

  std::array<std::uint8_t, 16> out{};
  for (std::size_t i = 0; i < 6; ++i) out[i] = static_cast<std::uint8_t>(last_ms_ >> (40 - 8 * i));
  out[6] = static_cast<std::uint8_t>(0x70 | high_ >> 8);
  out[7] = static_cast<std::uint8_t>(high_);
  out[8] = static_cast<std::uint8_t>(0x80 | low_ >> 56);
  for (std::size_t i = 9; i < 16; ++i) out[i] = static_cast<std::uint8_t>(low_ >> (8 * (15 - i)));
  return ContextId(out);
}

}  // namespace openmcp::context

std::size_t std::hash<openmcp::context::ContextId>::operator()(const openmcp::context::ContextId& id) const noexcept {
  // The last bytes of a version 7 id are random; of other versions too.
  std::uint64_t word = 0;
  std::memcpy(&word, id.bytes().data() + 8, 8);
  return static_cast<std::size_t>(word);
}
