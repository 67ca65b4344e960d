// English words that say nothing about what is searched.
#pragma once

#include <string_view>

namespace openmcp::context::search {

/// `word` in lower case. Also the pieces that tokenizing leaves of contractions ("don't" is "don" and "t").
bool is_stop_word(std::string_view word) noexcept;

}  // namespace openmcp::context::search
