// Any bytes as a segment: reading never fails badly, and every record that is accepted is, written again, the same
// bytes. The checksums of the input are made right first, so that the fuzzer gets behind them.
#include <cstring>
#include <optional>

#include "crypto/hash.hpp"
#include "need.hpp"
#include "storage/record.hpp"

namespace {

using namespace openmcp;

const storage::RecordPlace kPlace(storage::StoreId{1, 2, 3}, 1);

/// Puts sound checksums into what begins like a record at `at`.
void mend(base::Bytes& bytes, std::size_t at) {
  if (bytes.size() - at < storage::kRecordHeader) return;
  std::uint16_t key = 0;
  std::uint32_t payload = 0;
  std::memcpy(&key, bytes.data() + at + 6, 2);
  std::memcpy(&payload, bytes.data() + at + 8, 4);
  if (bytes.size() - at < storage::kRecordHeader + key + std::size_t{payload}) return;
  base::BytesView all(bytes);
  auto crc = crypto::crc32c(all.subspan(at + storage::kRecordHeader + key, payload));
  std::memcpy(bytes.data() + at + 12, &crc, 4);
  std::uint64_t offset = at;
  std::uint8_t place[8];
  std::memcpy(place, &offset, 8);
  auto head = crypto::crc32c(all.subspan(at, 24), crypto::crc32c(place, kPlace.seed()));
  head = crypto::crc32c(all.subspan(at + storage::kRecordHeader, key), head);
  std::memcpy(bytes.data() + at + 24, &head, 4);
}

void check(base::BytesView bytes, std::size_t at) {
  storage::RecordReader reader(kPlace, bytes, at, std::nullopt);
  for (;;) {
    auto before = reader.offset();
    auto record = reader.next();
    if (!record) {
      if (reader.at_end()) return;
      need(!reader.problem().empty());
      if (!reader.resync()) return;
      need(reader.offset() > before);
      continue;
    }
    need(record->offset == before && record->end() == reader.offset());
    base::Bytes again;
    auto copy = *record;
    storage::put_record_header(again, kPlace, copy);
    again.insert(again.end(), record->payload.begin(), record->payload.end());
    auto padding = storage::record_padding(record->key.size(), record->payload.size());
    again.insert(again.end(), padding.begin(), padding.end());
    need(base::equal(again, bytes.subspan(before, reader.offset() - before)));
    if (record->type == storage::RecordType::pin_add || record->type == storage::RecordType::pin_remove) {
      auto pin = storage::decode_pin(*record);
      need(base::equal(storage::encode_pin_payload(pin), record->payload));
      need(base::equal(pin.cid.bytes(), record->key));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::BytesView input(data, size);
  if (auto header = storage::decode_segment_header(input)) {
    need(base::equal(storage::encode_segment_header(*header), input.first(storage::kSegmentHeader)));
  }
  check(input, 0);
  base::Bytes mended(data, data + size);
  for (std::size_t at = 0; at + storage::kRecordHeader <= mended.size(); at += storage::kRecordAlign) {
    std::uint32_t magic = 0;
    std::memcpy(&magic, mended.data() + at, 4);
    if (magic == storage::kRecordMagic) mend(mended, at);
  }
  check(mended, 0);
  return 0;
}
