#include "ipld/unixfs/scan.hpp"

#include <fmt/format.h>

#include "ipld/unixfs/directory.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::Error;
using base::FileKind;

/// Fills in what `found.info.kind` needs besides.
void complete(base::Disk& disk, const base::Path& path, Scanned& found) {
  if (found.info.kind == FileKind::symlink) {
    found.target = disk.read_link(path);
  } else if (found.info.kind == FileKind::other) {
    found.cannot.emplace(Errc::unsupported, fmt::format("'{}' is no file, directory or symlink", path),
                         "leave it out, or give a pipe's content on standard input");
  }
}

}  // namespace

std::vector<Scanned> scan_directory(base::Disk& disk, const base::Path& directory, const ScanRules& rules) {
  auto listed = disk.list(directory);
  std::vector<Scanned> entries;
  entries.reserve(listed.size());
  for (auto& entry : listed) {
    if (!rules.include_hidden && entry.name.starts_with('.')) continue;
    auto path = base::join(directory, entry.name);
    bool follow = rules.follow_symlinks && entry.kind == FileKind::symlink;
    auto info = disk.stat(path, follow);
    Scanned found{.name = std::move(entry.name), .info = {}, .target = {}, .cannot = {}};
    if (info) {
      found.info = *info;
    } else if (follow && disk.stat(path, /*follow=*/false)) {
      found.cannot.emplace(Errc::not_found, fmt::format("the symlink '{}' leads nowhere", path),
                           "remove it, or import without following symlinks");
    } else {
      continue;
    }
    if (!valid_entry_name(found.name)) {
      found.cannot.emplace(Errc::unsupported, fmt::format("'{}': its name is not UTF-8", path),
                           "rename it: directories hold UTF-8 names");
    } else if (!found.cannot) {
      complete(disk, path, found);
    }
    entries.push_back(std::move(found));
  }
  return entries;
}

Scanned scan_path(base::Disk& disk, const base::Path& path, bool follow) {
  auto info = disk.stat(path, follow);
  if (!info) throw Error(Errc::not_found, fmt::format("there is no '{}'", path));
  Scanned found{.name = {}, .info = *info, .target = {}, .cannot = {}};
  complete(disk, path, found);
  return found;
}

}  // namespace openmcp::ipld::unixfs
