#include "crypto/sealed_stream.hpp"

#include <algorithm>

namespace openmcp::crypto {

std::uint64_t sealed_size(std::uint64_t plain, std::size_t chunk) {
  const std::uint64_t chunks = plain == 0 ? 1 : plain / chunk + (plain % chunk != 0);
  return kStreamHeaderSize + plain + chunks * kStreamOverhead;
}

StreamSealer::StreamSealer(Key32View key, StreamHeaderView header, std::size_t chunk)
    : stream_(key, header), chunk_(chunk) {
  std::ranges::copy(header, header_.begin());
}

StreamSealer::~StreamSealer() { wipe(waiting_); }

void StreamSealer::seal(base::BytesView plain, StreamTag tag, base::Bytes& out) {
  if (!header_written_) out.insert(out.end(), header_.begin(), header_.end());
  header_written_ = true;
  const auto before = out.size();
  out.resize(before + plain.size() + kStreamOverhead);
  stream_.push(plain, {}, tag, base::MutableBytes(out).subspan(before));
}

void StreamSealer::update(base::BytesView plain, base::Bytes& out) {
  // A full chunk is sealed when a byte follows it: before that it may be the last.
  if (!waiting_.empty()) {
    const auto some = std::min(plain.size(), chunk_ - waiting_.size());
    waiting_.insert(waiting_.end(), plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(some));
    plain = plain.subspan(some);
    if (plain.empty()) return;
    seal(waiting_, StreamTag::message, out);
    wipe(waiting_);
    waiting_.clear();
  }
  for (; plain.size() > chunk_; plain = plain.subspan(chunk_)) seal(plain.first(chunk_), StreamTag::message, out);
  waiting_.reserve(chunk_);  // once: growing would leave copies behind that nobody wipes
  waiting_.assign(plain.begin(), plain.end());
}

void StreamSealer::finish(base::Bytes& out) {
  seal(waiting_, StreamTag::final, out);
  wipe(waiting_);
  waiting_.clear();
}

StreamOpener::StreamOpener(Key32View key, std::size_t chunk) : key_(key), chunk_(chunk) {}

std::unexpected<base::Error> StreamOpener::refuse(const char* why) {
  refused_ = why;
  return base::fail(base::Errc::corrupt, std::string("opening a sealed stream: ") + why,
                    "the key is not the one it was sealed with, or the bytes were changed, moved or lost on the way");
}

base::Result<void> StreamOpener::open(base::BytesView sealed, base::Bytes& out) {
  const auto before = out.size();
  out.resize(before + sealed.size() - kStreamOverhead);
  const auto tag = stream_->pull(sealed, {}, base::MutableBytes(out).subspan(before));
  const bool empty = out.size() == before, full = out.size() - before == chunk_;
  if (tag && (*tag == StreamTag::final ? !empty || opened_ == 0 : *tag == StreamTag::message && full)) {
    ended_ = *tag == StreamTag::final;
    ++opened_;
    return {};
  }
  out.resize(before);
  return refuse(tag ? "a chunk is not of the one form" : "its bytes are not authentic");
}

base::Result<void> StreamOpener::update(base::BytesView sealed, base::Bytes& out) {
  if (refused_ != nullptr) return refuse(refused_);
  if (sealed.empty()) return {};
  if (ended_) return refuse("bytes follow its end");
  const auto take = [&](std::size_t size) {  // completes `waiting_` to `size`; false when the input does not suffice
    const auto some = std::min(sealed.size(), size - waiting_.size());
    waiting_.insert(waiting_.end(), sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(some));
    sealed = sealed.subspan(some);
    return waiting_.size() == size;
  };
  if (!stream_) {
    if (!take(kStreamHeaderSize)) return {};
    stream_.emplace(key_.fixed<32>(), base::BytesView(waiting_).first<kStreamHeaderSize>());
    key_ = {};
    waiting_.clear();
  }
  const auto whole = chunk_ + kStreamOverhead;
  while (!sealed.empty()) {
    if (ended_) return refuse("bytes follow its end");
    if (waiting_.empty() && sealed.size() >= whole) {
      if (auto result = open(sealed.first(whole), out); !result) return result;
      sealed = sealed.subspan(whole);
    } else if (take(whole)) {
      if (auto result = open(waiting_, out); !result) return result;
      waiting_.clear();
    }
  }
  return {};
}

base::Result<void> StreamOpener::finish(base::Bytes& out) {
  if (refused_ != nullptr) return refuse(refused_);
  if (!ended_ && stream_ && waiting_.size() >= kStreamOverhead) {  // the last chunk, not full
    if (auto result = open(waiting_, out); !result) return result;
    waiting_.clear();
  }
  if (!ended_) return refuse("it was cut off");
  return {};
}

}  // namespace openmcp::crypto
