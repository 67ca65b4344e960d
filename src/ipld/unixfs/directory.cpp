#include "ipld/unixfs/directory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/varint.hpp"
#include "ipld/unixfs/fs_node.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::Error;
using base::fail;
using base::Task;

constexpr std::size_t kMaxNameBytes = 65'535;
/// Sub-shards fetched with one call.
constexpr std::size_t kShardBatch = 32;

/// Bytes of field number, length and body.
std::uint64_t field_bytes(std::uint64_t body) noexcept { return 1 + base::varint_size(body) + body; }

std::uint64_t cid_bytes(const Cid& cid) {
  auto digest = cid.hash().digest().size();
  auto hash = base::varint_size(static_cast<std::uint64_t>(cid.hash().code())) + base::varint_size(digest) + digest;
  return cid.version() == 0 ? hash : hash + 1 + base::varint_size(static_cast<std::uint64_t>(cid.codec()));
}

/// What the profile compares with its threshold. Tsize needs no more than 63 bits here.
std::uint64_t flat_bytes(const Profile& profile, const std::vector<DirectoryLink>& entries) {
  std::uint64_t bytes = 0;
  if (profile.hamt_measure == HamtMeasure::links_bytes) {
    for (auto& entry : entries) bytes += entry.name.size() + cid_bytes(entry.cid);
    return bytes;
  }
  for (auto& entry : entries) {
    auto link =
        field_bytes(cid_bytes(entry.cid)) + field_bytes(entry.name.size()) + 1 + base::varint_size(entry.dag_size);
    bytes += field_bytes(link);
  }
  return bytes + field_bytes(field_bytes(0));  // Data: the one field Type = Directory
}

/// The root of a directory, decoded.
struct Opened {
  base::SharedBytes block;
  FsNode node;
};

Task<Opened> open_directory(BlockSource& source, Cid directory) {
  Opened opened;
  opened.block = co_await get_block(source, directory);
  opened.node = base::unwrap(decode_fs_node(directory, opened.block));
  if (!is_directory(opened.node.data.type)) {
    throw Error(Errc::invalid_argument,
                fmt::format("{} is a {}, not a directory", directory.text(), to_string(opened.node.data.type)));
  }
  co_return opened;
}

DirectoryLink to_entry(const PbLinkView& link) {
  return {std::string(link.name.value_or(std::string_view())), link.hash, link.tsize.value_or(0)};
}

HamtShard decode_shard_at(const Cid& cid, base::BytesView block, std::uint32_t fanout, std::size_t depth) {
  auto shard = decode_hamt_shard(block);
  if (!shard) throw std::move(shard.error().within(cid.text()));
  if (fanout != 0 && shard->fanout != fanout) {
    throw Error(Errc::corrupt, fmt::format("HAMT shard {} has another fanout than its root", cid.text()));
  }
  if (depth >= hamt_max_depth(shard->fanout)) {
    throw Error(Errc::corrupt, fmt::format("HAMT shard {} lies too deep", cid.text()));
  }
  return *std::move(shard);
}

/// Walks a HAMT in slot order, behind an entry when told. Entries are checked to lie where their hash says.
class HamtWalk {
public:
  HamtWalk(BlockSource& source, HamtShard root, std::string after) : source_(source), after_(std::move(after)) {
    if (!after_.empty()) after_hash_ = hamt_hash(after_);
    push(std::move(root));
  }

  Task<std::optional<DirectoryLink>> next() {
    while (!levels_.empty()) {
      if (levels_.back().next == levels_.back().shard.children.size()) {
        leave();
        continue;
      }
      auto& level = levels_.back();
      auto& child = level.shard.children[level.next++];
      if (!child.shard()) {
        check_place(child);
        if (level.cursor_slot == child.slot && child.link.name == after_) continue;
        co_return std::move(child.link);
      }
      auto slot = child.slot;
      auto cid = child.link.cid;
      auto block = co_await take_block(levels_.size() - 1, levels_.back().next - 1);
      auto shard = decode_shard_at(cid, block, levels_.front().shard.fanout, levels_.size());
      slots_.push_back(slot);
      push(std::move(shard));
    }
    co_return std::nullopt;
  }

private:
  struct Level {
    HamtShard shard;
    std::size_t next = 0;
    std::optional<std::uint32_t> cursor_slot = {};  ///< where the way to `after_` goes on, when it comes by here
    std::vector<base::SharedBytes> blocks = {};     ///< fetched sub-shards ...
    std::vector<std::size_t> block_of = {};         ///< ... and which children they are, ascending
    std::size_t fetched = 0;                        ///< sub-shards before this child were fetched
  };

