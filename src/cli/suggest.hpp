// Nearest names, for "did you mean".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace openmcp::cli {

/// Edits between two words: insert, remove, replace, swap of neighbours, each 1 (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name nearest to `word`: one that it abbreviates, or one within a third of its length in edits. Empty: none.
std::string_view nearest(std::string_view word, std::span<const std::string_view> names);

}  // namespace openmcp::cli
