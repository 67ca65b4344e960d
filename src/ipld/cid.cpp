#include "ipld/cid.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/varint.hpp"
#include "crypto/hash.hpp"
#include "ipld/multibase.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kV0Text = 46;                        ///< "Qm..." of 34 bytes
constexpr std::size_t kMaxCidText = 4 + kMaxCidBytes * 8;  ///< base2, the longest; the prefix of base256emoji
constexpr std::uint8_t kSha256Head[] = {0x12, 0x20};       ///< how every CIDv0 begins

struct CodecName {
  Codec codec;
  std::string_view name;
};
/// Names as in multicodec's table.csv.
constexpr std::array kCodecNames = {
    CodecName{Codec::raw, "raw"},           CodecName{Codec::dag_pb, "dag-pb"},
    CodecName{Codec::dag_cbor, "dag-cbor"}, CodecName{Codec::libp2p_key, "libp2p-key"},
    CodecName{Codec::dag_json, "dag-json"}, CodecName{Codec::cbor, "cbor"},
    CodecName{Codec::json, "json"},
};

base::Result<Cid> not_a_cid(std::string_view text, std::string why) {
  constexpr std::size_t kShown = 80;
  std::string shown(text.substr(0, kShown));
  if (text.size() > kShown) shown += "...";
  return fail(Errc::invalid_argument, "'" + shown + "' is not a CID: " + std::move(why),
              "a CID looks like bafy..., bafk... or Qm... and is given without /ipfs/ in front");
}

}  // namespace

std::string codec_name(Codec codec) {
  auto known = std::ranges::find(kCodecNames, codec, &CodecName::codec);
  if (known != kCodecNames.end()) return std::string(known->name);
  char text[2 + 16] = {'0', 'x'};
  auto end = std::to_chars(text + 2, std::end(text), static_cast<std::uint64_t>(codec), 16).ptr;
  return {text, end};
}

base::Result<Codec> codec_from_name(std::string_view name) {
  auto known = std::ranges::find(kCodecNames, name, &CodecName::name);
  if (known != kCodecNames.end()) return known->codec;
  if (name.starts_with("0x")) {
    std::uint64_t code = 0;
    auto [end, error] = std::from_chars(name.data() + 2, name.data() + name.size(), code, 16);
    if (error == std::errc() && end == name.data() + name.size() && code < (std::uint64_t{1} << 63))
      return static_cast<Codec>(code);
  }
  return fail(Errc::unsupported, "no codec is named '" + std::string(name) + "'",
              "known are raw, dag-pb, dag-cbor, dag-json, libp2p-key, cbor, json, and numbers such as 0x71");
}

base::Result<Cid> Cid::v0(const Multihash& hash) {
  if (hash.code() != HashCode::sha2_256 || hash.digest().size() != 32)
    return fail(Errc::invalid_argument, "a CIDv0 needs a sha2-256 hash of 32 bytes", "use a CIDv1");
  return Cid(0, Codec::dag_pb, hash);
}

std::size_t Cid::write_to(std::uint8_t* out) const noexcept {
  std::size_t size = 0;
  if (version_ == 1) {
    out[size++] = 1;
    auto codec = static_cast<std::uint64_t>(codec_);
    for (; codec >= 0x80; codec >>= 7) out[size++] = static_cast<std::uint8_t>(codec | 0x80);
    out[size++] = static_cast<std::uint8_t>(codec);
  }
  return size + hash_.write_to(out + size);
}

std::size_t Cid::wire_size() const noexcept {
  return (version_ == 1 ? 1 + base::varint_size(static_cast<std::uint64_t>(codec_)) : 0) + hash_.wire_size();
}

void Cid::append_to(base::Bytes& out) const {
  std::uint8_t buffer[kMaxCidBytes];
  out.insert(out.end(), buffer, buffer + write_to(buffer));
}

base::Bytes Cid::bytes() const {
  base::Bytes out;
  append_to(out);
  return out;
}

std::string Cid::text() const {
  std::uint8_t buffer[kMaxCidBytes];
  const base::BytesView bytes(buffer, write_to(buffer));
  // Neither fails: a CID is far below the bound of base58.
  return version_ == 0 ? base_encode(Base::base58btc, bytes).value() : multibase_encode(Base::base32, bytes).value();
}

