#include "ipld/traversal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <charconv>

#include "ipld/codec.hpp"
#include "ipld/prefetch.hpp"
#include "ipld/seen_blocks.hpp"
#include "ipld/unixfs/fs_node.hpp"
#include "ipld/unixfs/hamt.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::Error;
using base::fail;
using base::Task;
using base::TaskGroup;

class Traversal {
public:
  Traversal(base::Env& env, BlockSource& source, TraversalOptions options, BlockVisitor visit)
      : options_(std::move(options)), visit_(std::move(visit)), line_(env.executor(), source, {}), source_(source) {}

  /// Blocks that are given by themselves, without what lies below them.
  Task<void> pass(std::vector<Cid> cids) {
    for (auto& cid : cids) {
      if (done_.stopped || seen(cid)) continue;
      auto block = co_await get_block(source_, cid);
      co_await give(cid, std::move(block));
    }
  }

  Task<void> walk(TaskGroup& group, Cid root) {
    if (done_.stopped) co_return;
    line_.descend({WalkItem{.cid = root, .follow = options_.scope != DagScope::block}});
    while (auto found = co_await line_.next(group)) {
      auto& item = found->item;
      if (seen(item.cid)) continue;
      if (!found->data) {
        ++done_.missing;
        if (!options_.missing) {
          throw Error(Errc::not_found, fmt::format("block {} below {} is not here", item.cid.text(), root.text()),
                      "import it from a CAR file or another store that has it");
        }
        options_.missing(item.cid);
        continue;
      }
      // Children go into line before the block is given: they are fetched while the visitor works.
      if (item.follow) descend(item, *found->data);
      co_await give(item.cid, *std::move(found->data));
      if (done_.stopped) co_return;
    }
  }

  const Traversed& done() const noexcept { return done_; }

private:
  bool seen(const Cid& cid) { return !options_.duplicates && !seen_.insert(cid); }

  Task<void> give(Cid cid, base::SharedBytes data) {
    if (cid.identity()) co_return;
    if (done_.blocks == options_.max_blocks || data.size() > options_.max_bytes - done_.bytes) {
      throw Error(Errc::too_large,
                  fmt::format("a DAG has more than {} blocks or {} bytes", options_.max_blocks, options_.max_bytes));
    }
    ++done_.blocks;
    done_.bytes += data.size();
    Block block{std::move(cid), std::move(data)};
    done_.stopped = !co_await visit_(std::move(block));
  }

  void descend(const WalkItem& item, const base::SharedBytes& data) {
    std::vector<WalkItem> items =
        options_.scope == DagScope::entity ? entity_children(item, data) : all_children(item, data);
    if (items.empty()) return;
    if (item.depth >= options_.max_depth) {
      throw Error(Errc::too_large, fmt::format("a DAG is deeper than {} blocks", options_.max_depth));
    }
    for (auto& child : items) child.depth = item.depth + 1;
    line_.descend(std::move(items));
  }

  std::vector<WalkItem> all_children(const WalkItem& item, const base::SharedBytes& data) {
    std::vector<WalkItem> items;
    switch (item.cid.codec()) {
      case Codec::dag_pb:
      case Codec::dag_cbor:
      case Codec::dag_json:
        break;
      default:
        return items;  // other codecs have no links that we know
    }
    auto links = links_of(item.cid.codec(), data);
    if (!links) throw std::move(links.error().within(item.cid.text()));
    for (auto& cid : *links) {
      if (options_.duplicates || !seen_.contains(cid)) items.push_back({.cid = std::move(cid)});
    }
    return items;
  }

