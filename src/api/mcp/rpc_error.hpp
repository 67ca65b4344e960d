// The errors of MCP: JSON-RPC codes, those that revision 2026-07-28 added, and what they are over HTTP.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace openmcp::api::mcp {

inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kLegacyResourceNotFound = -32002;  ///< up to 2025-11-25; later kInvalidParams
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingCapability = -32021;
inline constexpr int kUnsupportedVersion = -32022;
/// Ours; outside of -32768 to -32000, which JSON-RPC and MCP keep for themselves.
inline constexpr int kForbidden = -31003;
inline constexpr int kSessionNotFound = -31004;

/// Thrown to answer a request with exactly this error.
class RpcError : public std::exception {
public:
  RpcError(int code, std::string message, std::string data = {}, unsigned http_status = 200)
      : code_(code), http_status_(http_status), message_(std::move(message)), data_(std::move(data)) {}

  int code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& data() const noexcept { return data_; }  ///< JSON; "" none
  /// When nothing was sent yet; 200 for errors of a method that was understood.
  unsigned http_status() const noexcept { return http_status_; }
  const char* what() const noexcept override { return message_.c_str(); }

private:
  int code_;
  unsigned http_status_;
  std::string message_, data_;
};

/// What went wrong below, as the answer to a request. (Tools report it in their result instead: see ToolResult.)
RpcError from_error(const base::Error& error);
/// {"jsonrpc":"2.0","id":...,"error":{...}}; without "id" when `id` is "".
std::string error_message(std::string_view id, const RpcError& error);

}  // namespace openmcp::api::mcp
