#include "ipld/path.hpp"

#include <fmt/format.h>

#include <charconv>

#include "ipld/codec.hpp"
#include "ipld/dag_pb.hpp"
#include "ipld/unixfs/data.hpp"
#include "ipld/unixfs/directory.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::Error;
using base::fail;
using base::Task;

std::string text_of(const Cid& cid, const std::vector<std::string>& segments, std::size_t count) {
  auto text = "/ipfs/" + cid.text();
  for (std::size_t i = 0; i < count; ++i) text += "/" + segments[i];
  return text;
}

/// A field of a map or an index of a list.
const Node* child(const Node& node, const std::string& segment) {
  if (node.if_map()) return node.find(segment);
  auto* list = node.if_list();
  if (!list || segment.empty() || (segment.size() > 1 && segment[0] == '0')) return nullptr;
  std::size_t index = 0;
  auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
  if (error != std::errc() || end != segment.data() + segment.size() || index >= list->size()) return nullptr;
  return &(*list)[index];
}

class Resolver {
public:
  Resolver(BlockSource& source, ContentPath path, Pathing pathing)
      : source_(source), path_(std::move(path)), pathing_(pathing) {}

  Task<Resolved> run() {
    resolved_.cid = path_.root;
    while (at_ < path_.segments.size()) {
      auto block = co_await get_block(source_, resolved_.cid);
      auto codec = resolved_.cid.codec();
      if (codec == Codec::raw) throw below("a raw block");
      if (codec == Codec::dag_pb && pathing_ == Pathing::unixfs) {
        co_await enter_dag_pb(std::move(block));
      } else if (!enter_data_model(block)) {
        break;
      }
    }
    co_return std::move(resolved_);
  }

private:
  Task<void> enter_dag_pb(base::SharedBytes block) {
    const auto& name = path_.segments[at_];
    auto view = base::unwrap(view_dag_pb(block, PbForm::data_first));
    auto data = view.data ? unixfs::decode_data(*view.data) : fail(Errc::corrupt, "no data");
    auto here = resolved_.cid;
    std::optional<Cid> found;
    std::vector<Cid> shards;
    if (data && data->type == unixfs::NodeType::hamt_shard) {
      auto entry = co_await unixfs::find_entry(source_, here, name, &shards);
      if (entry) found = entry->cid;
    } else if (data && !unixfs::is_directory(data->type)) {
      throw below(unixfs::to_string(data->type));
    } else {
      // A flat directory, or dag-pb of another kind, whose links have names all the same.
      for (auto& link : view.links) {
        if (link.name.value_or(std::string_view()) != name) continue;
        found = link.hash;
        break;
      }
    }
    if (!found) throw absent(name);
    resolved_.passed.push_back(std::move(here));
    resolved_.passed.insert(resolved_.passed.end(), shards.begin(), shards.end());
    resolved_.cid = *std::move(found);
    ++at_;
  }

  /// Follows fields to the next link; false when the path ends inside the block.
  bool enter_data_model(const base::SharedBytes& block) {
    auto root = base::unwrap(decode(resolved_.cid.codec(), block));
    const Node* node = &root;
    auto begin = at_;
    while (at_ < path_.segments.size()) {
      node = child(*node, path_.segments[at_]);
      if (!node) throw absent(path_.segments[at_]);
      ++at_;
      if (auto* link = node->if_link()) {
        resolved_.passed.push_back(resolved_.cid);
        resolved_.cid = *link;
        return true;
      }
    }
    auto first = path_.segments.begin() + static_cast<std::ptrdiff_t>(begin);
    resolved_.remainder.assign(first, path_.segments.end());
    return false;
  }

  Error absent(const std::string& name) const {
    return {Errc::not_found, fmt::format("there is no '{}' in {}", name, text_of(path_.root, path_.segments, at_))};
  }
  Error below(std::string_view what) const {
    return {Errc::invalid_argument,
            fmt::format("{} is a {}: nothing lies below it", text_of(path_.root, path_.segments, at_), what)};
  }

  BlockSource& source_;
  ContentPath path_;
  Pathing pathing_;
  Resolved resolved_;
  std::size_t at_ = 0;
};

}  // namespace

std::string ContentPath::text() const { return text_of(root, segments, segments.size()); }

base::Result<ContentPath> ContentPath::parse(std::string_view text) {
  auto rest = text;
  if (rest.starts_with("ipfs://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("/ipfs/")) {
    rest.remove_prefix(6);
  } else if (rest.starts_with('/') || rest.starts_with("ipns://")) {
    return fail(Errc::invalid_argument, fmt::format("'{}' is not a path that begins with a CID", text),
                "write CID/path or /ipfs/CID/path");
  }
  ContentPath path;
  bool at_root = true;
  while (!rest.empty()) {
    auto segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
    if (at_root) {
      auto cid = Cid::parse(segment);
      if (!cid) return std::unexpected(std::move(cid.error().within(fmt::format("path '{}'", text))));
      path.root = *cid;
      at_root = false;
    } else if (!segment.empty()) {
      if (path.segments.size() == kMaxPathSegments) {
        return fail(Errc::too_large, fmt::format("a path has at most {} segments", kMaxPathSegments));
      }
      path.segments.emplace_back(segment);
    }
  }
  if (at_root) return fail(Errc::invalid_argument, fmt::format("'{}' has no CID", text));
  return path;
}

Task<Resolved> resolve(BlockSource& source, ContentPath path, Pathing pathing) {
  Resolver resolver(source, std::move(path), pathing);
  co_return co_await resolver.run();
}

}  // namespace openmcp::ipld
