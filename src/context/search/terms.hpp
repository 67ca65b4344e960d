// The words and phrases of a query's text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "context/search/tokenizer.hpp"

namespace openmcp::context::search {

enum class Role : unsigned char { optional, required, excluded };

struct Term {
  std::vector<std::string> words;  ///< folded; more than one: a phrase
  std::vector<std::string> stems;  ///< of the words, as indexed
  bool prefix = false;             ///< the last word is a single character of an unspaced script: pairs begin with it
  Role role = Role::optional;

  bool phrase() const noexcept { return words.size() > 1; }
  std::string text() const;   ///< the stems, for people
  std::string match() const;  ///< an FTS5 expression of exactly one phrase
  bool operator==(const Term&) const = default;
};

struct Terms {
  std::vector<Term> all;  ///< distinct; at most max_query_words
  std::vector<std::string> notes;
  /// Some term is not excluded: there is something to rank by.
  bool ranked() const;
};

/// Any bytes are a query (Query::text says how they are read).
Terms parse_terms(Tokenizer& tokenizer, std::string_view text);

}  // namespace openmcp::context::search
