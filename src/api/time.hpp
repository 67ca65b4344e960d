// Times as text, the same at the command line and in every answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/env.hpp"
#include "base/result.hpp"

namespace openmcp::api {

inline base::WallTime wall_time(std::int64_t micros) { return base::WallTime(std::chrono::microseconds(micros)); }

/// RFC 3339 in UTC: "2026-11-23T08:35:07.123456Z".
std::string iso_time(base::WallTime time);
/// "2026-11-23 08:35" in UTC.
std::string short_time(base::WallTime time);

/// Reads a date ("2026-11-23"), an RFC 3339 time, or an age ("90s", "15m", "3h", "2d", "4w") before `now`.
base::Result<base::WallTime> parse_time(std::string_view text, base::WallTime now);

}  // namespace openmcp::api
