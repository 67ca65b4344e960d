#include "ipld/multibase_radix.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "ipld/multibase.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::fail;

/// Base 10, the one with the fewest bits a digit (3.3219), needs 9865 digits for kMaxRadixBytes.
constexpr std::size_t kMaxRadixDigits = kMaxRadixBytes * 8 / 3;

/// A large number, least significant limb first. CIDs fit in the fixed part: no allocation for them.
class Limbs {
public:
  explicit Limbs(std::size_t capacity) {
    if (capacity <= fixed_.size()) return;
    large_.resize(capacity);
    limbs_ = large_.data();
  }
  Limbs(const Limbs&) = delete;
  Limbs& operator=(const Limbs&) = delete;

  /// number = number * factor + addend, in limbs of the given modulus (at most 2^32).
  template <std::uint64_t Modulus>
  void multiply_add(std::uint64_t factor, std::uint64_t addend) {
    for (std::size_t i = 0; i < size_; ++i) {
      addend += limbs_[i] * factor;
      limbs_[i] = static_cast<std::uint32_t>(addend % Modulus);
      addend /= Modulus;
    }
    for (; addend != 0; addend /= Modulus) limbs_[size_++] = static_cast<std::uint32_t>(addend % Modulus);
  }
  std::size_t size() const { return size_; }
  std::uint32_t operator[](std::size_t i) const { return limbs_[i]; }

private:
  std::array<std::uint32_t, 32> fixed_;
  std::vector<std::uint32_t> large_;
  std::uint32_t* limbs_ = fixed_.data();
  std::size_t size_ = 0;
};

/// The largest power of the radix below 2^32, and its exponent: how many digits one step takes.
template <unsigned Radix>
struct Chunk {
  static constexpr unsigned kDigits = Radix == 10 ? 9 : Radix == 36 ? 6 : 5;
  static constexpr std::uint64_t kPower = [] {
    std::uint64_t power = 1;
    for (unsigned i = 0; i < kDigits; ++i) power *= Radix;
    return power;
  }();
};

template <unsigned Radix>
std::string encode(std::string_view digits, base::BytesView bytes) {
  const auto zeros =
      static_cast<std::size_t>(std::ranges::find_if(bytes, [](auto b) { return b != 0; }) - bytes.begin());
  bytes = bytes.subspan(zeros);
  Limbs number(bytes.size() * 8 / 29 + 2);  // every power holds at least 29 bits
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = at + 4 - (at == 0 ? (4 - bytes.size() % 4) % 4 : 0);
    std::uint64_t word = 0;
    for (; at < end; ++at) word = word << 8 | bytes[at];
    number.multiply_add<Chunk<Radix>::kPower>(std::uint64_t{1} << 32, word);
  }
  std::string text;
  text.reserve(zeros + number.size() * Chunk<Radix>::kDigits);
  for (std::size_t i = 0; i < number.size(); ++i) {
    std::uint32_t limb = number[i];
    for (unsigned d = 0; d < Chunk<Radix>::kDigits && (limb != 0 || i + 1 < number.size()); ++d, limb /= Radix)
      text.push_back(digits[limb % Radix]);
  }
  text.append(zeros, digits[0]);
  std::ranges::reverse(text);
  return text;
}

template <unsigned Radix>
base::Result<base::Bytes> decode(std::string_view digits, bool any_case, std::string_view text) {
  std::array<std::uint8_t, 256> values;
  values.fill(0xff);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    values[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i);
    if (any_case && digits[i] >= 'A')
      values[static_cast<std::uint8_t>(digits[i] ^ 0x20)] = static_cast<std::uint8_t>(i);
  }
  const std::size_t zeros = std::min(text.find_first_not_of(digits[0]), text.size());
  text.remove_prefix(zeros);
  Limbs number(text.size() * 6 / 32 + 2);  // no digit holds more than 6 bits
  constexpr std::size_t kDigits = Chunk<Radix>::kDigits;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = at + kDigits - (at == 0 ? (kDigits - text.size() % kDigits) % kDigits : 0);
    std::uint64_t chunk = 0, power = 1;
    for (; at < end; ++at, power *= Radix) {
      const std::uint8_t value = values[static_cast<std::uint8_t>(text[at])];
      if (value == 0xff) return fail(Errc::corrupt, "base text has a character that is not of its base");
      chunk = chunk * Radix + value;
    }
    number.multiply_add<std::uint64_t{1} << 32>(power, chunk);
  }
  base::Bytes bytes(zeros + number.size() * 4);
  for (std::size_t i = 0; i < number.size() * 4; ++i)
    bytes[bytes.size() - 1 - i] = static_cast<std::uint8_t>(number[i / 4] >> (8 * (i % 4)));
  auto first =
      std::find_if(bytes.begin() + static_cast<std::ptrdiff_t>(zeros), bytes.end(), [](auto b) { return b != 0; });
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(zeros), first);
  if (bytes.size() > kMaxRadixBytes) return fail(Errc::too_large, "base text is too long for its base");
  return bytes;
}

}  // namespace

base::Result<std::string> encode_radix(std::string_view digits, base::BytesView bytes) {
  if (bytes.size() > kMaxRadixBytes) {
    return fail(Errc::too_large, "too many bytes for base " + std::to_string(digits.size()),
                "use base32 or base64, whose cost does not grow with the square of the length");
  }
  switch (digits.size()) {
    case 10:
      return encode<10>(digits, bytes);
    case 36:
      return encode<36>(digits, bytes);
    default:
      return encode<58>(digits, bytes);
  }
}

base::Result<base::Bytes> decode_radix(std::string_view digits, bool any_case, std::string_view text) {
  if (text.size() > kMaxRadixDigits) return fail(Errc::too_large, "base text is too long for its base");
  switch (digits.size()) {
    case 10:
      return decode<10>(digits, any_case, text);
    case 36:
      return decode<36>(digits, any_case, text);
    default:
      return decode<58>(digits, any_case, text);
  }
}

}  // namespace openmcp::ipld
