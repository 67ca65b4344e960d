// What differs between two versions: lines of text, and fields of the manifest. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "context/manifest.hpp"

namespace openmcp::context {

struct DiffLine {
  char kind;                ///< ' ' in both, '-' only in the old, '+' only in the new
  std::string text;         ///< without its newline
  bool no_newline = false;  ///< the last line of its side, not ended by a newline
};

struct Hunk {
  std::size_t old_start = 0, old_count = 0;  ///< 1-based lines; a count of 0 has start = the line before
  std::size_t new_start = 0, new_count = 0;
  std::vector<DiffLine> lines;
};

struct TextDiff {
  bool coarse = false;                 ///< too different for the limit: changed regions are shown whole
  std::size_t added = 0, removed = 0;  ///< lines
  std::vector<Hunk> hunks;             ///< empty: equal
};

struct DiffOptions {
  std::size_t context = 3;       ///< equal lines around a change
  std::size_t max_edits = 4096;  ///< D of Myers' O(ND); beyond it the answer is coarse
};

/// Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), by lines.
TextDiff diff_lines(std::string_view before, std::string_view after, DiffOptions options = {});
/// As `diff -u` writes hunks ("@@ -1,3 +1,4 @@").
std::string unified(const TextDiff& diff, std::string_view old_name, std::string_view new_name);

struct MetadataChange {
  std::string key;                           ///< of the top level
  std::optional<std::string> before, after;  ///< JSON text
};

struct FieldDiff {
  using Pair = std::optional<std::pair<std::string, std::string>>;  ///< before, after; nullopt: equal
  Pair type, title, media_type, source;
  std::vector<std::string> tags_added, tags_removed;
  std::vector<MetadataChange> metadata;
  std::vector<Relation> relations_added, relations_removed;
  bool empty() const noexcept;
};

FieldDiff diff_fields(const Manifest& before, const Manifest& after);

}  // namespace openmcp::context
