#include "storage/group_writer.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace openmcp::storage {
namespace {

constexpr std::size_t kCopyBelow = 4096;  ///< bytes; a copy is cheaper than one more piece of a gather write

}  // namespace

GroupWriter::GroupWriter(const Layer& base, const PackLog& log, SegmentFiles& files)
    : log_(log), files_(files), place_(log.store(), log.number()), group_layer_(base), chain_(log.chain()) {}

void GroupWriter::begin_request() {
  request_layer_.emplace(group_layer_);
  planned_.clear();
  planned_bytes_ = 0;
}

void GroupWriter::drop_request() {
  for (const auto& record : planned_) fresh_.erase(record.offset);
  planned_.clear();
  planned_bytes_ = 0;
  request_layer_.reset();
}

void GroupWriter::end_request() {
  end_batch();
  std::size_t copied = 0;
  for (const auto& record : planned_) {
    copied += kRecordHeader + record.key.size() + kRecordAlign;
    if (record.payload.size() < kCopyBelow) copied += record.payload.size();
  }
  auto& buffer = buffers_.emplace_back();
  buffer.reserve(copied);  // views of it are kept: it must not move
  std::size_t viewed = 0;
  auto view_rest = [&] {
    if (viewed < buffer.size()) pieces_.push_back(base::BytesView(buffer).subspan(viewed));
    viewed = buffer.size();
  };
  for (auto& planned : planned_) {
    Record record;
    record.type = planned.type;
    record.flags = static_cast<std::uint8_t>(planned.flags | (planned.ends_batch ? 0 : kMoreFollows));
    record.key = planned.key;
    record.payload = planned.payload;
    record.payload_crc = planned.payload_crc ? *planned.payload_crc : crypto::crc32c(planned.payload);
    record.chain = chain_;
    record.offset = planned.offset;
    auto distance = (planned.offset - log_.durable_end()) / kRecordAlign;
    record.durable_distance = static_cast<std::uint32_t>(std::min<std::uint64_t>(distance, UINT32_MAX));
    put_record_header(buffer, place_, record);
    chain_ = record.header_crc;
    if (record.payload.size() < kCopyBelow) {
      buffer.insert(buffer.end(), record.payload.begin(), record.payload.end());
    } else {
      view_rest();
      pieces_.push_back(record.payload);
      kept_.push_back(std::move(planned.payload));
    }
    auto padding = record_padding(record.key.size(), record.payload.size());
    buffer.insert(buffer.end(), padding.begin(), padding.end());
  }
  view_rest();
  bytes_ += planned_bytes_;
  planned_.clear();
  planned_bytes_ = 0;
  group_layer_.absorb(*request_layer_);
  request_layer_.reset();
}

void GroupWriter::end_batch() {
  if (!planned_.empty()) planned_.back().ends_batch = true;
}

Location GroupWriter::plan(RecordType type, std::uint8_t flags, const Cid& key, base::SharedBytes payload) {
  Planned record;
  record.type = type;
  record.flags = flags;
  record.key = key.bytes();
  record.offset = log_.end() + bytes_ + planned_bytes_;
  Location at{log_.number(), record.offset, static_cast<std::uint32_t>(payload.size())};
  planned_bytes_ += record_size(record.key.size(), payload.size());
  record.payload = std::move(payload);
  planned_.push_back(std::move(record));
  return at;
}

base::Result<base::SharedBytes> GroupWriter::load(const Cid& cid, const BlockEntry& entry) {
  if (entry.at.segment == log_.number() && entry.at.offset >= log_.end()) {
    if (auto found = fresh_.find(entry.at.offset); found != fresh_.end()) return found->second;
  }
  return files_.read_block(Cid::v1(entry.codec, cid.hash()), entry.at);
}

Ledger GroupWriter::ledger(bool strict) {
  auto load_block = [this](const Cid& cid, const BlockEntry& entry) { return load(cid, entry); };
  return Ledger(*request_layer_, load_block, true, strict);
}

bool GroupWriter::has_block(const Cid& cid) const {
  auto entry = request_layer_->block(cid.hash());
  if (!entry) return false;
  if (entry->at.segment == log_.number() && entry->at.offset >= log_.end()) return true;
  return files_.holds(entry->at);
}

void GroupWriter::put_block(const Block& block, std::uint8_t flags) {
  Cid key = Cid::v1(block.cid.codec(), block.cid.hash());
  auto at = plan(RecordType::block, flags, key, block.data);
  planned_.back().payload_crc = block.crc32c;
  fresh_.emplace(at.offset, block.data);
  ledger(true).place_block(key, at, flags & kCarried);
}

void GroupWriter::remove_block(const Cid& cid, std::uint8_t flags) {
  Cid key = Cid::v1(cid.codec(), cid.hash());
  auto at = plan(RecordType::block_remove, flags, key, {});
  ledger(true).remove_block(key, at);
}

void GroupWriter::put_pin(const Pin& pin, std::uint8_t flags) {
  auto at = plan(RecordType::pin_add, flags, pin.cid, base::SharedBytes(encode_pin_payload(pin)));
  ledger(true).place_pin(pin, at, flags & kCarried);
}

void GroupWriter::remove_pin(const Pin& pin, std::uint8_t flags) {
  auto at = plan(RecordType::pin_remove, flags, pin.cid, base::SharedBytes(encode_pin_payload(pin)));
  ledger(true).remove_pin(pin, at);
}

void GroupWriter::drop_grave(std::string_view key, const Grave& grave) { ledger(true).drop_grave(key, grave); }

void GroupWriter::carry_grave(std::string_view key, const Grave& grave) {
  if (key.starts_with('b')) {
    remove_block(Cid::v1(grave.codec, base::unwrap(decode_block_key(key))), kCarried);
    return;
  }
  auto pin = base::unwrap(decode_pin_key(key));
  pin.mode = static_cast<PinMode>(grave.mode);
  remove_pin(pin, kCarried);
}

}  // namespace openmcp::storage
