// CID (multiformats/cid), versions 0 and 1, and Block: bytes with their CID.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/multihash.hpp"

namespace openmcp::ipld {

/// Content codecs of the multicodec table that we know by name; any other number is carried as it is.
enum class Codec : std::uint64_t {
  raw = 0x55,
  dag_pb = 0x70,
  dag_cbor = 0x71,
  libp2p_key = 0x72,
  dag_json = 0x0129,
  cbor = 0x51,
  json = 0x0200,
};
/// "dag-cbor"; unknown ones as "0x1234".
std::string codec_name(Codec codec);
base::Result<Codec> codec_from_name(std::string_view name);

inline constexpr std::size_t kMaxCidBytes = 168;         ///< boxo Bitswap's bound
inline constexpr std::size_t kMaxBlockBytes = 2u << 20;  ///< 2 MiB, the network's block limit

class Cid {
public:
  Cid() = default;  ///< the empty identity block, bafkqaaa
  static Cid v1(Codec codec, const Multihash& hash) { return Cid(1, codec, hash); }
  /// Error unless sha2-256 with 32 bytes (then codec is dag-pb).
  static base::Result<Cid> v0(const Multihash& hash);

  unsigned version() const noexcept { return version_; }
  Codec codec() const noexcept { return codec_; }
  const Multihash& hash() const noexcept { return hash_; }
  bool identity() const noexcept { return hash_.code() == HashCode::identity; }

  base::Bytes bytes() const;
  std::size_t wire_size() const noexcept;  ///< bytes of the binary form
  void append_to(base::Bytes& out) const;
  /// Writes the binary form to `out`, which has kMaxCidBytes; returns how many bytes it took.
  std::size_t write_to(std::uint8_t* out) const noexcept;
  /// v0 in base58btc without prefix, v1 in base32 lower case ("b...").
  std::string text() const;
  /// v1 in the multibase of this prefix character. Error invalid_argument for v0, which has one text only.
  base::Result<std::string> text(char multibase) const;

  /// The whole of `in` is one CID in bytes / reads one and advances.
  static base::Result<Cid> from_bytes(base::BytesView in);
  static base::Result<Cid> take(base::BytesView& in);
  /// Text form: v0 or multibase v1 (its base's letter case may vary). No /ipfs/ prefix. Error invalid_argument.
  static base::Result<Cid> parse(std::string_view text);

  bool operator==(const Cid&) const noexcept = default;
  std::strong_ordering operator<=>(const Cid& other) const noexcept;  ///< by bytes

private:
  Cid(unsigned version, Codec codec, const Multihash& hash) : version_(version), codec_(codec), hash_(hash) {}
  unsigned version_ = 1;
  Codec codec_ = Codec::raw;
  Multihash hash_;
};

/// Verified or made here: data always matches cid.
struct Block {
  Cid cid;
  base::SharedBytes data;
  /// CRC-32C of `data`, when whoever made the block took it while the bytes were in the processor's cache.
  std::optional<std::uint32_t> crc32c = std::nullopt;
};

/// Hashes `data` with sha2-256 and makes the CIDv1 block.
Block make_block(Codec codec, base::SharedBytes data);
/// Error corrupt when the digest differs, unsupported when the hash function is unknown, too_large above 2 MiB.
base::Result<void> verify_block(const Cid& cid, base::BytesView data);

}  // namespace openmcp::ipld

template <>
struct std::hash<openmcp::ipld::Cid> {
  std::size_t operator()(const openmcp::ipld::Cid& cid) const noexcept {
    std::uint64_t word = 0;
    auto digest = cid.hash().digest();
    for (std::size_t i = 0; i < 8 && i < digest.size(); ++i) word = word << 8 | digest[i];
    return static_cast<std::size_t>(word ^ static_cast<std::uint64_t>(cid.codec()));
  }
};
