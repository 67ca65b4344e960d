// dag-cbor (IPLD specs/codecs/dag-cbor): the one canonical CBOR form of a Node, strict in both directions.
//
// Shortest heads, 64-bit floats that are finite and not -0.0, definite lengths, string keys sorted by length and then
// bytewise without repetition, no simple values but false, true and null, no tag but 42 (a CID after one 0x00 byte),
// valid UTF-8, at most kMaxDepth levels, nothing after the one value.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/node.hpp"

namespace openmcp::ipld {

/// Error corrupt, with the offset of the first byte that is wrong.
base::Result<Node> decode_dag_cbor(base::BytesView block);
/// Reads one value and advances `in` past it (for formats that put something behind it).
base::Result<Node> take_dag_cbor(base::BytesView& in);

/// Error invalid_argument: a string that is no UTF-8, a float that is not finite or is -0.0, too deep.
base::Result<base::Bytes> encode_dag_cbor(const Node& node);

/// The links of a block in the order of their bytes, repeated ones too. As strict as decode_dag_cbor, but builds
/// nothing.
base::Result<std::vector<Cid>> dag_cbor_links(base::BytesView block);

}  // namespace openmcp::ipld
