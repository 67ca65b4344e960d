// URLs and queries: what is read means the same when it is written again.
#include "http/url.hpp"
#include "need.hpp"

using namespace openmcp::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto url = Url::parse(text)) {
    need(!url->host.empty() && url->port != 0 && url->target[0] == '/');
    auto again = Url::parse(url->scheme + "://" + url->authority() + url->target);
    need(again && again->scheme == url->scheme && again->host == url->host && again->port == url->port &&
         again->target == url->target);
  }
  need(percent_decode(percent_encode(text)).value() == text);
  if (auto plain = percent_decode(text)) need(plain->size() <= text.size());
  if (auto query = parse_query(text)) {
    std::string written;
    for (const auto& [name, value] : *query) {
      written += (written.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
    }
    need(parse_query(written).value() == *query);
  }
  return 0;
}
