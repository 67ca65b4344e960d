#include "ipld/dag_pb.hpp"

#include <algorithm>
#include <numeric>

#include "base/varint.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::fail;

// A field's number and wire type in one byte (specification, "Serial Format").
constexpr std::uint8_t kData = 1 << 3 | 2, kLinks = 2 << 3 | 2;                  // of PBNode
constexpr std::uint8_t kHash = 1 << 3 | 2, kName = 2 << 3 | 2, kTsize = 3 << 3;  // of PBLink

/// Reads fields from the front of `in`; remembers the first thing that was wrong, and where.
class Reader {
public:
  explicit Reader(base::BytesView block) : block_(block) {}

  bool wrong(const char* what, base::BytesView in) {
    if (!what_) what_ = what, at_ = static_cast<std::size_t>(in.data() - block_.data());
    return false;
  }
  base::Error error() const { return {Errc::corrupt, "dag-pb block, byte " + std::to_string(at_) + ": " + what_}; }

  bool number(base::BytesView& in, std::uint64_t& value) {
    if (!in.empty() && in[0] < 0x80) {
      value = in[0];
      in = in.subspan(1);
      return true;
    }
    auto taken = base::take_varint64(in, true);
    if (!taken) return wrong("a number that is cut off, too long or not in its shortest form", in);
    value = *taken;
    return true;
  }
  bool bytes(base::BytesView& in, base::BytesView& value) {
    std::uint64_t size = 0;
    if (!number(in, size)) return false;
    if (size > in.size()) return wrong("a field is longer than what is left", in);
    value = in.first(size);
    in = in.subspan(size);
    return true;
  }

  bool link(base::BytesView in, PbLinkView& link) {
    if (in.empty() || in[0] != kHash) return wrong("a link does not begin with its hash", in);
    in = in.subspan(1);
    base::BytesView value;
    if (!bytes(in, value)) return false;
    auto cid = Cid::from_bytes(value);
    if (!cid) return wrong("a link's hash is not a CID", value);
    link.hash = *cid;
    if (!in.empty() && in[0] == kName) {
      in = in.subspan(1);
      if (!bytes(in, value)) return false;
      link.name = base::as_text(value);
    }
    if (!in.empty() && in[0] == kTsize) {
      in = in.subspan(1);
      if (!number(in, link.tsize.emplace())) return false;
    }
    return in.empty() || wrong("a link has a field that is unknown, repeated or out of order", in);
  }

  /// Calls `on_link` for each link in turn; `rest` is what comes from it to the end of the block, for estimates.
  template <class OnLink>
  bool node(PbForm form, OnLink on_link, std::optional<base::BytesView>& data) {
    bool any_link = false, link_after_data = false, link_before_data = false;
    for (base::BytesView in = block_; !in.empty();) {
      const base::BytesView field = in;
      const std::uint8_t tag = in[0];
      in = in.subspan(1);
      base::BytesView value;
      if (tag != kData && tag != kLinks) return wrong("a field that is neither links nor data", field);
      if (!bytes(in, value)) return false;
      if (tag == kData) {
        if (data) return wrong("data appears twice", field);
        data = value;
        link_before_data = any_link;
        continue;
      }
      any_link = true;
      link_after_data = data.has_value();
      if (link_after_data && (form == PbForm::canonical || link_before_data))
        return wrong(link_before_data ? "links on both sides of the data" : "data comes before links", field);
      PbLinkView view;
      if (!link(value, view)) return false;
      on_link(std::move(view), field.size() / (value.size() + 2));
    }
    return true;
  }

private:
  base::BytesView block_;
  const char* what_ = nullptr;
  std::size_t at_ = 0;
};

/// How many links to make room for at once: the estimate is a stranger's.
constexpr std::size_t kMaxReserve = 8192;

template <class T>
void make_room(std::vector<T>& links, std::size_t estimate) {
  if (links.empty()) links.reserve(std::min(estimate + 1, kMaxReserve));
}

