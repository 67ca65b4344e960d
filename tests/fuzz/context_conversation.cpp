// JSON Lines from a stranger: turns come in the order of their lines, an error names a line that is there, and lines
// are read the same alone and together.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "context/conversation.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  auto turns = context::parse_conversation(text);
  if (!turns) {
    need(turns.error().message().starts_with("line "));
    auto line = std::strtoul(turns.error().message().c_str() + 5, nullptr, 10);
    need(line >= 1 && line <= lines);
    return 0;
  }
  std::size_t last = 0;
  for (const auto& turn : *turns) {
    need(turn.line > last && turn.line <= lines);
    last = turn.line;
  }
  // Twice the same text is twice the same turns.
  auto twice = context::parse_conversation(std::string(text) + "\n" + std::string(text));
  if (!text.starts_with("\xef\xbb\xbf")) need(twice && twice->size() == 2 * turns->size());
  return 0;
}
