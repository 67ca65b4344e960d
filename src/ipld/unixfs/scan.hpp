// What lies in a directory on disk, as an import sees it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace openmcp::ipld::unixfs {

struct Scanned {
  std::string name;
  base::FileInfo info;                ///< of what the name stands for: the target of a followed symlink
  std::string target;                 ///< of a symlink that is kept
  std::optional<base::Error> cannot;  ///< why it cannot be stored: special file, name, dangling link
};

struct ScanRules {
  bool include_hidden = false;
  bool follow_symlinks = false;
};

/// Blocks: run it on a worker. Sorted bytewise by name. What vanishes between listing and looking is left out. Throws
/// Error io and permission.
std::vector<Scanned> scan_directory(base::Disk& disk, const base::Path& directory, const ScanRules& rules);
/// One path by itself; hidden or not. Throws Error not_found.
Scanned scan_path(base::Disk& disk, const base::Path& path, bool follow);

}  // namespace openmcp::ipld::unixfs
