// Paths from strangers: what matches has no segment that leads upwards and no NUL, in whatever spelling, and matching
// what a path decodes to gives the same.
#include "api/route_tree.hpp"
#include "base/bytes.hpp"
#include "http/url.hpp"
#include "need.hpp"

using namespace openmcp;

namespace {

const api::RouteTree& tree() {
  static const api::RouteTree* made = [] {
    auto* out = new api::RouteTree;
    for (auto pattern : {"/", "/contexts", "/contexts/", "/contexts/{id}", "/contexts/{id}/content", "/contexts/tags",
                         "/contexts/{id}/versions/{version}", "/assets/{*}", "/{any}/x/{*}", "/{any}/x/y"})
      out->add(pattern);
    return out;
  }();
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = base::as_text({data, size});
  auto match = tree().match(path);
  if (!match || !*match) return 0;
  std::string again;
  for (const auto& value : (*match)->values) {
    need(value.find('\0') == std::string::npos);
    for (std::string_view rest = value;;) {
      auto slash = rest.find('/');
      auto part = rest.substr(0, slash);
      need(part != "." && part != "..");
      if (slash == std::string_view::npos) break;
      rest.remove_prefix(slash + 1);
    }
  }
  // Encoded as a whole (slashes of the path kept), it is the same path.
  auto decoded = http::percent_decode(path);
  need(decoded.has_value());
  if (path.find("%2f") != std::string_view::npos || path.find("%2F") != std::string_view::npos) return 0;
  auto same = tree().match(http::percent_encode(*decoded, "/"));
  need(same && *same && (*same)->pattern == (*match)->pattern && (*same)->values == (*match)->values);
  return 0;
}
