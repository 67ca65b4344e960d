// The methods that both eras share, and the answers that open a conversation.
#pragma once

#include <string>

#include "api/mcp/registry.hpp"
#include "api/mcp/sealed_state.hpp"
#include "api/mcp/turn.hpp"

namespace openmcp::api::mcp {

struct Outcome {
  std::string result;           ///< a JSON object
  bool input_required = false;  ///< it is an InputRequiredResult
};

/// Answers a request. Throws RpcError for what the caller did wrong, base::Error for what went wrong with us.
base::Task<Outcome> dispatch(Turn& turn, StateSealer& sealer, const Message& message);
/// Whether dispatch knows the method in this era.
bool has_method(std::string_view method, bool modern) noexcept;

/// The result as revision 2026-07-28 wants it: with resultType and, in its _meta, who answered.
std::string modern_result(const Service& service, const Outcome& outcome);
/// Of server/discover.
std::string discover_result(const Service& service);
/// Of initialize.
std::string initialize_result(const Service& service, std::string_view version);

}  // namespace openmcp::api::mcp
