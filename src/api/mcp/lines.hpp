// MCP over lines of JSON: stdio, or a socket that relays it. Both eras on one channel.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/auth.hpp"
#include "base/task.hpp"

namespace openmcp::api::mcp {

struct ServerState;

using ReadLine = std::function<base::Task<std::optional<std::string>>()>;
using WriteLine = std::function<base::Task<void>(std::string)>;

base::Task<void> run_lines(std::shared_ptr<ServerState> state, Caller caller, ReadLine read, WriteLine write);

}  // namespace openmcp::api::mcp
