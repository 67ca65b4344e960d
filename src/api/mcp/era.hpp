// Revisions of the protocol, and what a request says about its client. Two eras at one endpoint: 2026-07-28 ("modern")
// says it in the _meta of every request; 2025-11-25 and before ("legacy") said it once, in initialize.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/mcp/message.hpp"
#include "api/mcp/rpc_error.hpp"

namespace openmcp::api::mcp {

inline constexpr std::string_view kModernVersion = "2026-07-28";
/// Newest first.
inline constexpr std::array<std::string_view, 3> kLegacyVersions = {"2025-11-25", "2025-06-18", "2025-03-26"};

// Keys of _meta (2026-07-28, basic/index).
inline constexpr std::string_view kMetaVersion = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kMetaClient = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view kMetaCapabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kMetaLogLevel = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view kMetaServer = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view kMetaSubscription = "io.modelcontextprotocol/subscriptionId";

/// RFC 5424 severities, as MCP names them.
enum class LogLevel : std::uint8_t { debug, info, notice, warning, error, critical, alert, emergency };
std::string_view to_string(LogLevel level) noexcept;
std::optional<LogLevel> log_level_named(std::string_view name) noexcept;

enum class Capability : std::uint8_t { elicitation, sampling, roots };
std::string_view to_string(Capability capability) noexcept;

/// What the client is and can.
struct ClientFacts {
  bool modern = false;
  std::string version;  ///< of the protocol
  std::string name;     ///< "claude-code/2.1.263"; "" unknown
  bool elicitation = false, sampling = false, roots = false;
  std::optional<LogLevel> log;  ///< least level that it wants to hear of; nullopt: none

  bool can(Capability capability) const noexcept;
};

/// Whether this request is to be read by the rules of 2026-07-28: it says so in its _meta or (`header`:
/// MCP-Protocol-Version, "" absent) in its header, or it is a method that only exists there. `initialize` without that
/// _meta is never modern.
bool is_modern(const Message& message, std::string_view header);

/// The envelope of a modern request. Throws RpcError -32602 with HTTP 400 where required parts are missing or wrong.
ClientFacts read_envelope(const Message& message);
/// Throws RpcError -32022 unless it is ours.
void check_modern_version(std::string_view version);

/// The params of initialize. Answers with the client's version when it is one of kLegacyVersions, else with the newest
/// of them. Throws RpcError -32602.
ClientFacts read_initialize(const JsonObject& params);

/// The version of the legacy era with this name; "" none.
std::string_view legacy_version(std::string_view name) noexcept;

/// The progressToken as JSON; "" none. Throws RpcError -32602 when it is neither a text nor a whole number.
std::string progress_token(const JsonObject& params);

}  // namespace openmcp::api::mcp