base::Result<std::string> Cid::text(char multibase) const {
  if (version_ == 0)
    return fail(Errc::invalid_argument, "a CIDv0 is written in base58btc only", "convert it to a CIDv1 first");
  auto base = base_from_prefix(static_cast<unsigned char>(multibase));
  if (!base) return std::unexpected(std::move(base).error());
  std::uint8_t buffer[kMaxCidBytes];
  return multibase_encode(*base, {buffer, write_to(buffer)});
}

base::Result<Cid> Cid::take(base::BytesView& in) {
  if (in.size() >= std::size(kSha256Head) && std::equal(std::begin(kSha256Head), std::end(kSha256Head), in.begin())) {
    auto hash = Multihash::take(in);
    if (!hash) return std::unexpected(std::move(hash).error().within("reading a CIDv0"));
    return Cid(0, Codec::dag_pb, *hash);
  }
  base::BytesView rest = in;
  auto version = base::take_varint(rest);
  if (!version) return std::unexpected(std::move(version).error().within("reading a CID's version"));
  if (*version != 1)
    return fail(Errc::unsupported, "CID of version " + std::to_string(*version) + ", known are 0 and 1");
  auto codec = base::take_varint(rest);
  if (!codec) return std::unexpected(std::move(codec).error().within("reading a CID's codec"));
  auto hash = Multihash::take(rest);
  if (!hash) return std::unexpected(std::move(hash).error().within("reading a CID"));
  in = rest;
  return Cid(1, static_cast<Codec>(*codec), *hash);
}

base::Result<Cid> Cid::from_bytes(base::BytesView in) {
  auto cid = take(in);
  if (cid && !in.empty()) return fail(Errc::corrupt, "bytes after the end of a CID");
  return cid;
}

base::Result<Cid> Cid::parse(std::string_view text) {
  if (text.empty()) return not_a_cid(text, "it is empty");
  if (text.size() > kMaxCidText) return not_a_cid(text, "it is too long");
  if (text.size() == kV0Text && text.starts_with("Qm")) {
    auto bytes = base_decode(Base::base58btc, text);
    if (!bytes) return not_a_cid(text, bytes.error().message());
    auto cid = from_bytes(*bytes);
    if (!cid) return not_a_cid(text, cid.error().message());
    return cid;
  }
  auto decoded = multibase_decode(text);
  if (!decoded) return not_a_cid(text, decoded.error().message());
  if (decoded->base == Base::identity) return not_a_cid(text, "it is binary");
  auto cid = from_bytes(decoded->bytes);
  if (!cid) return not_a_cid(text, cid.error().message());
  if (cid->version() == 0) return not_a_cid(text, "a CIDv0 has no multibase prefix");
  return cid;
}

std::strong_ordering Cid::operator<=>(const Cid& other) const noexcept {
  std::uint8_t a[kMaxCidBytes], b[kMaxCidBytes];
  return std::lexicographical_compare_three_way(a, a + write_to(a), b, b + other.write_to(b));
}

Block make_block(Codec codec, base::SharedBytes data) {
  const Multihash hash(HashCode::sha2_256, crypto::sha256(data));
  return {Cid::v1(codec, hash), std::move(data)};
}

base::Result<void> verify_block(const Cid& cid, base::BytesView data) {
  if (data.size() > kMaxBlockBytes)
    return fail(Errc::too_large,
                "block " + cid.text() + " has " + std::to_string(data.size()) + " bytes, at most 2 MiB are allowed");
  const base::BytesView expected = cid.hash().digest();
  bool same = false;
  if (cid.identity()) {
    same = base::equal(expected, data);
  } else {
    auto computed = hash(cid.hash().code(), data);
    if (!computed) return std::unexpected(std::move(computed).error().within("verifying block " + cid.text()));
    // A multihash may hold the beginning of a digest only; take() has refused those under 20 bytes.
    const base::BytesView digest = computed->digest();
    same = expected.size() <= digest.size() && base::equal(expected, digest.first(expected.size()));
  }
  if (same) return {};
  return fail(Errc::corrupt, "the bytes of block " + cid.text() + " do not match its hash",
              "the copy is damaged or forged: fetch it again from another source");
}

}  // namespace openmcp::ipld
