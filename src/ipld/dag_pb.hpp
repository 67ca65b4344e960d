// dag-pb (IPLD specs/codecs/dag-pb): links and data in a protobuf; what carries UnixFS.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/node.hpp"

namespace openmcp::ipld {

/// The wire knows "no name" and "empty name" apart, and so do we: a block must come out as it went in.
struct PbLink {
  Cid hash;
  std::optional<std::string> name;     ///< any bytes; files of other systems are not always UTF-8
  std::optional<std::uint64_t> tsize;  ///< bytes of the whole DAG below, serialised
  bool operator==(const PbLink&) const = default;
};

struct PbNode {
  std::vector<PbLink> links;
  std::optional<base::Bytes> data;
  bool operator==(const PbNode&) const = default;
};

/// The same, looking into the block that it was decoded from.
struct PbLinkView {
  Cid hash;
  std::optional<std::string_view> name;
  std::optional<std::uint64_t> tsize;
};
struct PbView {
  std::vector<PbLinkView> links;
  std::optional<base::BytesView> data;
};

enum class PbForm : unsigned char {
  canonical,   ///< links, then data, as every present encoder writes
  data_first,  ///< also data before links: old blocks exist in that order (specification, "Protobuf Strictness")
};

/// Strict: fields in order, once each, shortest varints, no other fields or wire types, every link with a whole CID.
/// Links may be in any order of names: it is kept (specification, "Link sorting"). Error corrupt, with the offset.
base::Result<PbNode> decode_dag_pb(base::BytesView block, PbForm form = PbForm::canonical);
/// Copies neither names nor data: `block` must outlive the view.
base::Result<PbView> view_dag_pb(base::BytesView block, PbForm form = PbForm::canonical);
/// The links' CIDs in their order; takes both forms, because a collector must see the links of every block.
base::Result<std::vector<Cid>> dag_pb_links(base::BytesView block);

/// Stable, by the bytes of the names; no name sorts as the empty one.
void sort_links(std::vector<PbLink>& links);

/// Error invalid_argument when the links are not sorted by name (sort_links).
base::Result<base::Bytes> encode_dag_pb(const PbNode& node);
base::Result<base::Bytes> encode_dag_pb(std::span<const PbLink> links, std::optional<base::BytesView> data);

/// The data model's form: {Data: bytes?, Links: [{Hash: link, Name: string?, Tsize: int?}]}.
/// Error unsupported when a name is no UTF-8: the data model has no such string.
base::Result<Node> dag_pb_to_node(const PbView& view);
/// Error invalid_argument: another form, or links not sorted.
base::Result<PbNode> dag_pb_from_node(const Node& node);

}  // namespace openmcp::ipld
