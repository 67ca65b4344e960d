// requestState of 2026-07-28: what a request that asked for input wants to find again in the retry. It goes through the
// client, so it is sealed (XChaCha20-Poly1305 under a key of this run), and opens only for the same caller, the same
// method with the same params, and not for long.
#pragma once

#include <string>
#include <string_view>

#include "api/auth.hpp"
#include "api/mcp/message.hpp"
#include "base/env.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace openmcp::api::mcp {

class StateSealer {
public:
  explicit StateSealer(base::Env& env, base::Duration life = std::chrono::minutes(15));
  std::string seal(std::string_view state, const Caller& caller, const Message& request);
  /// Error permission, without telling which of the bindings failed.
  base::Result<std::string> open(std::string_view sealed, const Caller& caller, const Message& request);

private:
  base::Env& env_;
  base::Duration life_;
  crypto::Secret key_;
};

/// The params of a request without what changes in a retry (_meta, inputResponses, requestState), in one order.
std::string salient_params(const JsonObject& params);

}  // namespace openmcp::api::mcp
