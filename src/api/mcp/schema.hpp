// JSON Schema 2020-12, the part that tools need: arguments are checked against it, and tests hold our answers against
// the protocol's own schema with it. A schema with a keyword that would go unchecked is refused when it is read.
//
// Understood: type, enum, const, properties, required, additionalProperties, items, minItems, maxItems, minLength,
// maxLength, minimum, maximum, allOf, anyOf, oneOf, not, if/then/else, $ref to "#/..." of the same document.
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace openmcp::api::mcp {

class Schema {
public:
  /// Errors: invalid_argument (no JSON, no schema), unsupported (a keyword that is not understood).
  static base::Result<Schema> read(std::string_view text);

  /// What is wrong with `value`, each with its place: "limit: must be at most 50"; empty: nothing. At most 8.
  std::vector<std::string> problems(const boost::json::value& value) const;
  /// Against "#/$defs/<name>" of the document.
  std::vector<std::string> problems_of(std::string_view definition, const boost::json::value& value) const;

  const boost::json::value& document() const noexcept { return *document_; }

private:
  explicit Schema(std::shared_ptr<const boost::json::value> document) : document_(std::move(document)) {}
  std::shared_ptr<const boost::json::value> document_;
};

}  // namespace openmcp::api::mcp
