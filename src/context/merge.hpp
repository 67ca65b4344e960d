// Merging concurrent versions: three ways over their nearest common ancestor. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "context/manifest.hpp"

namespace openmcp::context {

struct Merged {
  std::string type, title, media_type, source;
  std::vector<std::string> tags;
  std::string metadata = "{}";
  std::vector<Relation> relations;
  /// The head whose content it is: all have the same, only one changed it, or `prefer` decided. nullopt: they differ.
  std::optional<std::size_t> content_from;  ///< index of the head
  std::vector<std::string> conflicts;       ///< "title", "metadata.priority": decided for `prefer`, or for the latest
};

/// `base` is nullptr when the heads have no common ancestor. Sets (tags, relations) take every addition and every
/// removal; other fields take the side that changed. Where several sides changed a field differently, `prefer` (an
/// index into heads), else the latest by (time, position), wins, and the field is named in `conflicts`.
/// Precondition: heads is not empty.
Merged merge(const Manifest* base, std::span<const Manifest> heads, std::optional<std::size_t> prefer);

}  // namespace openmcp::context
