// Where a file lies below the workspace's root. Pure: paths are compared by their text.
#pragma once

#include <optional>
#include <string>

#include "base/disk.hpp"

namespace openmcp::context {

/// "/a/b/../c//d" is "/a/c/d". Precondition: absolute.
base::Path normal_path(const base::Path& path);

/// The path of `file` relative to `root`; nullopt when one of them is not absolute, `file` lies elsewhere or is the
/// root.
std::optional<std::string> source_of(const base::Path& root, const base::Path& file);

}  // namespace openmcp::context
