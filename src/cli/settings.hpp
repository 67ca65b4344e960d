// The settings of openmcp.toml: every key, its default and what it means, in one table.
#pragma once

#include <functional>
#include <vector>

#include "base/config.hpp"
#include "base/disk.hpp"
#include "base/log.hpp"

namespace openmcp::cli {

inline constexpr std::string_view kSettingsFile = "openmcp.toml";

std::vector<base::SettingSpec> all_settings();

/// log.level. Throws Error invalid_argument.
base::LogLevel log_level_of(const base::Config& config);

/// The name that tokens can be limited to.
inline const std::string& workspace_name(const base::Config& config) { return config.text("serve.workspace"); }

/// <home>/openmcp.toml when it is there, then the environment. Throws what base::Config refuses (unknown keys and wrong
/// types by name and line).
base::Config read_settings(base::Disk& disk, const base::Path& home,
                           const std::function<const char*(const char*)>& variable);

}  // namespace openmcp::cli
