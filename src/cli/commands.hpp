// The table of commands.
#pragma once

#include <span>

#include "cli/command.hpp"

namespace openmcp::cli {

/// In the order in which help shows them.
std::span<const Command* const> all_commands() noexcept;

}  // namespace openmcp::cli
