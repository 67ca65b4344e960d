// Multibase (multiformats/multibase): bytes as text in a base that a first character names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::ipld {

/// The value is the prefix character, as a Unicode code point.
enum class Base : char32_t {
  identity = 0x00,
  base2 = U'0',
  base8 = U'7',
  base10 = U'9',
  base16 = U'f',
  base16upper = U'F',
  base32hex = U'v',
  base32hexupper = U'V',
  base32hexpad = U't',
  base32hexpadupper = U'T',
  base32 = U'b',
  base32upper = U'B',
  base32pad = U'c',
  base32padupper = U'C',
  base32z = U'h',
  base36 = U'k',
  base36upper = U'K',
  base58btc = U'z',
  base58flickr = U'Z',
  base64 = U'm',
  base64pad = U'M',
  base64url = U'u',
  base64urlpad = U'U',
  base256emoji = 0x1F680,
};

/// Bases whose cost grows with the square of the length (10, 36, 58) take at most this many bytes, either side.
inline constexpr std::size_t kMaxRadixBytes = 4096;

/// "base32"; as in multibase.csv.
std::string_view base_name(Base base) noexcept;
/// Error unsupported for a prefix or name that we do not know.
base::Result<Base> base_from_prefix(char32_t prefix);
base::Result<Base> base_from_name(std::string_view name);

/// Text with its prefix. Error too_large above kMaxRadixBytes in the bases 10, 36 and 58.
base::Result<std::string> multibase_encode(Base base, base::BytesView bytes);

struct MultibaseDecoded {
  Base base;
  base::Bytes bytes;
};
/// Strict but for letter case where the base has one case only (16, 32, 36): wrong characters, wrong length or padding,
/// and non-zero bits after the last byte are errors.
base::Result<MultibaseDecoded> multibase_decode(std::string_view text);

/// The same without the prefix.
base::Result<std::string> base_encode(Base base, base::BytesView bytes);
base::Result<base::Bytes> base_decode(Base base, std::string_view text);

}  // namespace openmcp::ipld
