// Numbers and times as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/env.hpp"
#include "base/result.hpp"

namespace openmcp::cli {

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

/// RFC 3339 in UTC: "2026-11-23T08:35:07.123456Z".
std::string iso_time(base::WallTime time);
/// "2026-11-23 08:35" in UTC.
std::string short_time(base::WallTime time);

/// Reads a date ("2026-11-23"), an RFC 3339 time, or an age ("90s", "15m", "3h", "2d", "4w") before `now`.
base::Result<base::WallTime> parse_time(std::string_view text, base::WallTime now);
/// Reads "1048576", "64KiB", "1MiB", "2GB".
base::Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace openmcp::cli
