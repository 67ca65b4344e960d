// Where the store is.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/disk.hpp"

namespace openmcp::cli {

enum class HomeFrom : unsigned char { option, environment, nearest, user };

struct Home {
  base::Path path;  ///< absolute
  HomeFrom from = HomeFrom::user;
  base::Path root;  ///< directory that sources of contexts are relative to
  bool exists = false;
};

std::string_view to_string(HomeFrom from) noexcept;

/// What the lookup depends on; `variable` is getenv.
struct HomeQuestion {
  std::optional<std::string> option;  ///< --home
  std::function<const char*(const char*)> variable;
  base::Path working_directory;  ///< absolute
  /// Whether a directory found on the way up may be used: false for another user's, whose settings are not ours.
  std::function<bool(const base::Path&)> trusted;
};

/// --home, else $OPENMCP_HOME, else the nearest .openmcp in the working directory or above, else
/// $XDG_DATA_HOME/openmcp, else ~/.local/share/openmcp. Throws Error not_found when there is no home directory at all,
/// permission when the nearest .openmcp is another user's.
Home find_home(base::Disk& disk, const HomeQuestion& question);

/// "a/./b/../c" below `directory`, without asking the disk.
base::Path absolute_path(const base::Path& directory, const base::Path& path);

}  // namespace openmcp::cli
