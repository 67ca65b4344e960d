// Indexes of CARv2: where in the data the section of a digest begins. IndexSorted (codec 0x0400) knows digests only,
// MultihashIndexSorted (0x0401) also which hash function.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ipld/cid.hpp"

namespace openmcp::ipld::car {

enum class IndexCodec : std::uint64_t { sorted = 0x0400, multihash_sorted = 0x0401 };

class Index {
public:
  explicit Index(IndexCodec codec = IndexCodec::multihash_sorted) : codec_(codec) {}

  IndexCodec codec() const noexcept { return codec_; }
  std::size_t size() const noexcept;

  /// Identity hashes are not kept: they are answered from the CID. Offsets count from the start of the CARv1 data.
  void add(const Multihash& hash, std::uint64_t offset);
  /// Offsets of the sections that may hold this block, ascending; more than one when it was written twice.
  std::vector<std::uint64_t> find(const Multihash& hash);

  /// With the codec's varint in front. The same entries, added in any order, give the same bytes.
  base::Bytes encode();
  /// The whole of `bytes`. Errors: corrupt (lengths that do not fit the bytes, groups or records out of order),
  /// unsupported codec.
  static base::Result<Index> decode(base::BytesView bytes);

private:
  /// Records of one width: digest, then offset in 8 bytes, one after the other, by digest.
  struct Records {
    base::Bytes bytes;
    bool sorted = true;
  };
  using ByWidth = std::map<std::uint32_t, Records>;

  static void sort(std::uint32_t width, Records& records);
  static void encode_widths(ByWidth& widths, base::Bytes& out);
  static base::Result<ByWidth> take_widths(base::BytesView& in);

  IndexCodec codec_;
  std::map<std::uint64_t, ByWidth> by_code_;  ///< by hash function; IndexSorted has only group 0
};

}  // namespace openmcp::ipld::car
