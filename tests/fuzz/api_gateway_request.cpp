// A request's line and headers from a stranger: a path that is understood is written so that it can stand in a header,
// and leads back to itself; rules of _redirects give targets without control characters.
#include "api/gateway/content_type.hpp"
#include "api/gateway/host.hpp"
#include "api/gateway/redirects_file.hpp"
#include "api/gateway/target.hpp"
#include "need.hpp"

using namespace openmcp;
using namespace openmcp::api::gateway;

namespace {

bool printable(std::string_view text) {
  for (unsigned char c : text)
    if (c < 0x21 || c == 0x7f) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = base::as_text({data, size});
  auto line = text.substr(0, text.find('\n'));
  auto rest = line.size() < text.size() ? text.substr(line.size() + 1) : std::string_view();

  if (auto target = parse_target(line); target && *target) {
    auto again = parse_target((*target)->text());
    need(printable((*target)->text()) && again && *again);
    need((*again)->root == (*target)->root && (*again)->segments == (*target)->segments);
    if (auto label = label_of((*target)->space, (*target)->root)) need(label->size() <= kMaxDnsLabel);
  }
  if (auto host = match_host(line, {"localhost"})) need(host->domain.starts_with("localhost"));
  http::Headers headers{{"Accept", std::string(line)}};
  (void)negotiate({}, headers);
  need(!sniff_type({data, size}, true).empty());
  if (auto rules = parse_redirects(rest)) {
    if (auto redirect = match_redirect(*rules, line)) need(printable(redirect->to) && !redirect->to.starts_with("//"));
  }
  return 0;
}
