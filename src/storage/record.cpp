#include "storage/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "crypto/hash.hpp"

namespace openmcp::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "integers are copied as they are");

constexpr std::array<std::uint8_t, 8> kSegmentMagic = {'O', 'P', 'E', 'N', 'M', 'C', 'P', 'K'};
constexpr std::size_t kCheckedHeader = 24;  ///< bytes of the header before its checksum

template <class T>
T load(base::BytesView in, std::size_t at) {
  T value;
  std::memcpy(&value, in.data() + at, sizeof value);
  return value;
}

template <class T>
void put(base::Bytes& out, T value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

std::uint32_t header_checksum(const RecordPlace& place, std::uint64_t offset, base::BytesView head,
                              base::BytesView key) {
  std::array<std::uint8_t, 8> at;
  std::memcpy(at.data(), &offset, sizeof offset);
  auto crc = crypto::crc32c(at, place.seed());
  crc = crypto::crc32c(head, crc);
  return crypto::crc32c(key, crc);
}

bool is_pin(RecordType type) { return type == RecordType::pin_add || type == RecordType::pin_remove; }

base::Result<void> check_key(RecordType type, base::BytesView key) {
  auto cid = ipld::Cid::from_bytes(key);
  if (!cid) return base::fail(base::Errc::corrupt, "the key is no CID");
  if (is_pin(type)) return {};
  if (cid->version() != 1 || cid->identity()) return base::fail(base::Errc::corrupt, "the key is no CIDv1 of a block");
  return {};
}

base::Result<void> check_sizes(RecordType type, std::size_t key, std::size_t payload) {
  bool good = key > 0 && key <= ipld::kMaxCidBytes;
  switch (type) {
    case RecordType::block:
      good = good && payload <= ipld::kMaxBlockBytes;
      break;
    case RecordType::block_remove:
      good = good && payload == 0;
      break;
    case RecordType::pin_add:
    case RecordType::pin_remove:
      good = good && payload >= 1 && payload <= 1 + kMaxPinName;
      break;
    default:
      return base::fail(base::Errc::corrupt, "unknown type of record");
  }
  if (!good) return base::fail(base::Errc::corrupt, "sizes out of bounds");
  return {};
}

}  // namespace

std::uint64_t Record::end() const noexcept { return offset + record_size(key.size(), payload.size()); }

std::uint64_t Record::durable_end() const noexcept {
  std::uint64_t back = std::uint64_t{durable_distance} * kRecordAlign;
  return back >= offset ? 0 : offset - back;
}

RecordPlace::RecordPlace(const StoreId& store, std::uint32_t segment) : segment_(segment) {
  std::array<std::uint8_t, 4> number;
  std::memcpy(number.data(), &segment, sizeof segment);
  seed_ = crypto::crc32c(number, crypto::crc32c(store));
}

void put_record_header(base::Bytes& out, const RecordPlace& place, Record& record) {
  auto start = out.size();
  put(out, kRecordMagic);
  put(out, static_cast<std::uint8_t>(record.type));
  put(out, record.flags);
  put(out, static_cast<std::uint16_t>(record.key.size()));
  put(out, static_cast<std::uint32_t>(record.payload.size()));
  put(out, record.payload_crc);
  put(out, record.chain);
  put(out, record.durable_distance);
  record.header_crc =
      header_checksum(place, record.offset, base::BytesView(out).subspan(start, kCheckedHeader), record.key);
  put(out, record.header_crc);
  out.insert(out.end(), record.key.begin(), record.key.end());
}

base::BytesView record_padding(std::size_t key, std::size_t payload) noexcept {
  static constexpr std::array<std::uint8_t, kRecordAlign> zeros{};
  return {zeros.data(), static_cast<std::size_t>(record_size(key, payload) - kRecordHeader - key - payload)};
}

base::Result<Record> read_record_header(const RecordPlace& place, std::uint64_t offset, base::BytesView in) {
  if (in.size() < kRecordHeader) return base::fail(base::Errc::corrupt, "cut within a header");
  if (load<std::uint32_t>(in, 0) != kRecordMagic) return base::fail(base::Errc::corrupt, "no record begins here");
  Record record;
  record.type = static_cast<RecordType>(in[4]);
  record.flags = in[5];
  std::size_t key = load<std::uint16_t>(in, 6);
  std::size_t payload = load<std::uint32_t>(in, 8);
  if (auto sizes = check_sizes(record.type, key, payload); !sizes) return std::unexpected(std::move(sizes).error());
  if (in.size() < record_size(key, payload)) return base::fail(base::Errc::corrupt, "cut within a record");
  record.key = in.subspan(kRecordHeader, key);
  record.payload = in.subspan(kRecordHeader + key, payload);
  record.payload_crc = load<std::uint32_t>(in, 12);
  record.chain = load<std::uint32_t>(in, 16);
  record.durable_distance = load<std::uint32_t>(in, 20);
  record.header_crc = load<std::uint32_t>(in, 24);
  record.offset = offset;
  if (header_checksum(place, offset, in.first(kCheckedHeader), record.key) != record.header_crc) {
    return base::fail(base::Errc::corrupt, "checksum of the header differs");
  }
  if (record.flags & ~(kMoreFollows | kCarried)) return base::fail(base::Errc::corrupt, "unknown flags");
  if (auto key_form = check_key(record.type, record.key); !key_form) {
    return std::unexpected(std::move(key_form).error());
  }
  return record;
}

