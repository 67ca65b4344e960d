#include "ipld/multibase.hpp"

#include <algorithm>
#include <array>

#include "ipld/multibase_bits.hpp"
#include "ipld/multibase_emoji.hpp"
#include "ipld/multibase_radix.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kDigits36 = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kBitcoin58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kFlickr58 = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
constexpr std::string_view kLower32 = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648, 6
constexpr std::string_view kUpper32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kZ32 = "ybndrfg8ejkmcpqxot1uwisza345h769";                                    // z-base-32
constexpr std::string_view k64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";     // RFC 4648, 4
constexpr std::string_view k64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";  // RFC 4648, 5

constexpr BitAlphabet kBase2("01", false, false);
constexpr BitAlphabet kBase8("01234567", false, false);
constexpr BitAlphabet kBase16(kDigits36.substr(0, 16), false, true);
constexpr BitAlphabet kBase16upper(kUpper36.substr(0, 16), false, true);
constexpr BitAlphabet kBase32(kLower32, false, true);
constexpr BitAlphabet kBase32upper(kUpper32, false, true);
constexpr BitAlphabet kBase32pad(kLower32, true, true);
constexpr BitAlphabet kBase32padupper(kUpper32, true, true);
constexpr BitAlphabet kBase32hex(kDigits36.substr(0, 32), false, true);
constexpr BitAlphabet kBase32hexupper(kUpper36.substr(0, 32), false, true);
constexpr BitAlphabet kBase32hexpad(kDigits36.substr(0, 32), true, true);
constexpr BitAlphabet kBase32hexpadupper(kUpper36.substr(0, 32), true, true);
constexpr BitAlphabet kBase32z(kZ32, false, false);
constexpr BitAlphabet kBase64(k64, false, false);
constexpr BitAlphabet kBase64pad(k64, true, false);
constexpr BitAlphabet kBase64url(k64url, false, false);
constexpr BitAlphabet kBase64urlpad(k64url, true, false);

/// One row a base: symbols of a fixed number of bits, or digits of a large number, or neither (identity, emoji).
struct Row {
  Base base;
  std::string_view name;
  const BitAlphabet* bits;
  std::string_view digits;
  bool any_case;
};
constexpr std::array kRows = {
    Row{Base::base32, "base32", &kBase32, {}, false},
    Row{Base::base58btc, "base58btc", nullptr, kBitcoin58, false},
    Row{Base::base36, "base36", nullptr, kDigits36, true},
    Row{Base::base64, "base64", &kBase64, {}, false},
    Row{Base::base64url, "base64url", &kBase64url, {}, false},
    Row{Base::base16, "base16", &kBase16, {}, false},
    Row{Base::base16upper, "base16upper", &kBase16upper, {}, false},
    Row{Base::identity, "identity", nullptr, {}, false},
    Row{Base::base2, "base2", &kBase2, {}, false},
    Row{Base::base8, "base8", &kBase8, {}, false},
    Row{Base::base10, "base10", nullptr, kDigits36.substr(0, 10), false},
    Row{Base::base32hex, "base32hex", &kBase32hex, {}, false},
    Row{Base::base32hexupper, "base32hexupper", &kBase32hexupper, {}, false},
    Row{Base::base32hexpad, "base32hexpad", &kBase32hexpad, {}, false},
    Row{Base::base32hexpadupper, "base32hexpadupper", &kBase32hexpadupper, {}, false},
    Row{Base::base32upper, "base32upper", &kBase32upper, {}, false},
    Row{Base::base32pad, "base32pad", &kBase32pad, {}, false},
    Row{Base::base32padupper, "base32padupper", &kBase32padupper, {}, false},
    Row{Base::base32z, "base32z", &kBase32z, {}, false},
    Row{Base::base36upper, "base36upper", nullptr, kUpper36, true},
    Row{Base::base58flickr, "base58flickr", nullptr, kFlickr58, false},
    Row{Base::base64pad, "base64pad", &kBase64pad, {}, false},
    Row{Base::base64urlpad, "base64urlpad", &kBase64urlpad, {}, false},
    Row{Base::base256emoji, "base256emoji", nullptr, {}, false},
};

const Row* row_of(char32_t prefix) {
  auto row = std::ranges::find(kRows, static_cast<Base>(prefix), &Row::base);
  return row == kRows.end() ? nullptr : &*row;
}

}  // namespace

std::string_view base_name(Base base) noexcept {
  const Row* row = row_of(static_cast<char32_t>(base));
  return row ? row->name : "unknown";
}

base::Result<Base> base_from_prefix(char32_t prefix) {
  if (const Row* row = row_of(prefix)) return row->base;
  std::string shown;
  if (prefix > 0x20 && prefix < 0xd800) append_utf8(shown, prefix);
  return fail(Errc::unsupported, "no multibase encoding has the prefix '" + shown + "'",
              "the usual ones are b (base32), z (base58btc), k (base36), f (base16), m (base64), u (base64url)");
}

base::Result<Base> base_from_name(std::string_view name) {
  auto row = std::ranges::find(kRows, name, &Row::name);
  if (row != kRows.end()) return row->base;
  return fail(Errc::unsupported, "no multibase encoding is named '" + std::string(name) + "'",
              "the usual ones are base32, base58btc, base36, base16, base64, base64url");
}

base::Result<std::string> base_encode(Base base, base::BytesView bytes) {
  const Row* row = row_of(static_cast<char32_t>(base));
  if (!row) return fail(Errc::unsupported, "unknown multibase encoding");
  if (row->bits) return encode_bits(*row->bits, bytes);
  if (!row->digits.empty()) return encode_radix(row->digits, bytes);
  if (base == Base::base256emoji) return encode_emoji(bytes);
  return std::string(base::as_text(bytes));
}

base::Result<base::Bytes> base_decode(Base base, std::string_view text) {
  const Row* row = row_of(static_cast<char32_t>(base));
  if (!row) return fail(Errc::unsupported, "unknown multibase encoding");
  if (row->bits) return decode_bits(*row->bits, text);
  if (!row->digits.empty()) return decode_radix(row->digits, row->any_case, text);
  if (base == Base::base256emoji) return decode_emoji(text);
  return base::to_bytes(text);
}

base::Result<std::string> multibase_encode(Base base, base::BytesView bytes) {
  auto text = base_encode(base, bytes);
  if (!text) return text;
  std::string prefix;
  append_utf8(prefix, static_cast<char32_t>(base));
  return text->insert(0, prefix);
}

base::Result<MultibaseDecoded> multibase_decode(std::string_view text) {
  auto prefix = take_utf8(text);
  if (!prefix) return fail(Errc::corrupt, "multibase text has no prefix");
  auto base = base_from_prefix(*prefix);
  if (!base) return std::unexpected(std::move(base).error());
  auto bytes = base_decode(*base, text);
  if (!bytes) return std::unexpected(std::move(bytes).error().within(base_name(*base)));
  return MultibaseDecoded{*base, *std::move(bytes)};
}

}  // namespace openmcp::ipld
