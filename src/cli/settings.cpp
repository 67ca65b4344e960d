#include "cli/settings.hpp"

#include <fmt/format.h>

#include <array>

#include "api/service.hpp"

namespace openmcp::cli {

using base::SettingSpec;

std::vector<SettingSpec> all_settings() {
  std::vector<SettingSpec> all = {
      SettingSpec{"workspace.author", std::string(), "name recorded as author of commits; empty: the store's key"},
      SettingSpec{"workspace.root", std::string(),
                  "directory that the sources of contexts are relative to; empty: the directory of .openmcp, the home "
                  "directory for the user's own store, / for a store named by --home or $OPENMCP_HOME"},
      SettingSpec{"search.enabled", true, "keep a search index"},
      SettingSpec{"search.embeddings", std::string(),
                  "file of word embeddings; empty: share/openmcp/words.i8 beside the program; none: words alone"},
      SettingSpec{"store.lock_wait_seconds", std::int64_t{5}, "how long to wait for another process that writes"},
      SettingSpec{"store.segment_mib", std::int64_t{256}, "size at which a segment of blocks is closed, MiB"},
      SettingSpec{"store.flush_mib", std::int64_t{32}, "buffered blocks that start a sync in the background, MiB"},
      SettingSpec{"store.index_cache_mib", std::int64_t{16}, "memory for the index of blocks, MiB"},
      SettingSpec{"store.compact_below", 0.6, "gc rewrites segments with a smaller share of live bytes (0 to 1)"},
      SettingSpec{"log.level", std::string("warn"), "trace, debug, info, warn, error or off"},
      SettingSpec{"log.file", std::string(), "file that log lines are appended to as well"},
  };
  for (auto& each : api::serve_settings()) all.push_back(std::move(each));
  return all;
}

base::LogLevel log_level_of(const base::Config& config) {
  using base::LogLevel;
  static constexpr std::array<std::pair<std::string_view, LogLevel>, 6> kLevels = {{{"trace", LogLevel::trace},
                                                                                    {"debug", LogLevel::debug},
                                                                                    {"info", LogLevel::info},
                                                                                    {"warn", LogLevel::warn},
                                                                                    {"error", LogLevel::error},
                                                                                    {"off", LogLevel::off}}};
  for (auto& [name, level] : kLevels) {
    if (name == config.text("log.level")) return level;
  }
  throw base::Error(
      base::Errc::invalid_argument,
      fmt::format("{}: log.level = \"{}\" is not a level", config.origin("log.level"), config.text("log.level")),
      "trace, debug, info, warn, error or off");
}

base::Config read_settings(base::Disk& disk, const base::Path& home,
                           const std::function<const char*(const char*)>& variable) {
  base::Config config(all_settings());
  auto path = base::join(home, kSettingsFile);
  if (disk.stat(path)) {
    auto bytes = base::read_file(disk, path, 1u << 20);
    base::unwrap(config.read_toml(base::as_text(bytes), path));
  }
  base::unwrap(config.read_environment(variable));
  auto between = [&](std::string_view key, std::int64_t least, std::int64_t most) {
    auto value = config.integer(key);
    if (value >= least && value <= most) return;
    throw base::Error(base::Errc::invalid_argument,
                      fmt::format("{}: {} = {} is out of range", config.origin(key), key, value),
                      fmt::format("a number from {} to {}", least, most));
  };
  between("store.lock_wait_seconds", 0, 86400);
  between("store.segment_mib", 4, 1 << 16);
  between("store.flush_mib", 1, 1 << 12);
  between("store.index_cache_mib", 1, 1 << 16);
  if (auto share = config.number("store.compact_below"); share < 0 || share > 1) {
    throw base::Error(
        base::Errc::invalid_argument,
        fmt::format("{}: store.compact_below = {} is out of range", config.origin("store.compact_below"), share),
        "a number from 0 to 1");
  }
  return config;
}

}  // namespace openmcp::cli
