#include "storage/segment_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.hpp"
#include "storage/pack_log.hpp"

namespace openmcp::storage {
namespace {

constexpr std::size_t kMostOpen = 256;  ///< files; a quarter of the usual limit of a process

}  // namespace

base::Path SegmentFiles::path(std::uint32_t segment) const { return segment_path(packs_, segment); }

std::shared_ptr<base::File> SegmentFiles::file(std::uint32_t segment) {
  std::lock_guard lock(mutex_);
  auto& file = open_[segment];
  if (file) return file;
  std::shared_ptr<base::File> fresh;
  try {
    fresh = disk_.open(path(segment), base::OpenMode::read);
  } catch (...) {
    open_.erase(segment);
    throw;
  }
  if (open_.size() > kMostOpen) {
    open_.clear();
    open_.emplace(segment, fresh);
  } else {
    file = fresh;
  }
  return fresh;
}

bool SegmentFiles::holds(const Location& at) {
  try {
    return at.offset + kRecordHeader + at.length <= size(at.segment);
  } catch (const base::Error& error) {
    if (error.code() != base::Errc::not_found) throw;
    return false;
  }
}

base::SharedBytes SegmentFiles::view(std::uint32_t segment, std::uint64_t offset, std::size_t length) {
  auto bytes = file(segment)->map(offset, length);
  std::lock_guard lock(mutex_);
  viewed_ += length;
  if (viewed_ > resident_) {
    viewed_ = 0;
    for (auto& [number, open] : open_) open->unmap();  // still open: the system goes on reading ahead
  }
  return bytes;
}

base::Result<base::SharedBytes> SegmentFiles::read_block(const Cid& cid, const Location& at) {
  auto key = cid.bytes();
  auto damaged = [&](std::string_view what) {
    return base::fail(
        base::Errc::corrupt,
        fmt::format("block {} in segment {} at byte {} is damaged: {}", cid.text(), at.segment, at.offset, what),
        "list all damage with 'openmcp verify'; restore the block from another copy with 'openmcp repair'");
  };
  base::SharedBytes bytes;
  try {
    bytes = view(at.segment, at.offset, static_cast<std::size_t>(record_size(key.size(), at.length)));
  } catch (const base::Error& error) {
    if (error.code() != base::Errc::corrupt) throw;
    return damaged(error.message());
  }
  auto record = read_record_header(place(at.segment), at.offset, bytes);
  if (!record) return damaged(record.error().message());
  if (record->type != RecordType::block || !base::equal(record->key, key) || record->payload.size() != at.length) {
    return damaged("another record lies there");
  }
  if (crypto::crc32c(record->payload) != record->payload_crc) return damaged("checksum of the payload differs");
  return bytes.slice(kRecordHeader + key.size(), at.length);
}

std::vector<std::uint32_t> SegmentFiles::list() const {
  std::vector<std::uint32_t> numbers;
  for (const auto& entry : disk_.list(packs_)) {
    if (entry.kind != base::FileKind::file) continue;
    if (auto number = segment_number(entry.name)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::optional<std::uint64_t> SegmentFiles::declared_end(std::uint32_t segment, const std::vector<std::uint32_t>& all) {
  for (auto later : all) {
    if (later <= segment) continue;
    base::Bytes head(kSegmentHeader);
    head.resize(file(later)->read_at(0, head));
    auto header = decode_segment_header(head);
    if (!header) continue;
    if (header->previous == segment) return header->previous_end;
    if (header->previous < segment) return 0;
    return std::nullopt;
  }
  return std::nullopt;
}

void SegmentFiles::forget(std::uint32_t segment) {
  std::lock_guard lock(mutex_);
  open_.erase(segment);
}

}  // namespace openmcp::storage