std::string_view sort_name(const PbLink& link) { return link.name ? std::string_view(*link.name) : std::string_view(); }

std::size_t field_size(std::size_t bytes) { return 1 + base::varint_size(bytes) + bytes; }

std::size_t body_size(const PbLink& link) {
  return field_size(link.hash.wire_size()) + (link.name ? field_size(link.name->size()) : 0) +
         (link.tsize ? 1 + base::varint_size(*link.tsize) : 0);
}

std::uint8_t* put_number(std::uint8_t* out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<std::uint8_t>(value | 0x80);
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}

std::uint8_t* put_bytes(std::uint8_t* out, std::uint8_t tag, base::BytesView bytes) {
  *out++ = tag;
  out = put_number(out, bytes.size());
  return std::ranges::copy(bytes, out).out;
}

}  // namespace

base::Result<PbView> view_dag_pb(base::BytesView block, PbForm form) {
  PbView view;
  Reader reader(block);
  auto keep = [&](PbLinkView link, std::size_t estimate) {
    make_room(view.links, estimate);
    view.links.push_back(link);
  };
  if (!reader.node(form, keep, view.data)) return std::unexpected(reader.error());
  return view;
}

base::Result<PbNode> decode_dag_pb(base::BytesView block, PbForm form) {
  PbNode node;
  Reader reader(block);
  std::optional<base::BytesView> data;
  auto keep = [&](const PbLinkView& link, std::size_t estimate) {
    make_room(node.links, estimate);
    PbLink& kept = node.links.emplace_back(link.hash, std::nullopt, link.tsize);
    if (link.name) kept.name.emplace(*link.name);
  };
  if (!reader.node(form, keep, data)) return std::unexpected(reader.error());
  if (data) node.data = base::to_bytes(*data);
  return node;
}

base::Result<std::vector<Cid>> dag_pb_links(base::BytesView block) {
  std::vector<Cid> links;
  Reader reader(block);
  std::optional<base::BytesView> data;
  auto keep = [&](const PbLinkView& link, std::size_t estimate) {
    make_room(links, estimate);
    links.push_back(link.hash);
  };
  if (!reader.node(PbForm::data_first, keep, data)) return std::unexpected(reader.error());
  return links;
}

void sort_links(std::vector<PbLink>& links) {
  if (std::ranges::is_sorted(links, {}, sort_name)) return;
  // By (name, place), which is what stable means.
  std::vector<std::size_t> order(links.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const auto names = sort_name(links[a]) <=> sort_name(links[b]);
    return names != 0 ? names < 0 : a < b;
  });
  std::vector<PbLink> sorted;
  sorted.reserve(links.size());
  for (std::size_t at : order) sorted.push_back(std::move(links[at]));
  links = std::move(sorted);
}

base::Result<base::Bytes> encode_dag_pb(const PbNode& node) { return encode_dag_pb(node.links, node.data); }

base::Result<base::Bytes> encode_dag_pb(std::span<const PbLink> links, std::optional<base::BytesView> data) {
  if (!std::ranges::is_sorted(links, {}, sort_name))
    return fail(Errc::invalid_argument, "the links of a dag-pb node are not sorted by name",
                "sort them with sort_links");
  std::size_t size = data ? field_size(data->size()) : 0;
  for (const PbLink& link : links) size += field_size(body_size(link));
  base::Bytes block(size);
  std::uint8_t* out = block.data();
  for (const PbLink& link : links) {
    *out++ = kLinks;
    out = put_number(out, body_size(link));
    std::uint8_t hash[kMaxCidBytes];
    out = put_bytes(out, kHash, {hash, link.hash.write_to(hash)});
    if (link.name) out = put_bytes(out, kName, base::as_bytes(*link.name));
    if (link.tsize) {
      *out++ = kTsize;
      out = put_number(out, *link.tsize);
    }
  }
  if (data) put_bytes(out, kData, *data);
  return block;
}

}  // namespace openmcp::ipld
