// read_file, read_bytes and stat of exporter.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>

#include "ipld/prefetch.hpp"
#include "ipld/unixfs/exporter.hpp"
#include "ipld/unixfs/fs_node.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::Error;
using base::Task;
using base::TaskGroup;

/// No real file is deeper: 8 levels of 174 links hold more than 2^64 bytes, a trickle DAG a few times that.
constexpr unsigned kMaxFileDepth = 256;
constexpr std::size_t kBlocksAhead = 64;

Error not_a_file(const Cid& cid, NodeType type) {
  return {Errc::invalid_argument, fmt::format("{} is a {}, not a file", cid.text(), to_string(type))};
}

class FileReader {
public:
  FileReader(base::Env& env, BlockSource& source, Cid root, ByteRange range, std::uint64_t limit, ByteSink sink,
             std::uint64_t ahead)
      : root_(std::move(root)),
        range_(range),
        limit_(limit),
        sink_(std::move(sink)),
        blocks_(env.executor(), source, {.blocks = kBlocksAhead, .bytes = ahead}) {}

  Task<void> run(TaskGroup& group) {
    blocks_.descend({WalkItem{.cid = root_}});
    bool at_root = true;
    while (auto found = co_await blocks_.next(group)) {
      auto& item = found->item;
      if (!found->data) {
        throw Error(Errc::not_found, fmt::format("block {} of file {} is not here", item.cid.text(), root_.text()),
                    "import it from a CAR file or another store that has it");
      }
      auto node = base::unwrap(decode_fs_node(item.cid, *found->data));
      if (!is_file(node.data.type)) throw not_a_file(item.cid, node.data.type);
      if (at_root) {
        open(node.size);
      } else if (node.size != item.size) {
        throw Error(Errc::corrupt, fmt::format("file {}: block {} holds {} bytes where {} were promised", root_.text(),
                                               item.cid.text(), node.size, item.size));
      }
      at_root = false;
      descend(item, node);
      co_await send(item.offset, node.inline_bytes(), *found->data);
    }
  }

  std::uint64_t sent() const noexcept { return sent_; }

private:
  void open(std::uint64_t size) {
    begin_ = std::min(range_.offset, size);
    end_ = begin_ + std::min(range_.length, size - begin_);
    if (end_ - begin_ > limit_) {
      throw Error(Errc::too_large, fmt::format("{} has {} bytes, more than {}", root_.text(), end_ - begin_, limit_));
    }
  }

  /// The links that hold a part of the range.
  void descend(const WalkItem& item, const FsNode& node) {
    if (node.links.empty()) return;
    if (item.depth == kMaxFileDepth) throw Error(Errc::too_large, fmt::format("file {} is too deep", root_.text()));
    std::vector<WalkItem> items;
    auto offset = item.offset + node.inline_bytes().size();
    for (std::size_t i = 0; i < node.links.size() && offset < end_; ++i) {
      auto size = node.data.blocksizes[i];
      auto here = offset;
      offset += size;  // cannot overflow: decode_fs_node summed them
      if (size == 0 || offset <= begin_) continue;
      items.push_back({.cid = node.links[i].hash,
                       .offset = here,
                       .size = size,
                       .depth = item.depth + 1,
                       .expected = std::min<std::uint64_t>(size, kMaxBlockBytes)});
    }
    blocks_.descend(std::move(items));
  }

  Task<void> send(std::uint64_t offset, base::BytesView bytes, const base::SharedBytes& block) {
    auto from = std::max(offset, begin_), to = std::min(offset + bytes.size(), end_);
    if (from >= to) co_return;
    auto start = static_cast<std::size_t>(bytes.data() - block.data()) + static_cast<std::size_t>(from - offset);
    sent_ += to - from;
    co_await sink_(block.slice(start, static_cast<std::size_t>(to - from)));
  }

  Cid root_;
  ByteRange range_;
  std::uint64_t limit_;
  ByteSink sink_;
  Prefetch blocks_;
  std::uint64_t begin_ = 0, end_ = 0;  ///< the range within the file
  std::uint64_t sent_ = 0;
};

Task<std::uint64_t> read(base::Env& env, BlockSource& source, Cid file, ByteRange range, std::uint64_t limit,
                         ByteSink sink, std::uint64_t ahead) {
  FileReader reader(env, source, std::move(file), range, limit, std::move(sink), ahead);
  auto body = [&reader](TaskGroup& group) { return reader.run(group); };
  co_await base::with_group(env, std::move(body));
  co_return reader.sent();
}

}  // namespace

Task<std::uint64_t> read_file(base::Env& env, BlockSource& source, Cid file, ByteRange range, ByteSink sink,
                              std::uint64_t ahead) {
  return read(env, source, std::move(file), range, ~std::uint64_t{0}, std::move(sink), ahead);
}

Task<base::Bytes> read_bytes(base::Env& env, BlockSource& source, Cid file, std::uint64_t limit) {
  base::Bytes bytes;
  ByteSink sink = [&bytes](base::SharedBytes part) -> Task<void> {
    bytes.insert(bytes.end(), part.view().begin(), part.view().end());
    co_return;
  };
  co_await read(env, source, std::move(file), ByteRange{}, limit, std::move(sink), kReadAhead);
  co_return bytes;
}

Task<Stat> stat(BlockSource& source, Cid cid) {
  auto block = co_await get_block(source, cid);
  auto node = base::unwrap(decode_fs_node(cid, block));
  Stat stat;
  stat.type = cid.codec() == Codec::raw ? NodeType::file : node.data.type;
  stat.size = node.size;
  stat.dag_size = block.size();
  for (auto& link : node.links) {
    if (__builtin_add_overflow(stat.dag_size, link.tsize.value_or(0), &stat.dag_size)) {
      throw Error(Errc::corrupt, fmt::format("{}: the sizes of its links overflow", cid.text()));
    }
  }
  stat.links = node.links.size();
  if (stat.type == NodeType::symlink) {
    stat.target = base::as_text(node.inline_bytes());
    stat.size = stat.target.size();
  }
  stat.mode = node.data.mode;
  stat.mtime = node.data.mtime;
  co_return stat;
}

}  // namespace openmcp::ipld::unixfs
