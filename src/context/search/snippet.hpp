// The part of a passage that shows why it was found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "context/search/query.hpp"
#include "context/search/terms.hpp"

namespace openmcp::context::search {

struct Snippet {
  std::string text;  ///< valid UTF-8; white space, controls and marks of direction as single spaces
  std::vector<Range> highlights;
  bool cut_before = false, cut_after = false;
};

/// At most `limit` bytes of `passage` (valid UTF-8), around the place with the most weight of different terms.
/// `weights` are by term; excluded terms count nothing. Without a match: the beginning.
Snippet make_snippet(Tokenizer& tokenizer, std::string_view passage, const std::vector<Term>& terms,
                     const std::vector<double>& weights, std::size_t limit);

}  // namespace openmcp::context::search