  void push(HamtShard shard) {
    Level level{.shard = std::move(shard)};
    if (levels_.empty() ? !after_.empty() : levels_.back().cursor_slot == slots_.back()) {
      auto slot = *hamt_slot(after_hash_, level.shard.fanout, levels_.size());
      auto first = std::ranges::lower_bound(level.shard.children, slot, {}, &HamtShard::Child::slot);
      level.next = static_cast<std::size_t>(first - level.shard.children.begin());
      level.fetched = level.next;
      level.cursor_slot = slot;
    }
    levels_.push_back(std::move(level));
  }

  void leave() {
    levels_.pop_back();
    if (!slots_.empty()) slots_.pop_back();
  }

  void check_place(const HamtShard::Child& child) {
    auto hash = hamt_hash(child.link.name);
    auto fanout = levels_.front().shard.fanout;
    bool right = hamt_slot(hash, fanout, slots_.size()) == child.slot;
    for (std::size_t depth = 0; right && depth < slots_.size(); ++depth) {
      right = hamt_slot(hash, fanout, depth) == slots_[depth];
    }
    if (!right) throw Error(Errc::corrupt, "HAMT directory: an entry lies where its name does not belong");
  }

  /// The block of a sub-shard; fetches it with the next ones of its level.
  Task<base::SharedBytes> take_block(std::size_t level_index, std::size_t child_index) {
    auto& level = levels_[level_index];
    if (child_index >= level.fetched) {
      std::vector<Cid> wanted;
      level.block_of.clear();
      level.blocks.clear();
      std::size_t i = child_index;
      for (; i < level.shard.children.size() && wanted.size() < kShardBatch; ++i) {
        auto& child = level.shard.children[i];
        if (!child.shard()) continue;
        level.block_of.push_back(i);
        wanted.push_back(child.link.cid);
      }
      level.fetched = i;
      auto blocks = co_await get_blocks(std::move(wanted));
      levels_[level_index].blocks = std::move(blocks);
    }
    auto& filled = levels_[level_index];
    auto at = std::ranges::lower_bound(filled.block_of, child_index) - filled.block_of.begin();
    co_return std::move(filled.blocks[static_cast<std::size_t>(at)]);
  }

  Task<std::vector<base::SharedBytes>> get_blocks(std::vector<Cid> cids) {
    std::vector<Cid> asked;
    for (auto& cid : cids) {
      if (!cid.identity()) asked.push_back(cid);
    }
    auto found = co_await source_.retrieve_many(asked);
    std::vector<base::SharedBytes> blocks;
    std::size_t next = 0;
    for (auto& cid : cids) {
      if (cid.identity()) {
        blocks.emplace_back(base::to_bytes(cid.hash().digest()));
      } else if (auto& block = found[next++]) {
        blocks.push_back(*std::move(block));
      } else {
        throw Error(Errc::not_found, fmt::format("block {} (a shard of a directory) is not here", cid.text()));
      }
    }
    co_return blocks;
  }

  BlockSource& source_;
  std::string after_;
  std::uint64_t after_hash_ = 0;
  std::vector<Level> levels_;
  std::vector<std::uint32_t> slots_;  ///< the way from the root to the last level
};

}  // namespace

Task<void> list_directory(BlockSource& source, Cid directory, std::function<bool(const DirectoryLink&)> each) {
  auto opened = co_await open_directory(source, directory);
  if (opened.node.data.type == NodeType::directory) {
    for (auto& link : opened.node.links) {
      if (!each(to_entry(link))) co_return;
    }
    co_return;
  }
  HamtWalk walk(source, decode_shard_at(directory, opened.block, 0, 0), {});
  while (auto entry = co_await walk.next()) {
    if (!each(*entry)) co_return;
  }
}

