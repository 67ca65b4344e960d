// Codecs and hash functions by the names that users of IPFS know.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/cid.hpp"
#include "ipld/node.hpp"

namespace openmcp::cli {

inline constexpr std::string_view kHashNames = "sha2-256|sha2-512|sha1|sha3-256|keccak-256|blake2b-256|blake3";
inline constexpr std::string_view kCodecNames = "dag-cbor|dag-json|dag-pb|raw";

base::Result<ipld::HashCode> hash_from_name(std::string_view name);

/// A block of `bytes` with this codec and hash function. Errors: too_large over the block limit, unsupported.
base::Result<ipld::Block> block_of(ipld::Codec codec, ipld::HashCode hash, base::Bytes bytes);

/// The value behind `fields` in a Node: keys of maps, indexes of lists. Error not_found naming the field.
base::Result<ipld::Node> field_at(ipld::Node node, const std::vector<std::string>& fields);

}  // namespace openmcp::cli
