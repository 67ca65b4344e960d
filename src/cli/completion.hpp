// Completion scripts for shells, made from the declarations of commands.
#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace openmcp::cli {

std::string bash_completion(std::span<const Command* const> commands);
std::string zsh_completion(std::span<const Command* const> commands);
std::string fish_completion(std::span<const Command* const> commands);

}  // namespace openmcp::cli
