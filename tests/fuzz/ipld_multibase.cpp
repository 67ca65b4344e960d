// Multibase text from a stranger: what decodes is, but for letter case, exactly the text that encoding writes.
#include <algorithm>

#include "ipld/multibase.hpp"
#include "need.hpp"

using namespace openmcp;

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView input(data, size);
  const std::string_view text = base::as_text(input);
  if (auto decoded = ipld::multibase_decode(text)) {
    auto again = ipld::multibase_encode(decoded->base, decoded->bytes);
    need(again.has_value());
    const auto name = ipld::base_name(decoded->base);
    const bool any_case =
        name != "base32z" && (name.starts_with("base16") || name.starts_with("base32") || name.starts_with("base36"));
    need(any_case ? std::ranges::equal(*again, text, {}, lower, lower) : *again == text);
  }
  // And any bytes come back from a base that the first of them chooses.
  constexpr std::string_view kPrefixes = "079fFvVtTbBcChkKzZmMuU";
  if (size > 0 && size < 2048) {
    auto base = ipld::base_from_prefix(static_cast<unsigned char>(kPrefixes[data[0] % kPrefixes.size()]));
    auto encoded = ipld::multibase_encode(*base, input);
    auto decoded = ipld::multibase_decode(*encoded);
    need(decoded && decoded->base == *base && base::equal(decoded->bytes, input));
  }
  return 0;
}