base::Result<void> check_record_payload(const Record& record, base::BytesView in) {
  if (crypto::crc32c(record.payload) != record.payload_crc) {
    return base::fail(base::Errc::corrupt, "checksum of the payload differs");
  }
  auto used = kRecordHeader + record.key.size() + record.payload.size();
  auto padding = in.subspan(used, static_cast<std::size_t>(record.end() - record.offset) - used);
  if (std::ranges::any_of(padding, [](std::uint8_t byte) { return byte != 0; })) {
    return base::fail(base::Errc::corrupt, "padding is not zero");
  }
  if (is_pin(record.type) && record.payload[0] > static_cast<std::uint8_t>(PinMode::recursive)) {
    return base::fail(base::Errc::corrupt, "unknown mode of a pin");
  }
  return {};
}

base::Bytes encode_pin_payload(const Pin& pin) {
  base::Bytes out;
  out.reserve(1 + pin.name.size());
  out.push_back(static_cast<std::uint8_t>(pin.mode));
  auto name = base::as_bytes(pin.name);
  out.insert(out.end(), name.begin(), name.end());
  return out;
}

Pin decode_pin(const Record& record) {
  Pin pin;
  pin.cid = base::unwrap(ipld::Cid::from_bytes(record.key));
  pin.mode = static_cast<PinMode>(record.payload[0]);
  pin.name = base::as_text(record.payload.subspan(1));
  return pin;
}

base::Result<Record> RecordReader::read_at(std::uint64_t offset) const {
  auto in = bytes_.subspan(std::min<std::uint64_t>(offset, bytes_.size()));
  auto record = read_record_header(place_, offset, in);
  if (!record || !payloads_) return record;
  if (auto payload = check_record_payload(*record, in); !payload) return std::unexpected(std::move(payload).error());
  return record;
}

std::optional<Record> RecordReader::next() {
  auto record = read_at(offset_);
  if (!record) {
    problem_ = record.error().message();
    return std::nullopt;
  }
  if (chain_ && record->chain != *chain_) {
    problem_ = "it does not continue what lies before it";
    return std::nullopt;
  }
  offset_ = record->end();
  chain_ = record->header_crc;
  return *record;
}

bool RecordReader::at_end() const {
  if (offset_ >= bytes_.size()) return true;
  auto rest = bytes_.subspan(offset_);
  return std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0; });
}

bool RecordReader::resync() {
  auto from = offset_ + kRecordAlign;
  // A sound header in front of a damaged payload: what lies inside the payload is content, never a record.
  auto here = bytes_.subspan(std::min<std::uint64_t>(offset_, bytes_.size()));
  if (auto header = read_record_header(place_, offset_, here)) from = header->end();
  for (auto at = from; at + kRecordHeader <= bytes_.size(); at += kRecordAlign) {
    if (load<std::uint32_t>(bytes_, at) != kRecordMagic) continue;
    if (!read_at(at)) continue;
    offset_ = at;
    chain_.reset();
    return true;
  }
  return false;
}

base::Bytes encode_segment_header(const SegmentHeader& header) {
  base::Bytes out(kSegmentMagic.begin(), kSegmentMagic.end());
  put(out, kFormatVersion);
  put(out, header.number);
  out.insert(out.end(), header.store.begin(), header.store.end());
  put(out, header.previous);
  put(out, std::uint32_t{0});
  put(out, header.previous_end);
  out.resize(kSegmentHeader - 4);
  put(out, crypto::crc32c(out));
  return out;
}

base::Result<SegmentHeader> decode_segment_header(base::BytesView in) {
  if (in.size() < kSegmentHeader) return base::fail(base::Errc::corrupt, "cut within the segment header");
  in = in.first(kSegmentHeader);
  if (!std::equal(kSegmentMagic.begin(), kSegmentMagic.end(), in.begin())) {
    return base::fail(base::Errc::corrupt, "not a segment");
  }
  if (crypto::crc32c(in.first(kSegmentHeader - 4)) != load<std::uint32_t>(in, kSegmentHeader - 4)) {
    return base::fail(base::Errc::corrupt, "checksum of the segment header differs");
  }
  if (auto version = load<std::uint32_t>(in, 8); version != kFormatVersion) {
    return base::fail(base::Errc::unsupported,
                      fmt::format("segment format {}, this program knows {}", version, kFormatVersion),
                      "use a newer version of openmcp");
  }
  SegmentHeader header;
  header.number = load<std::uint32_t>(in, 12);
  std::copy_n(in.begin() + 16, header.store.size(), header.store.begin());
  header.previous = load<std::uint32_t>(in, 32);
  header.previous_end = load<std::uint64_t>(in, 40);
  if (encode_segment_header(header) != base::Bytes(in.begin(), in.end())) {
    return base::fail(base::Errc::corrupt, "reserved bytes of the segment header are not zero");
  }
  return header;
}

std::uint32_t segment_chain(const SegmentHeader& header) {
  auto bytes = encode_segment_header(header);
  return load<std::uint32_t>(bytes, kSegmentHeader - 4);
}

}  // namespace openmcp::storage
