// A Range field of a stranger: what is answered lies inside of the content, is bounded and never more than all of it.
#include "api/byte_ranges.hpp"
#include "need.hpp"

using namespace openmcp::api;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (std::uint64_t length : {0ull, 1ull, 1000ull, ~0ull}) {
    auto choice = choose_ranges(text, length);
    need(choice.satisfiable || choice.spans.empty());
    need(choice.spans.size() <= kMaxRanges);
    std::uint64_t all = 0;
    for (const auto& span : choice.spans) {
      need(span.length > 0 && span.offset < length && span.length <= length - span.offset);
      need(!__builtin_add_overflow(all, span.length, &all));
    }
    need(all <= length);
  }
  return 0;
}
