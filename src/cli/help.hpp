// Help made from the declarations of commands.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/config.hpp"
#include "cli/command.hpp"
#include "cli/stdio.hpp"

namespace openmcp::cli {

inline constexpr std::string_view kVersion = "0.1.0";

/// $OPENMCP_STORE_SYNC for "store.sync".
std::string environment_name(std::string_view key);

/// "openmcp commit [OPTION]... [PATH]"
std::string usage(const Command& command);
void print_overview(Output& out, std::span<const Command* const> commands);
void print_command(Output& out, const Command& command);
void print_family(Output& out, std::string_view family, std::span<const Command* const> commands);
void print_exit_codes(Output& out);
void print_settings(Output& out, std::span<const base::SettingSpec> settings);

/// docs/cli.md.
std::string reference_markdown(std::span<const Command* const> commands, std::span<const base::SettingSpec> settings);

}  // namespace openmcp::cli