  std::vector<WalkItem> entity_children(const WalkItem& item, const base::SharedBytes& data) {
    std::vector<WalkItem> items;
    if (item.cid.codec() != Codec::dag_pb) return items;
    auto node = unixfs::decode_fs_node(item.cid, data);
    if (!node) {
      if (node.error().code() == Errc::corrupt) throw std::move(node).error();
      return items;  // not UnixFS: the one block
    }
    if (node->data.type == unixfs::NodeType::hamt_shard) {
      auto shard = unixfs::decode_hamt_shard(data);
      if (!shard) throw std::move(shard.error().within(item.cid.text()));
      for (auto& child : shard->children) {
        if (child.shard()) items.push_back({.cid = child.link.cid});
      }
    } else if (unixfs::is_file(node->data.type)) {
      if (item.depth == 0) choose_bytes(node->size);
      auto offset = item.offset + node->inline_bytes().size();
      for (std::size_t i = 0; i < node->links.size(); ++i) {
        auto size = node->data.blocksizes[i];
        if (offset < end_ && offset + size > begin_) {
          items.push_back({.cid = node->links[i].hash,
                           .offset = offset,
                           .expected = std::min<std::uint64_t>(size, kMaxBlockBytes)});
        }
        offset += size;
      }
    }
    return items;
  }

  void choose_bytes(std::uint64_t size) {
    begin_ = 0;
    end_ = size;
    if (!options_.bytes) return;
    auto place = [size](std::int64_t at) -> std::uint64_t {
      if (at >= 0) return static_cast<std::uint64_t>(at);
      auto back = static_cast<std::uint64_t>(-(at + 1)) + 1;
      return back > size ? 0 : size - back;
    };
    begin_ = std::min(place(options_.bytes->from), size);
    if (auto to = options_.bytes->to) {
      bool before_start = *to < 0 && static_cast<std::uint64_t>(-(*to + 1)) + 1 > size;
      end_ = before_start || size == 0 ? 0 : std::min(place(*to), size - 1) + 1;
    }
    end_ = std::max(begin_, end_);
  }

  TraversalOptions options_;
  BlockVisitor visit_;
  Prefetch line_;
  BlockSource& source_;
  SeenBlocks seen_;
  Traversed done_;
  std::uint64_t begin_ = 0, end_ = 0;  ///< of the file: bytes whose blocks are wanted
};

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

base::Result<DagScope> dag_scope_from_name(std::string_view name) {
  if (name == "block") return DagScope::block;
  if (name == "entity") return DagScope::entity;
  if (name == "all") return DagScope::all;
  return fail(Errc::invalid_argument, fmt::format("unknown dag-scope '{}'", name), "use block, entity or all");
}

base::Result<EntityBytes> parse_entity_bytes(std::string_view text) {
  auto bad = [&] {
    return fail(Errc::invalid_argument, fmt::format("'{}' is not a range of bytes", text),
                "write from:to, both included, negative from the end, * for the end");
  };
  auto colon = text.find(':');
  if (colon == text.npos) return bad();
  auto from = parse_number(text.substr(0, colon));
  auto last = text.substr(colon + 1);
  auto to = last == "*" ? std::nullopt : parse_number(last);
  if (!from || (!to && last != "*")) return bad();
  if (to && (*from < 0) == (*to < 0) && *to < *from) return bad();
  return EntityBytes{*from, to};
}

Task<Traversed> traverse(base::Env& env, BlockSource& source, Cid root, TraversalOptions options, BlockVisitor visit) {
  Traversal traversal(env, source, std::move(options), std::move(visit));
  auto body = [&traversal, &root](TaskGroup& group) { return traversal.walk(group, root); };
  co_await base::with_group(env, std::move(body));
  co_return traversal.done();
}

Task<Traversed> traverse_path(base::Env& env, BlockSource& source, ContentPath path, TraversalOptions options,
                              BlockVisitor visit) {
  auto end = co_await resolve(source, std::move(path));
  Traversal traversal(env, source, std::move(options), std::move(visit));
  co_await traversal.pass(std::move(end.passed));
  auto body = [&traversal, &end](TaskGroup& group) { return traversal.walk(group, end.cid); };
  co_await base::with_group(env, std::move(body));
  co_return traversal.done();
}

}  // namespace openmcp::ipld
