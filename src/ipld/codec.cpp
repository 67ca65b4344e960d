#include "ipld/codec.hpp"

#include "ipld/dag_cbor.hpp"
#include "ipld/dag_json.hpp"
#include "ipld/dag_pb.hpp"

namespace openmcp::ipld {
namespace {

std::unexpected<base::Error> unknown(Codec codec) {
  return base::fail(base::Errc::unsupported, "blocks of codec " + codec_name(codec) + " cannot be read as data",
                    "known are raw, dag-pb, dag-cbor and dag-json; any block can be had as plain bytes");
}

}  // namespace

base::Result<Node> decode(Codec codec, base::BytesView block) {
  switch (codec) {
    case Codec::raw:
      return Node::bytes(block);
    case Codec::dag_pb: {
      auto view = view_dag_pb(block, PbForm::data_first);
      if (!view) return std::unexpected(std::move(view).error());
      return dag_pb_to_node(*view);
    }
    case Codec::dag_cbor:
      return decode_dag_cbor(block);
    case Codec::dag_json:
      return decode_dag_json(base::as_text(block));
    default:
      return unknown(codec);
  }
}

base::Result<base::Bytes> encode(Codec codec, const Node& node) {
  switch (codec) {
    case Codec::raw:
      if (auto bytes = node.if_bytes()) return *bytes;
      return base::fail(base::Errc::invalid_argument,
                        "a raw block holds bytes, not " + std::string(kind_name(node.kind())));
    case Codec::dag_pb: {
      auto pb = dag_pb_from_node(node);
      if (!pb) return std::unexpected(std::move(pb).error());
      return encode_dag_pb(*pb);
    }
    case Codec::dag_cbor:
      return encode_dag_cbor(node);
    case Codec::dag_json: {
      auto text = encode_dag_json(node);
      if (!text) return std::unexpected(std::move(text).error());
      return base::to_bytes(*text);
    }
    default:
      return unknown(codec);
  }
}

base::Result<std::vector<Cid>> links_of(Codec codec, base::BytesView block) {
  switch (codec) {
    case Codec::raw:
      return std::vector<Cid>();
    case Codec::dag_pb:
      return dag_pb_links(block);
    case Codec::dag_cbor:
      return dag_cbor_links(block);
    case Codec::dag_json: {
      auto node = decode_dag_json(base::as_text(block));
      if (!node) return std::unexpected(std::move(node).error());
      std::vector<Cid> links;
      collect_links(*node, links);
      return links;
    }
    default:
      return unknown(codec);
  }
}

base::Result<Block> encode_block(Codec codec, const Node& node) {
  auto bytes = encode(codec, node);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  if (bytes->size() > kMaxBlockBytes)
    return base::fail(base::Errc::too_large,
                      "a block of " + std::to_string(bytes->size()) + " bytes, at most 2 MiB are allowed",
                      "split the data over several linked blocks");
  return make_block(codec, base::SharedBytes(*std::move(bytes)));
}

}  // namespace openmcp::ipld
