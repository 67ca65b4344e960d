// URLs and queries: what is read means the same when it is written again.
#include <cstdlib>

#include "http/url.hpp"

using namespace openmcp::http;

static void require(bool holds) {
  if (!holds) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto url = Url::parse(text)) {
    require(!url->host.empty() && url->port != 0 && url->target[0] == '/');
    auto again = Url::parse(url->scheme + "://" + url->authority() + url->target);
    require(again && again->scheme == url->scheme && again->host == url->host && again->port == url->port &&
            again->target == url->target);
  }
  require(percent_decode(percent_encode(text)).value() == text);
  if (auto plain = percent_decode(text)) require(plain->size() <= text.size());
  if (auto query = parse_query(text)) {
    std::string written;
    for (const auto& [name, value] : *query) {
      written += (written.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
    }
    require(parse_query(written).value() == *query);
  }
  return 0;
}
