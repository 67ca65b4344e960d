// Arguments of a tool from a stranger against a schema with every keyword that we understand: it ends, with few
// problems. The same bytes as a schema, which is never a stranger's, are read or refused.
#include <boost/json.hpp>

#include "api/mcp/header_check.hpp"
#include "api/mcp/schema.hpp"
#include "need.hpp"

using namespace openmcp;

namespace {

const api::mcp::Schema& schema() {
  static const auto read = base::unwrap(api::mcp::Schema::read(R"({"type":"object","$defs":{"n":{"type":"object",
"properties":{"next":{"$ref":"#/$defs/n"},"v":{"type":["integer","null"],"minimum":-5,"maximum":5}}}},
"properties":{"q":{"type":"string","minLength":1,"maxLength":5},"l":{"type":"array","items":{"enum":["a","b",1]},
"minItems":1,"maxItems":3},"n":{"$ref":"#/$defs/n"},"c":{"const":true},"x":{"oneOf":[{"type":"string"},{"minimum":3}]},
"y":{"anyOf":[{"type":"null"},{"type":"boolean"}]},"z":{"not":{"type":"array"}}},
"required":["q"],"additionalProperties":{"type":"number"},"if":{"required":["c"]},"then":{"required":["n"]}})"));
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 4096) return 0;
  boost::json::error_code error;
  auto value = boost::json::parse(text, error);
  if (error) return 0;
  need(schema().problems(value).size() <= 8);
  if (auto own = api::mcp::Schema::read(text)) {
    if (auto headers = api::mcp::header_params(own->document())) need(headers->size() <= size);
  }
  return 0;
}
