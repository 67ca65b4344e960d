#include "storage/record.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"
#include "storage/pack_log.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

const StoreId kStore{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

Cid cid_of(std::string_view text) {
  return Cid::v1(ipld::Codec::raw, base::unwrap(ipld::hash(ipld::HashCode::sha2_256, base::as_bytes(text))));
}

/// A segment without its header's meaning: zeros, then these records one after the other.
class Segment {
public:
  explicit Segment(std::uint32_t number = 7) : place(kStore, number), bytes(kSegmentHeader) {}

  void put(RecordType type, const Cid& cid, base::BytesView payload, std::uint8_t flags = 0, std::uint32_t back = 0) {
    auto key = cid.bytes();
    Record record;
    record.type = type;
    record.flags = flags;
    record.key = key;
    record.payload = payload;
    record.payload_crc = crypto::crc32c(payload);
    record.chain = chain;
    record.durable_distance = back;
    record.offset = bytes.size();
    put_record_header(bytes, place, record);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    auto padding = record_padding(key.size(), payload.size());
    bytes.insert(bytes.end(), padding.begin(), padding.end());
    chain = record.header_crc;
  }
  void put_block(std::string_view text) { put(RecordType::block, cid_of(text), base::as_bytes(text)); }
  RecordReader reader(std::optional<std::uint32_t> from = 0u) const {
    return RecordReader(place, bytes, kSegmentHeader, from);
  }

  RecordPlace place;
  base::Bytes bytes;
  std::uint32_t chain = 0;
};

TEST(Record, ComesBackAsWritten) {
  Segment segment;
  Pin pin;
  pin.cid = cid_of("x");
  pin.name = "name";
  segment.put_block("payload");
  segment.put_block("");
  segment.put(RecordType::pin_add, pin.cid, encode_pin_payload(pin), kCarried, 3);
  segment.put(RecordType::block_remove, cid_of("payload"), {}, kMoreFollows);
  auto reader = segment.reader();
  auto block = reader.next().value();
  EXPECT_EQ(block.type, RecordType::block);
  EXPECT_EQ(base::as_text(block.payload), "payload");
  EXPECT_TRUE(base::equal(block.key, cid_of("payload").bytes()));
  EXPECT_EQ(reader.next().value().payload.size(), 0u);
  auto added = reader.next().value();
  EXPECT_EQ(decode_pin(added), pin);
  EXPECT_TRUE(added.carried());
  EXPECT_EQ(added.durable_end(), added.offset - 24);
  EXPECT_TRUE(reader.next().value().more_follows());
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.at_end());
}

TEST(Record, EveryFlippedBitIsNoticed) {
  Segment segment;
  segment.put_block("some content that is guarded");
  for (std::size_t bit = kSegmentHeader * 8; bit < segment.bytes.size() * 8; ++bit) {
    auto damaged = segment;
    damaged.bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_FALSE(damaged.reader().next()) << "bit " << bit;
  }
}

TEST(Record, EveryCutIsNoticed) {
  Segment segment;
  segment.put_block("some content that is guarded");
  for (std::size_t size = kSegmentHeader; size < segment.bytes.size(); ++size) {
    auto cut = segment;
    cut.bytes.resize(size);
    EXPECT_FALSE(cut.reader().next()) << size;
    EXPECT_EQ(cut.reader().at_end(), size == kSegmentHeader);
  }
}

TEST(Record, IsValidOnlyInItsPlace) {
  Segment segment;
  segment.put_block("a");
  segment.put_block("b");
  Segment elsewhere(8);
  elsewhere.bytes = segment.bytes;
  EXPECT_FALSE(elsewhere.reader().next()) << "another segment";
  auto moved = segment;
  moved.bytes.erase(moved.bytes.begin() + kSegmentHeader, moved.bytes.begin() + kSegmentHeader + 8);
  EXPECT_FALSE(moved.reader().next()) << "another offset";
  StoreId other{};
  RecordReader stranger(RecordPlace(other, 7), segment.bytes, kSegmentHeader, std::nullopt);
  EXPECT_FALSE(stranger.next()) << "another store";
}

