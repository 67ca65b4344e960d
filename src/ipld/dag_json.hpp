// dag-json (IPLD specs/codecs/dag-json): a Node as JSON. Links are {"/":"<cid>"}, bytes {"/":{"bytes":"<base64>"}}.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/node.hpp"

namespace openmcp::ipld {

enum class JsonForm : unsigned char {
  canonical,  ///< exactly what encode_dag_json writes: a block with a CID
  relaxed,    ///< JSON as people write it: white space, keys in any order, any escapes and number forms
};

/// Both forms refuse repeated keys, numbers out of range, maps that break the reserved namespace of "/", ill-formed
/// UTF-8 or escapes, more than kMaxDepth levels, and text after the value. Error corrupt, with the offset.
base::Result<Node> decode_dag_json(std::string_view text, JsonForm form = JsonForm::canonical);

/// Keys sorted bytewise, no white space, floats as ECMAScript writes them but always with a point or an exponent.
/// Error invalid_argument: what no dag-json can hold (see encode_dag_cbor; also maps in the form of a link or of
/// bytes).
base::Result<std::string> encode_dag_json(const Node& node);

}  // namespace openmcp::ipld
