// Numbers and times as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/time.hpp"
#include "base/env.hpp"
#include "base/result.hpp"

namespace openmcp::cli {

using api::iso_time;
using api::parse_time;
using api::short_time;

/// "0 B", "999 B", "1.2 KiB", "34 MiB".
std::string human_size(std::uint64_t bytes);
/// "12 345"
std::string human_count(std::uint64_t count);
/// "1 context", "2 contexts"
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural = {});
/// "3 s", "2 min 5 s", "1 h 2 min"
std::string human_duration(std::chrono::seconds duration);
/// "just now", "5 min ago", "3 h ago", "2 days ago", then the date.
std::string human_age(base::WallTime then, base::WallTime now);

/// Reads "1048576", "64KiB", "1MiB", "2GB".
base::Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace openmcp::cli