TEST(Record, ChainTellsLeftovers) {
  // An attempt of two batches failed; a shorter one was written over its beginning.
  Segment old;
  old.put_block("first");
  old.put_block("second");
  Segment now;
  now.put_block("FIRST");
  ASSERT_LT(now.bytes.size(), old.bytes.size());
  std::copy(now.bytes.begin(), now.bytes.end(), old.bytes.begin());
  auto reader = old.reader();
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next()) << "the leftover is whole and in its place, but does not follow";
  EXPECT_FALSE(reader.at_end());
}

TEST(Record, ResyncFindsTheNextOne) {
  Segment segment;
  segment.put_block("first");
  auto second = segment.bytes.size();
  // Content that looks like a record must not be taken for one.
  Segment inner;
  inner.put_block("inside");
  segment.put(RecordType::block, cid_of("second"), base::BytesView(inner.bytes).subspan(kSegmentHeader));
  auto third = segment.bytes.size();
  segment.put_block("third");
  for (auto at : {second, second + 30, second + 70}) {
    auto damaged = segment;
    damaged.bytes[at] ^= 1;
    auto reader = damaged.reader();
    EXPECT_TRUE(reader.next());
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.problem().empty());
    ASSERT_TRUE(reader.resync()) << at;
    EXPECT_EQ(reader.offset(), third);
    EXPECT_EQ(base::as_text(reader.next().value().payload), "third");
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(Record, RefusesWhatNoWriterMakes) {
  auto accepts = [](RecordType type, const Cid& cid, base::BytesView payload, std::uint8_t flags = 0) {
    Segment segment;
    segment.put(type, cid, payload, flags);
    return segment.reader().next().has_value();
  };
  auto cid = cid_of("x");
  auto v0 = base::unwrap(Cid::v0(cid.hash()));
  auto identity = Cid::v1(ipld::Codec::raw, base::unwrap(ipld::hash(ipld::HashCode::identity, base::as_bytes("i"))));
  base::Bytes mode{1}, bad_mode{2};
  EXPECT_TRUE(accepts(RecordType::pin_add, v0, mode));
  EXPECT_TRUE(accepts(RecordType::pin_add, identity, mode));
  EXPECT_FALSE(accepts(RecordType::block, v0, mode));
  EXPECT_FALSE(accepts(RecordType::block, identity, mode));
  EXPECT_FALSE(accepts(RecordType::block_remove, cid, mode));
  EXPECT_FALSE(accepts(RecordType::pin_add, cid, {}));
  EXPECT_FALSE(accepts(RecordType::pin_add, cid, bad_mode));
  EXPECT_FALSE(accepts(RecordType::pin_add, cid, base::Bytes(kMaxPinName + 2)));
  EXPECT_FALSE(accepts(RecordType::block, cid, mode, 4));
  EXPECT_FALSE(accepts(static_cast<RecordType>(0), cid, {}));
  EXPECT_FALSE(accepts(static_cast<RecordType>(5), cid, {}));
  EXPECT_FALSE(accepts(RecordType::block, cid, base::Bytes(ipld::kMaxBlockBytes + 1)));
}

TEST(SegmentHeader, ComesBackAndIsGuarded) {
  SegmentHeader header{kStore, 9, 8, 123'456'789'012};
  auto bytes = encode_segment_header(header);
  ASSERT_EQ(bytes.size(), kSegmentHeader);
  EXPECT_EQ(decode_segment_header(bytes).value(), header);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_FALSE(decode_segment_header(damaged)) << bit;
  }
  bytes.pop_back();
  EXPECT_FALSE(decode_segment_header(bytes));
}

TEST(SegmentHeader, NewerFormatIsNamed) {
  auto bytes = encode_segment_header({kStore, 1, 0, 0});
  bytes[8] = 2;
  bytes.resize(60);
  auto crc = crypto::crc32c(bytes);
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(crc >> shift));
  EXPECT_EQ(decode_segment_header(bytes).error().code(), Errc::unsupported);
}

TEST(SegmentName, IsStrict) {
  EXPECT_EQ(segment_path("packs", 1), "packs/00000001.pack");
  EXPECT_EQ(segment_number("00000001.pack"), 1u);
  EXPECT_EQ(segment_number("4294967295.pack"), 4294967295u);
  for (const auto* name : {"1.pack", "00000000.pack", "00000001.pack.tmp", "0000001x.pack", "-0000001.pack", ".pack",
                           "00000001", "4294967296.pack", "000000001.pack"}) {
    EXPECT_EQ(segment_number(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace openmcp::storage
