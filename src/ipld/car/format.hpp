// The parts of CAR files (ipld.io/specs/transport/car): headers and section prefixes, as pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ipld/cid.hpp"

namespace openmcp::ipld::car {

inline constexpr std::size_t kMaxHeaderBytes = 32u << 10;  ///< of the dag-cbor header; about 780 roots
inline constexpr std::size_t kMaxSectionBytes = kMaxCidBytes + kMaxBlockBytes;

/// CARv2: the fixed first bytes, a CARv1 header of version 2 without roots.
inline constexpr std::array<std::uint8_t, 11> kPragma{0x0a, 0xa1, 0x67, 0x76, 0x65, 0x72, 0x73, 0x69, 0x6f, 0x6e, 0x02};
inline constexpr std::size_t kHeaderV2Bytes = 40;

/// What follows the pragma; offsets from the start of the file, in bytes.
struct HeaderV2 {
  std::array<std::uint8_t, 16> characteristics{};
  std::uint64_t data_offset = kPragma.size() + kHeaderV2Bytes;
  std::uint64_t data_size = 0;
  std::uint64_t index_offset = 0;  ///< 0: no index

  /// The first bit: the index lists every section, identity CIDs included.
  bool fully_indexed() const noexcept { return characteristics[0] & 0x80; }
};
/// Exactly 40 bytes. Errors: corrupt when data overlaps the header or the index, or an end overflows.
base::Result<HeaderV2> decode_header_v2(base::BytesView bytes);
void encode_header_v2(const HeaderV2& header, base::Bytes& out);

/// The dag-cbor of a header without its length.
struct HeaderV1 {
  std::uint64_t version = 1;  ///< 1, or 2 in a pragma
  std::vector<Cid> roots;
};
base::Result<HeaderV1> decode_header_v1(base::BytesView cbor);
/// With its length in front. Error too_large for too many roots.
base::Result<base::Bytes> encode_header_v1(const std::vector<Cid>& roots);

/// Length and CID: what stands before a block's bytes.
void encode_section_prefix(const Cid& cid, std::size_t block_bytes, base::Bytes& out);

}  // namespace openmcp::ipld::car
