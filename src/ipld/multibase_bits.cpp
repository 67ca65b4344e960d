#include "ipld/multibase_bits.hpp"

#include <bit>

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::fail;

/// The fewest symbols that are a whole number of bytes.
constexpr unsigned group_symbols(unsigned bits) { return bits == 5 || bits == 3 || bits == 1 ? 8 : bits == 6 ? 4 : 2; }

template <unsigned Bits>
std::string encode(const BitAlphabet& alphabet, base::BytesView bytes) {
  constexpr unsigned kSymbols = group_symbols(Bits);
  constexpr unsigned kBytes = kSymbols * Bits / 8;
  constexpr std::uint64_t kMask = (1u << Bits) - 1;
  const std::size_t groups = bytes.size() / kBytes, rest = bytes.size() % kBytes;
  const std::size_t last = (rest * 8 + Bits - 1) / Bits;
  std::string text(groups * kSymbols + (rest == 0 ? 0 : alphabet.padded ? kSymbols : last), '=');
  char* out = text.data();
  const std::uint8_t* in = bytes.data();
  for (std::size_t group = 0; group < groups; ++group, in += kBytes, out += kSymbols) {
    std::uint64_t word = 0;
    for (unsigned i = 0; i < kBytes; ++i) word = word << 8 | in[i];
    for (unsigned i = 0; i < kSymbols; ++i) out[i] = alphabet.symbols[word >> (Bits * (kSymbols - 1 - i)) & kMask];
  }
  std::uint64_t word = 0;
  for (unsigned i = 0; i < kBytes; ++i) word = word << 8 | (i < rest ? in[i] : 0);
  for (unsigned i = 0; i < last; ++i) out[i] = alphabet.symbols[word >> (Bits * (kSymbols - 1 - i)) & kMask];
  return text;
}

template <unsigned Bits>
base::Result<base::Bytes> decode(const BitAlphabet& alphabet, std::string_view text) {
  constexpr unsigned kSymbols = group_symbols(Bits);
  constexpr unsigned kBytes = kSymbols * Bits / 8;
  if (alphabet.padded) {
    if (text.size() % kSymbols != 0) return fail(Errc::corrupt, "base text has the wrong padding");
    for (unsigned i = 1; i < kSymbols && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  const std::size_t groups = text.size() / kSymbols, rest = text.size() % kSymbols;
  // A last symbol that begins no further byte carries nothing: no encoder writes it.
  if (rest * Bits % 8 >= Bits) return fail(Errc::corrupt, "base text has a length that no bytes have");
  base::Bytes bytes(groups * kBytes + rest * Bits / 8);
  std::uint8_t* out = bytes.data();
  const char* in = text.data();
  std::uint8_t wrong = 0;
  auto word_of = [&](std::size_t symbols) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < symbols; ++i) {
      const std::uint8_t value = alphabet.values[static_cast<std::uint8_t>(in[i])];
      wrong |= value;
      word = word << Bits | value;
    }
    return word;
  };
  for (std::size_t group = 0; group < groups; ++group, in += kSymbols, out += kBytes) {
    const std::uint64_t word = word_of(kSymbols);
    for (unsigned i = 0; i < kBytes; ++i) out[i] = static_cast<std::uint8_t>(word >> (8 * (kBytes - 1 - i)));
  }
  const std::uint64_t spare = rest * Bits % 8;
  const std::uint64_t word = word_of(rest);
  for (std::uint64_t i = 0, whole = rest * Bits / 8; i < whole; ++i)
    out[i] = static_cast<std::uint8_t>(word >> (spare + 8 * (whole - 1 - i)));
  if (wrong & 0x80) return fail(Errc::corrupt, "base text has a character that is not of its base");
  if (word & ((1u << spare) - 1)) return fail(Errc::corrupt, "base text has bits after its last byte");
  return bytes;
}

}  // namespace

std::string encode_bits(const BitAlphabet& alphabet, base::BytesView bytes) {
  switch (std::countr_zero(alphabet.symbols.size())) {
    case 1:
      return encode<1>(alphabet, bytes);
    case 3:
      return encode<3>(alphabet, bytes);
    case 4:
      return encode<4>(alphabet, bytes);
    case 5:
      return encode<5>(alphabet, bytes);
    default:
      return encode<6>(alphabet, bytes);
  }
}

base::Result<base::Bytes> decode_bits(const BitAlphabet& alphabet, std::string_view text) {
  switch (std::countr_zero(alphabet.symbols.size())) {
    case 1:
      return decode<1>(alphabet, text);
    case 3:
      return decode<3>(alphabet, text);
    case 4:
      return decode<4>(alphabet, text);
    case 5:
      return decode<5>(alphabet, text);
    default:
      return decode<6>(alphabet, text);
  }
}

}  // namespace openmcp::ipld
