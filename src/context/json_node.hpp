// Plain JSON (RFC 8259) to Nodes and back, for metadata. Unlike dag-json it gives "/" no meaning.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "ipld/node.hpp"

namespace openmcp::context {

/// Numbers written without point and exponent become integers when CBOR can hold them, else floats; floats are read
/// exactly and -0.0 becomes 0.0. Errors: invalid_argument with the offset (syntax, ill-formed UTF-8, a repeated key,
/// deeper than kMaxMetadataDepth).
base::Result<ipld::Node> node_from_json(std::string_view text);
/// No white space, map entries in their order, floats always with a point or an exponent.
/// Error invalid_argument: the Node holds bytes or a link.
base::Result<std::string> json_from_node(const ipld::Node& node);

}  // namespace openmcp::context
