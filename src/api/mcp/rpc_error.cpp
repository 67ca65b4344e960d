#include "api/mcp/rpc_error.hpp"

#include "api/errors.hpp"
#include "api/json_writer.hpp"

namespace openmcp::api::mcp {

RpcError from_error(const base::Error& error) {
  switch (error.code()) {
    case base::Errc::invalid_argument:
    case base::Errc::not_found:
    case base::Errc::already_exists:
    case base::Errc::conflict:
    case base::Errc::too_large:
    case base::Errc::unsupported:
      return {kInvalidParams, public_message(error)};
    case base::Errc::permission:
      return {kForbidden, public_message(error), {}, 403};
    default:
      return {kInternalError, public_message(error)};
  }
}

std::string error_message(std::string_view id, const RpcError& error) {
  JsonWriter json;
  json.begin_object().field("jsonrpc", "2.0");
  if (!id.empty()) json.key("id").raw(id);
  json.key("error").begin_object().field("code", error.code()).field("message", error.message());
  if (!error.data().empty()) json.key("data").raw(error.data());
  json.end_object().end_object();
  return json.take();
}

}  // namespace openmcp::api::mcp
