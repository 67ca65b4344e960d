#include "base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>

#include "base/result.hpp"

namespace openmcp::base {
namespace {

std::atomic<LogLevel> current_level{LogLevel::warn};

struct Sinks {
  std::shared_ptr<spdlog::sinks::dist_sink_mt> all = std::make_shared<spdlog::sinks::dist_sink_mt>();
  spdlog::logger logger{"openmcp", all};

  Sinks() {
    all->add_sink(std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    logger.set_level(spdlog::level::trace);
    logger.set_formatter(formatter());
  }

  static std::unique_ptr<spdlog::formatter> formatter() {
    return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v",
                                                       spdlog::pattern_time_type::utc);
  }
};

Sinks& sinks() {
  // Never destroyed: destructors of other statics and detached threads may still log at exit.
  static Sinks* const kept = new Sinks;
  return *kept;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size() + 8);
  for (char c : text) {
    if (is_control(c)) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace

void set_log_level(LogLevel level) { current_level.store(level, std::memory_order_relaxed); }

LogLevel log_level() noexcept { return current_level.load(std::memory_order_relaxed); }

void set_log_file(const std::string& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    sink->set_formatter(Sinks::formatter());
    sinks().all->add_sink(std::move(sink));
    sinks().logger.flush_on(spdlog::level::trace);
  } catch (const spdlog::spdlog_ex& error) {
    throw Error(Errc::io, fmt::format("opening the log file {}: {}", path, error.what()),
                "name a file in a directory that exists and that you may write");
  }
}

void log_line(LogLevel level, std::string_view room, std::string_view text) {
  if (level == LogLevel::off) return;
  std::string line = fmt::format("{}: {}", room, text);
  if (std::ranges::any_of(line, is_control)) line = one_line(line);
  sinks().logger.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace openmcp::base
