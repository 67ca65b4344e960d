// The table that `./dev bench` prints: each figure beside its limit, its peer and its goal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openmcp::bench {

struct Figure {
  std::string what;
  double ours = 0;
  std::string unit = {};
  std::optional<double> limit = std::nullopt;  ///< what the machine can do, same unit
  std::optional<double> peer = std::nullopt;   ///< of Kubo or another in the same run, same unit
  std::string goal = {};                       ///< as text, for example ">= 3x Kubo"
  std::optional<bool> reached = std::nullopt;
  bool more_is_better = true;
};

/// `peer` names the column of what ours is compared with.
void print_header(std::string_view peer = "Kubo");
void print(const Figure& figure);

}  // namespace openmcp::bench
