#include "ipld/car/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/varint.hpp"

namespace openmcp::ipld::car {
namespace {

using base::Errc;
using base::Error;
using base::Task;

constexpr std::size_t kBufferBytes = 256u << 10;
constexpr std::size_t kLengthBytes = base::kVarintMax;

}  // namespace

Reader::Reader(ByteSource source, ReadOptions options) : source_(std::move(source)), options_(options) {}

Task<void> Reader::open() {
  if (opened_) co_return;
  opened_ = true;
  buffer_.resize(std::max({kBufferBytes, options_.max_header, kMaxCidBytes}));
  auto header = co_await take_header();
  if (header.version == 2) {
    if (!co_await fill(kHeaderV2Bytes)) throw damaged("the version 2 header is cut off");
    header_v2_ = base::unwrap(decode_header_v2(available().first(kHeaderV2Bytes)));
    advance(kHeaderV2Bytes);
    co_await skip_to(header_v2_->data_offset);
    data_begin_ = header_v2_->data_offset;
    data_end_ = data_begin_ + header_v2_->data_size;
    header = co_await take_header();
    if (header.version != 1) throw damaged("a version 2 file holds data that is not version 1");
  }
  version_ = header_v2_ ? 2 : 1;
  roots_ = std::move(header.roots);
}

Task<HeaderV1> Reader::take_header() {
  auto length = co_await take_length();
  if (!length) throw damaged("there is no header");
  if (*length == 0) throw damaged("the header is empty");
  if (*length > options_.max_header) {
    throw Error(Errc::too_large,
                fmt::format("CAR file: a header of {} bytes, more than {}", *length, options_.max_header));
  }
  auto bytes = static_cast<std::size_t>(*length);
  if (bytes > left() || !co_await fill(bytes)) throw damaged("the header is cut off");
  auto header = decode_header_v1(available().first(bytes));
  if (!header) throw std::move(header).error();
  advance(bytes);
  co_return *std::move(header);
}

Task<std::optional<Section>> Reader::next() {
  co_await open();
  if (ended_) co_return std::nullopt;
  Section section;
  section.offset = position_ - data_begin_;
  auto length = co_await take_length();
  if (!length || (*length == 0 && options_.zero_length_is_end)) {
    if (!length && header_v2_ && left() != 0) throw damaged("the data is cut off");
    ended_ = true;
    co_return std::nullopt;
  }
  if (*length == 0) throw damaged("a section of length 0");
  if (*length > options_.max_section) {
    throw Error(Errc::too_large, fmt::format("CAR file, byte {}: a section of {} bytes, more than {}", position_,
                                             *length, options_.max_section));
  }
  auto bytes = static_cast<std::size_t>(*length);
  if (bytes > left()) throw damaged("a section is longer than the data");
  co_await fill(std::min(bytes, kMaxCidBytes));
  auto view = available();
  view = view.first(std::min(view.size(), bytes));
  auto seen = view.size();
  auto cid = Cid::take(view);
  if (!cid) throw damaged(seen < std::min(bytes, kMaxCidBytes) ? "the last section is cut off" : cid.error().message());
  section.block.cid = *std::move(cid);
  auto cid_bytes = seen - view.size();
  advance(cid_bytes);
  section.block.data = co_await take_bytes(bytes - cid_bytes);
  if (options_.verify) {
    auto verified = verify_block(section.block.cid, section.block.data);
    if (!verified) throw std::move(verified.error().within(fmt::format("CAR file, data byte {}", section.offset)));
  }
  co_return section;
}

Task<std::optional<Index>> Reader::index(std::uint64_t limit) {
  if (!ended_ || !header_v2_ || header_v2_->index_offset == 0) co_return std::nullopt;
  data_end_ = ~std::uint64_t{0};
  co_await skip_to(header_v2_->index_offset);
  base::Bytes bytes;
  while (co_await fill(1)) {
    auto piece = available();
    if (bytes.size() + piece.size() > limit) {
      throw Error(Errc::too_large, fmt::format("CAR file: the index has more than {} bytes", limit));
    }
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    advance(piece.size());
  }
  co_return base::unwrap(Index::decode(bytes));
}

Task<bool> Reader::fill(std::size_t bytes) {
  if (end_ - begin_ >= bytes) co_return true;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  while (end_ < bytes) {
    auto got = co_await source_(base::MutableBytes(buffer_).subspan(end_));
    if (got == 0) co_return false;
    end_ += got;
  }
  co_return true;
}

void Reader::advance(std::size_t bytes) noexcept {
  begin_ += bytes;
  position_ += bytes;
}

/// What is buffered is copied; the rest of a large block is read straight to its place.
Task<base::SharedBytes> Reader::take_bytes(std::size_t bytes) {
  std::shared_ptr<std::uint8_t[]> memory = std::make_shared_for_overwrite<std::uint8_t[]>(bytes);
  base::MutableBytes into(memory.get(), bytes);
  auto buffered = std::min(bytes, end_ - begin_);
  if (buffered > 0) std::memcpy(into.data(), buffer_.data() + begin_, buffered);
  advance(buffered);
  auto rest = into.subspan(buffered);
  while (!rest.empty()) {
    // A short rest is read with what follows it.
    if (rest.size() < kBufferBytes / 2) {
      if (!co_await fill(rest.size())) throw damaged("the last section is cut off");
      std::memcpy(rest.data(), buffer_.data() + begin_, rest.size());
      advance(rest.size());
      break;
    }
    auto got = co_await source_(rest);
    if (got == 0) throw damaged("the last section is cut off");
    position_ += got;
    rest = rest.subspan(got);
  }
  co_return base::SharedBytes(std::move(memory), into);
}

Task<std::optional<std::uint64_t>> Reader::take_length() {
  auto most = static_cast<std::size_t>(std::min<std::uint64_t>(kLengthBytes, left()));
  co_await fill(most);
  auto view = available();
  view = view.first(std::min(view.size(), most));
  if (view.empty()) co_return std::nullopt;
  auto before = view.size();
  auto length = base::take_varint(view);
  if (!length) throw damaged("a length is not a varint or is cut off");
  advance(before - view.size());
  co_return *length;
}

Task<void> Reader::skip_to(std::uint64_t position) {
  while (position_ < position) {
    if (!co_await fill(1)) throw damaged("it ends before what its header promises");
    advance(static_cast<std::size_t>(std::min<std::uint64_t>(end_ - begin_, position - position_)));
  }
}

Error Reader::damaged(std::string_view what) const {
  return {Errc::corrupt, fmt::format("CAR file, byte {}: {}", position_, what), "fetch or export the file again"};
}

ByteSource file_source(base::Env& env, std::shared_ptr<base::File> file, std::uint64_t offset) {
  return [&env, file = std::move(file), offset](base::MutableBytes into) mutable -> Task<std::size_t> {
    auto read = [&file, offset, into] { return file->read_at(offset, into); };
    auto got = co_await env.run(std::move(read));
    offset += got;
    co_return got;
  };
}

ByteSource bytes_source(base::SharedBytes bytes) {
  return [bytes = std::move(bytes), at = std::size_t{0}](base::MutableBytes into) mutable -> Task<std::size_t> {
    auto length = std::min(into.size(), bytes.size() - at);
    if (length > 0) std::memcpy(into.data(), bytes.data() + at, length);
    at += length;
    co_return length;
  };
}

}  // namespace openmcp::ipld::car
