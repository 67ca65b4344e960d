// What a fuzz target says must hold of its input: otherwise the run ends with that input.
#pragma once

#include <cstdlib>

inline void need(bool holds) {
  if (!holds) std::abort();
}
