#include "ipld/car/writer.hpp"

namespace openmcp::ipld::car {
namespace {

using base::Task;

constexpr std::size_t kFlushBytes = 256u << 10;
/// Blocks from this size on are passed on without copying them.
constexpr std::size_t kLargeBlock = 32u << 10;
constexpr std::size_t kDataOffset = kPragma.size() + kHeaderV2Bytes;

}  // namespace

Writer::Writer(ByteSink sink, std::vector<Cid> roots) : sink_(std::move(sink)) {
  buffer_ = base::unwrap(encode_header_v1(roots));
  bytes_ = buffer_.size();
}

Task<void> Writer::write(Block block) {
  if (block.cid.identity()) co_return;
  auto before = buffer_.size();
  encode_section_prefix(block.cid, block.data.size(), buffer_);
  bytes_ += buffer_.size() - before + block.data.size();
  ++blocks_;
  if (block.data.size() >= kLargeBlock) {
    co_await flush();
    co_await sink_(std::move(block.data));
    co_return;
  }
  auto data = block.data.view();
  buffer_.insert(buffer_.end(), data.begin(), data.end());
  if (buffer_.size() >= kFlushBytes) co_await flush();
}

Task<void> Writer::finish() { co_await flush(); }

Task<void> Writer::flush() {
  if (buffer_.empty()) co_return;
  base::SharedBytes full(std::exchange(buffer_, {}));
  co_await sink_(std::move(full));
}

WriterV2::WriterV2(base::Env& env, std::shared_ptr<base::File> file, std::vector<Cid> roots, IndexCodec codec)
    : env_(env), file_(file), index_(codec), data_(file_sink(env, std::move(file), kDataOffset), std::move(roots)) {}

Task<void> WriterV2::write(Block block) {
  index_.add(block.cid.hash(), data_.bytes());
  co_await data_.write(std::move(block));
}

Task<void> WriterV2::finish() {
  co_await data_.finish();
  HeaderV2 header{.data_size = data_.bytes(), .index_offset = kDataOffset + data_.bytes()};
  base::Bytes front(kPragma.begin(), kPragma.end());
  encode_header_v2(header, front);
  auto job = [this, &header, &front] {
    // The header last: without it the file is no CAR, so a half-written one is never taken for whole.
    file_->write_at(header.index_offset, base::BytesView(index_.encode()));
    file_->write_at(0, base::BytesView(front));
  };
  co_await env_.run(std::move(job));
}

ByteSink file_sink(base::Env& env, std::shared_ptr<base::File> file, std::uint64_t offset) {
  return [&env, file = std::move(file), offset](base::SharedBytes bytes) mutable -> Task<void> {
    auto write = [&file, &bytes, offset] { file->write_at(offset, bytes.view()); };
    co_await env.run(std::move(write));
    offset += bytes.size();
  };
}

ByteSink bytes_sink(base::Bytes& into) {
  return [&into](base::SharedBytes bytes) -> Task<void> {
    into.insert(into.end(), bytes.view().begin(), bytes.view().end());
    co_return;
  };
}

}  // namespace openmcp::ipld::car
