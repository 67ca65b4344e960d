// Hosts and Origins from strangers: nothing but the names that were given gets through.
#include <string>

#include "api/gate.hpp"
#include "base/bytes.hpp"
#include "need.hpp"

using namespace openmcp;

namespace {

const api::Gate& gate() {
  static const api::Gate* made = [] {
    auto* out = new api::Gate({"openmcp.example"}, {"https://app.example"});
    out->listening({{"127.0.0.1", 7777}});
    return out;
  }();
  return *made;
}

bool one_of_ours(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (auto name : {"127.0.0.1:7777", "localhost:7777", "[::1]:7777", "openmcp.example"})
    if (text == name) return true;
  return text.starts_with("openmcp.example:") && text.find(':', 16) == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::as_text({data, size});
  if (gate().host_allowed(text)) need(one_of_ours(std::string(text)));
  if (gate().own_origin(text)) {
    need(text.starts_with("http://") || text.starts_with("https://"));
    need(one_of_ours(std::string(text.substr(text.find("//") + 2))));
  }
  if (gate().listed_origin(text)) need(size == 19);
  api::address_key(text);
  return 0;
}
