// Any bytes from a server are the head of an answer or are refused, whatever the request was.
#include "http/head.hpp"
#include "http/syntax.hpp"
#include "need.hpp"

using namespace openmcp::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr HeadLimits limits{.bytes = 2048, .fields = 32};
  HeadScanner scanner(limits.bytes);
  auto end = scanner.scan(text);
  if (!end || *end == 0) return 0;
  for (bool to_head : {false, true}) {
    auto head = parse_response_head(text.substr(0, *end), limits, to_head);
    if (!head) continue;
    need(head->status >= 100 && head->status <= 999 && head->headers.size() <= limits.fields);
    bool empty = to_head || head->status < 200 || head->status == 204 || head->status == 304;
    need(empty == (head->framing == Framing::none));
    need(head->framing != Framing::until_close || !head->keep_alive);
    for (const auto& [name, value] : head->headers) need(is_token(name) && is_value(value));
  }
  return 0;
}
