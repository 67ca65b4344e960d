// Inside of api: which pattern a path fits. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace openmcp::api {

/// Patterns by their segments. At each segment a literal wins over {name}, and {name} over {*}; when that way ends
/// nowhere the next one is tried.
class RouteTree {
public:
  RouteTree();
  ~RouteTree();

  /// The number behind this pattern; the same pattern (whatever its names are called) has the same one. Throws Error
  /// invalid_argument for a pattern that cannot be.
  std::size_t add(std::string_view pattern);

  struct Match {
    std::size_t pattern = 0;
    std::vector<std::string> values;  ///< of {names} and of {*}, decoded
  };
  /// nullopt: no pattern fits. Error invalid_argument: a path that nothing honest sends: a stray '%', a NUL, a segment
  /// "." or ".." in whatever spelling.
  base::Result<std::optional<Match>> match(std::string_view path) const;

private:
  struct Node;
  std::unique_ptr<Node> root_;
  std::size_t patterns_ = 0;
};

}  // namespace openmcp::api
