// Any block by its codec: to a Node, from a Node, and its links.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/cid.hpp"
#include "ipld/node.hpp"

namespace openmcp::ipld {

/// raw (a bytes Node), dag-pb (also with data before links), dag-cbor, dag-json in canonical form.
/// Errors: corrupt; unsupported for other codecs.
base::Result<Node> decode(Codec codec, base::BytesView block);
/// Error invalid_argument when the codec cannot hold the Node; unsupported for other codecs.
base::Result<base::Bytes> encode(Codec codec, const Node& node);
/// The CIDs in a block, in its order, repeated ones too; none for raw. Builds no Node for dag-pb and dag-cbor.
base::Result<std::vector<Cid>> links_of(Codec codec, base::BytesView block);

/// Encodes with `codec`, hashes with sha2-256. Error too_large above kMaxBlockBytes.
base::Result<Block> encode_block(Codec codec, const Node& node);

}  // namespace openmcp::ipld
