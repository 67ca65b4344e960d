// The records of a segment. Integers are little-endian; records begin at multiples of 8 bytes:
//
//    0  u32  magic
//    4  u8   type
//    5  u8   flags
//    6  u16  bytes of the key
//    8  u32  bytes of the payload
//   12  u32  CRC-32C of the payload
//   16  u32  chain: the header checksum of the record before (of the segment header for the first)
//   20  u32  how much of what lies before was durable when this was written: distance in units of 8 bytes
//   24  u32  header checksum: CRC-32C of store id, segment number, offset, bytes 0-23 and the key
//   28       key: the bytes of a CID
//            payload
//            zeros up to the next multiple of 8
//
// The header checksum covers the place, so that a record is valid only where it was written. The chain tells what
// follows from what lies there since an earlier attempt. The durable distance tells a torn tail (nobody was promised
// it) from later damage (records behind it were written when it was already safe).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/cid.hpp"
#include "storage/pins.hpp"

namespace openmcp::storage {

using StoreId = std::array<std::uint8_t, 16>;

inline constexpr std::uint32_t kRecordMagic = 0x1a52504f;  // "OPR\x1a"
inline constexpr std::size_t kRecordHeader = 28;
inline constexpr std::size_t kRecordAlign = 8;
inline constexpr std::size_t kMaxPinName = 1024;  ///< bytes
inline constexpr std::size_t kSegmentHeader = 64;

enum class RecordType : std::uint8_t {
  block = 1,         ///< key: CIDv1; payload: the block
  block_remove = 2,  ///< key: CIDv1; no payload
  pin_add = 3,       ///< key: CID; payload: mode (1 byte), name
  pin_remove = 4,    ///< the same
};

enum RecordFlag : std::uint8_t {
  kMoreFollows = 1,  ///< the batch goes on with the next record; a batch counts only when it is whole
  kCarried = 2,      ///< written by compaction or repair: repeats what was already so
};

/// Where a record lies.
struct Location {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;  ///< bytes of the payload
  bool operator==(const Location&) const = default;
};

/// One record as found in a segment; key and payload are views of the bytes given to the reader.
struct Record {
  RecordType type{};
  std::uint8_t flags = 0;
  base::BytesView key, payload;
  std::uint32_t payload_crc = 0, chain = 0, durable_distance = 0, header_crc = 0;
  std::uint64_t offset = 0;

  bool more_follows() const noexcept { return flags & kMoreFollows; }
  bool carried() const noexcept { return flags & kCarried; }
  std::uint64_t end() const noexcept;  ///< offset of what follows
  /// Offset up to which the segment was durable when this was written; 0 when older segments only.
  std::uint64_t durable_end() const noexcept;
};

/// Bytes of a record on disk.
constexpr std::uint64_t record_size(std::size_t key, std::size_t payload) {
  return (kRecordHeader + key + payload + kRecordAlign - 1) / kRecordAlign * kRecordAlign;
}

/// What a checksum of a header is seeded with.
class RecordPlace {
public:
  RecordPlace(const StoreId& store, std::uint32_t segment);
  std::uint32_t segment() const noexcept { return segment_; }
  std::uint32_t seed() const noexcept { return seed_; }

private:
  std::uint32_t segment_;
  std::uint32_t seed_;
};

/// The header and key, ready to be written; `record.header_crc` is set.
void put_record_header(base::Bytes& out, const RecordPlace& place, Record& record);
/// The zeros after the payload.
base::BytesView record_padding(std::size_t key, std::size_t payload) noexcept;

/// Checks the header, the key and the bounds of the record at the beginning of `in` (which lies at `offset` of the
/// segment); the payload is bounded and not read. Error corrupt says what is wrong.
base::Result<Record> read_record_header(const RecordPlace& place, std::uint64_t offset, base::BytesView in);
/// Checks the payload, its form for this type, and the padding. `in` as above.
base::Result<void> check_record_payload(const Record& record, base::BytesView in);

/// The payload of pin records.
base::Bytes encode_pin_payload(const Pin& pin);
/// Precondition: a pin record that passed both checks.
Pin decode_pin(const Record& record);

/// Walks over the records of one segment in order.
class RecordReader {
public:
  /// `segment` holds the file from its first byte; reading begins at `offset`. `chain`: what the first record must
  /// carry, when known.
  RecordReader(RecordPlace place, base::BytesView segment, std::uint64_t offset, std::optional<std::uint32_t> chain,
               bool payloads = true)
      : place_(place), bytes_(segment), offset_(offset), chain_(chain), payloads_(payloads) {}

  /// The next whole record; nullopt at the end and at damage.
  std::optional<Record> next();
  std::uint64_t offset() const noexcept { return offset_; }  ///< of what follows
  std::optional<std::uint32_t> chain() const noexcept { return chain_; }
  /// After next() gave nullopt: nothing but zeros, or nothing at all, follows.
  bool at_end() const;
  /// Otherwise: why the bytes at offset() are no record.
  const std::string& problem() const noexcept { return problem_; }
  /// Moves to the next valid record behind offset(), whatever it chains from; false when there is none.
  bool resync();

private:
  base::Result<Record> read_at(std::uint64_t offset) const;

  RecordPlace place_;
  base::BytesView bytes_;
  std::uint64_t offset_;
  std::optional<std::uint32_t> chain_;
  bool payloads_;
  std::string problem_;
};

/// The first 64 bytes of a segment:
///
///    0  8 bytes  "OPENMCPK"
///    8  u32      format version
///   12  u32      segment number
///   16  16 bytes store id
///   32  u32      number of the segment before, 0: none
///   36  u32      0
///   40  u64      where the records of the segment before end; what lies behind was never promised
///   48  12 bytes 0
///   60  u32      CRC-32C of bytes 0-59
struct SegmentHeader {
  StoreId store{};
  std::uint32_t number = 0;
  std::uint32_t previous = 0;
  std::uint64_t previous_end = 0;
  bool operator==(const SegmentHeader&) const = default;
};

inline constexpr std::uint32_t kFormatVersion = 1;

base::Bytes encode_segment_header(const SegmentHeader& header);
/// Errors: corrupt; unsupported (a newer format).
base::Result<SegmentHeader> decode_segment_header(base::BytesView in);
/// The chain value of a segment's first record.
std::uint32_t segment_chain(const SegmentHeader& header);

}  // namespace openmcp::storage