Task<DirectoryPage> list_page(BlockSource& source, Cid directory, std::string after, std::size_t limit) {
  limit = std::max<std::size_t>(limit, 1);
  DirectoryPage page;
  auto opened = co_await open_directory(source, directory);
  if (opened.node.data.type == NodeType::directory) {
    auto& links = opened.node.links;
    auto name = [](const PbLinkView& link) { return link.name.value_or(std::string_view()); };
    auto begin = links.begin();
    if (!after.empty()) {
      begin = std::ranges::find(links, std::string_view(after), name);
      begin = begin == links.end() ? std::ranges::upper_bound(links, std::string_view(after), {}, name) : begin + 1;
    }
    for (; begin != links.end() && page.entries.size() < limit; ++begin) page.entries.push_back(to_entry(*begin));
    if (begin != links.end()) page.next = page.entries.back().name;
    co_return page;
  }
  HamtWalk walk(source, decode_shard_at(directory, opened.block, 0, 0), std::move(after));
  while (auto entry = co_await walk.next()) {
    if (page.entries.size() == limit) {
      page.next = page.entries.back().name;
      break;
    }
    page.entries.push_back(*std::move(entry));
  }
  co_return page;
}

Task<std::optional<DirectoryLink>> find_entry(BlockSource& source, Cid directory, std::string name,
                                              std::vector<Cid>* passed) {
  auto opened = co_await open_directory(source, directory);
  if (opened.node.data.type == NodeType::directory) {
    for (auto& link : opened.node.links) {
      if (link.name.value_or(std::string_view()) == name) co_return to_entry(link);
    }
    co_return std::nullopt;
  }
  if (name.empty()) co_return std::nullopt;
  auto hash = hamt_hash(name);
  auto shard = decode_shard_at(directory, opened.block, 0, 0);
  auto fanout = shard.fanout;
  for (std::size_t depth = 0;; ++depth) {
    auto slot = hamt_slot(hash, fanout, depth);
    auto* child = slot ? shard.at(*slot) : nullptr;
    if (!child || (!child->shard() && child->link.name != name)) co_return std::nullopt;
    if (!child->shard()) co_return child->link;
    Cid cid = child->link.cid;
    if (passed) passed->push_back(cid);
    auto block = co_await get_block(source, cid);
    shard = decode_shard_at(cid, block, fanout, depth + 1);
  }
}

base::Result<DirectoryLink> build_directory(const Profile& profile, std::vector<DirectoryLink> entries,
                                            std::vector<Block>& out) {
  std::ranges::sort(entries, {}, &DirectoryLink::name);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!valid_entry_name(entries[i].name)) {
      return fail(Errc::invalid_argument, fmt::format("'{}' cannot be the name of a directory entry", entries[i].name),
                  "names are UTF-8 without '/' and NUL, not empty, not '.' or '..'");
    }
    if (i > 0 && entries[i].name == entries[i - 1].name) {
      return fail(Errc::invalid_argument, fmt::format("a directory cannot have '{}' twice", entries[i].name));
    }
  }
  if (flat_bytes(profile, entries) > profile.hamt_threshold) return build_hamt(profile, std::move(entries), out);
  DirectoryLink made;
  std::vector<PbLink> links;
  links.reserve(entries.size());
  for (auto& entry : entries) {
    made.dag_size += entry.dag_size;
    links.push_back({.hash = entry.cid, .name = std::move(entry.name), .tsize = entry.dag_size});
  }
  auto body = encode_data(Data{.type = NodeType::directory});
  auto bytes = encode_dag_pb(links, base::BytesView(body));
  if (!bytes) return std::unexpected(std::move(bytes).error());
  Block block = make_dag_pb_block(profile, *std::move(bytes));
  made.cid = block.cid;
  made.dag_size += block.data.size();
  out.push_back(std::move(block));
  return made;
}

bool valid_entry_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos && valid_utf8(name);
}

}  // namespace openmcp::ipld::unixfs
