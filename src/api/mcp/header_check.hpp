// The headers that a modern request repeats from its body (2026-07-28, Streamable HTTP, "Request Metadata"), so that
// proxies can route on them: they must say the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/mcp/message.hpp"
#include "base/result.hpp"
#include "http/headers.hpp"

namespace openmcp::api::mcp {

/// A tool's argument that is mirrored in the header "Mcp-Param-<name>".
struct HeaderParam {
  std::string name;
  std::vector<std::string> path;  ///< of properties, from the root of the arguments
  std::string type;               ///< "string", "integer" or "boolean"
};

/// The `x-mcp-header` annotations of an input schema. Errors: invalid_argument for one that may not be: empty or not a
/// token, twice, on another type, or not reached through `properties` alone.
base::Result<std::vector<HeaderParam>> header_params(const boost::json::value& input_schema);

/// The value of such a header: "=?base64?...?=" is decoded (strictly), everything else is literal. nullopt: bad base64,
/// or characters that no header has.
std::optional<std::string> decode_header_value(std::string_view value);

/// MCP-Protocol-Version, Mcp-Method and, where the method has one, Mcp-Name. Throws RpcError -32020 with HTTP 400.
void check_standard_headers(const Message& message, std::string_view version, const http::Headers& headers);
/// Mcp-Param-*, against params.arguments. Throws as above.
void check_param_headers(const Message& message, const std::vector<HeaderParam>& params, const http::Headers& headers);

}  // namespace openmcp::api::mcp
