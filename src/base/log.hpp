// Logging: one line an event, to stderr (and a file when configured), compiled in one source over spdlog.
// Never log secrets: keys, tokens, content.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace openmcp::base {

enum class LogLevel : unsigned char { trace, debug, info, warn, error, off };

/// What is below is dropped. The default is warn.
void set_log_level(LogLevel level);
LogLevel log_level() noexcept;
/// Also writes to this file (appended). Throws Error io when it cannot be opened.
void set_log_file(const std::string& path);
/// Thread-safe. Control characters of `text` are escaped: an event is one line, whatever a stranger put into it.
void log_line(LogLevel level, std::string_view room, std::string_view text);

template <class... Args>
void log(LogLevel level, std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
  if (level >= log_level()) log_line(level, room, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace openmcp::base
