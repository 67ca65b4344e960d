#include "ipld/unixfs/hamt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>

#include "crypto/hash.hpp"
#include "ipld/dag_pb.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::fail;
using base::Result;

unsigned bits_of(std::uint32_t fanout) noexcept { return static_cast<unsigned>(std::countr_zero(fanout)); }

struct Hashed {
  std::uint64_t hash;
  DirectoryLink link;
};

class Builder {
public:
  Builder(const Profile& profile, std::vector<Block>& out)
      : profile_(profile), out_(out), width_(hamt_prefix_width(profile.hamt_fanout)) {}

  /// `entries` are sorted by hash and agree in the first `depth` groups of bits.
  Result<DirectoryLink> shard(std::span<Hashed> entries, std::size_t depth) {
    if (depth == hamt_max_depth(profile_.hamt_fanout)) {
      return fail(Errc::too_large,
                  fmt::format("a sharded directory cannot hold both '{}' and '{}': their hashes are equal",
                              entries[0].link.name, entries[1].link.name),
                  "rename one of them");
    }
    std::vector<PbLink> links;
    base::Bytes bits(profile_.hamt_fanout / 8);
    std::uint64_t dag_size = 0;
    for (std::size_t i = 0; i < entries.size();) {
      auto slot = *hamt_slot(entries[i].hash, profile_.hamt_fanout, depth);
      std::size_t end = i + 1;
      while (end < entries.size() && *hamt_slot(entries[end].hash, profile_.hamt_fanout, depth) == slot) ++end;
      auto name = fmt::format("{:0{}X}", slot, width_);
      if (end - i == 1) {
        auto& link = entries[i].link;
        dag_size += link.dag_size;
        links.push_back({.hash = link.cid, .name = name + link.name, .tsize = link.dag_size});
      } else {
        auto child = shard(entries.subspan(i, end - i), depth + 1);
        if (!child) return child;
        dag_size += child->dag_size;
        links.push_back({.hash = child->cid, .name = std::move(name), .tsize = child->dag_size});
      }
      auto& byte = bits[bits.size() - 1 - slot / 8];
      byte = static_cast<std::uint8_t>(byte | 1u << (slot % 8));
      i = end;
    }
    auto first = std::ranges::find_if(bits, [](std::uint8_t byte) { return byte != 0; });
    Data data{.type = NodeType::hamt_shard, .hash_type = kHamtHashCode, .fanout = profile_.hamt_fanout};
    if (first != bits.end()) data.data = base::BytesView(first, bits.end());
    auto body = encode_data(data);
    auto bytes = encode_dag_pb(links, base::BytesView(body));
    if (!bytes) return std::unexpected(std::move(bytes).error());
    Block block = make_dag_pb_block(profile_, *std::move(bytes));
    DirectoryLink made{.name = {}, .cid = block.cid, .dag_size = dag_size + block.data.size()};
    out_.push_back(std::move(block));
    return made;
  }

private:
  const Profile& profile_;
  std::vector<Block>& out_;
  std::size_t width_;
};

/// The number that a link name's prefix shows; nullopt unless upper-case hexadecimal.
std::optional<std::uint32_t> parse_slot(std::string_view prefix) {
  std::uint32_t slot = 0;
  for (char digit : prefix) {
    std::uint32_t value = 0;
    if (digit >= '0' && digit <= '9') {
      value = static_cast<std::uint32_t>(digit - '0');
    } else if (digit >= 'A' && digit <= 'F') {
      value = static_cast<std::uint32_t>(digit - 'A' + 10);
    } else {
      return std::nullopt;
    }
    slot = slot << 4 | value;
  }
  return slot;
}

}  // namespace

std::uint64_t hamt_hash(std::string_view name) { return crypto::murmur3_x64_128(base::as_bytes(name)).h1; }

std::size_t hamt_max_depth(std::uint32_t fanout) noexcept { return 64 / bits_of(fanout); }

std::optional<std::uint32_t> hamt_slot(std::uint64_t hash, std::uint32_t fanout, std::size_t depth) noexcept {
  if (depth >= hamt_max_depth(fanout)) return std::nullopt;
  auto shift = 64 - bits_of(fanout) * (depth + 1);
  return static_cast<std::uint32_t>(hash >> shift & (fanout - 1));
}

std::size_t hamt_prefix_width(std::uint32_t fanout) noexcept { return (bits_of(fanout) + 3) / 4; }

Result<DirectoryLink> build_hamt(const Profile& profile, std::vector<DirectoryLink> entries, std::vector<Block>& out) {
  if (!valid_fanout(profile.hamt_fanout)) {
    return fail(Errc::invalid_argument, fmt::format("HAMT fanout {} is out of bounds", profile.hamt_fanout));
  }
  std::vector<Hashed> hashed;
  hashed.reserve(entries.size());
  for (auto& entry : entries) {
    auto hash = hamt_hash(entry.name);
    hashed.push_back({hash, std::move(entry)});
  }
  entries = {};
  std::ranges::sort(hashed, {}, &Hashed::hash);
  return Builder(profile, out).shard(hashed, 0);
}

const HamtShard::Child* HamtShard::at(std::uint32_t slot) const noexcept {
  auto found = std::ranges::lower_bound(children, slot, {}, &Child::slot);
  return found != children.end() && found->slot == slot ? &*found : nullptr;
}

Result<HamtShard> decode_hamt_shard(base::BytesView block) {
  auto bad = [](std::string_view what) { return fail(Errc::corrupt, fmt::format("HAMT shard: {}", what)); };
  auto view = view_dag_pb(block, PbForm::data_first);
  if (!view) return std::unexpected(std::move(view).error());
  if (!view->data) return bad("no data");
  auto data = decode_data(*view->data);
  if (!data) return std::unexpected(std::move(data).error());
  if (data->type != NodeType::hamt_shard) return bad(fmt::format("is a {}", to_string(data->type)));
  if (data->hash_type != kHamtHashCode) return bad("its hash function is not murmur3-x64-64");
  if (!data->fanout || !valid_fanout(*data->fanout)) {
    return bad(fmt::format("fanout {} is out of bounds", data->fanout.value_or(0)));
  }
  HamtShard shard;
  shard.fanout = static_cast<std::uint32_t>(*data->fanout);
  auto bits = data->data.value_or(base::BytesView{});
  if (bits.size() > shard.fanout / 8) return bad("bit field is too long");
  auto has_bit = [&](std::uint32_t slot) {
    return slot / 8 < bits.size() && (bits[bits.size() - 1 - slot / 8] >> (slot % 8) & 1);
  };
  std::size_t set = 0;
  for (auto byte : bits) set += static_cast<std::size_t>(std::popcount(byte));
  if (set != view->links.size()) return bad("bit field and number of links differ");
  auto width = hamt_prefix_width(shard.fanout);
  shard.children.reserve(view->links.size());
  for (auto& link : view->links) {
    auto name = link.name.value_or(std::string_view());
    if (name.size() < width) return bad("a link has no slot prefix");
    auto slot = parse_slot(name.substr(0, width));
    if (!slot || !has_bit(*slot)) return bad("a link's prefix is no slot of the bit field");
    if (!shard.children.empty() && shard.children.back().slot >= *slot) return bad("slots are not ascending");
    shard.children.push_back({*slot, {std::string(name.substr(width)), link.hash, link.tsize.value_or(0)}});
  }
  return shard;
}

}  // namespace openmcp::ipld::unixfs
