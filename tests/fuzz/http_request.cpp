// Any bytes are a request or are refused; in what pieces they arrive changes nothing; what is understood means the same
// when it is written again; a chunked body that is taken apart in two ways gives the same bytes.
#include "http/chunked.hpp"
#include "http/head.hpp"
#include "http/syntax.hpp"
#include "need.hpp"

using namespace openmcp::http;

namespace {

constexpr HeadLimits kLimits{.bytes = 2048, .fields = 32};

struct Scanned {
  std::size_t size = 0;
  unsigned refused = 0;
};

Scanned scan(std::string_view text, std::size_t step) {
  HeadScanner scanner(kLimits.bytes);
  for (std::size_t end = std::min(step, text.size());; end = std::min(end + step, text.size())) {
    auto found = scanner.scan(text.substr(0, end));
    if (!found) return {0, found.error().status};
    if (*found > 0 || end == text.size()) return {*found, 0};
  }
}

struct Body {
  std::string bytes;
  bool refused = false, ended = false;
  std::size_t used = 0;
};

Body dechunk(std::string_view text, std::size_t step) {
  Body body;
  ChunkedDecoder decoder;
  std::size_t begin = 0;
  for (std::size_t end = std::min(step, text.size());; end = std::min(end + step, text.size())) {
    for (;;) {
      auto next = decoder.next(text.substr(begin, end - begin));
      if (!next) {
        body.refused = true;
        return body;
      }
      need(next->skip <= end - begin);
      begin += next->skip;
      if (next->end) {
        body.ended = true;
        body.used = begin;
        return body;
      }
      auto take = static_cast<std::size_t>(std::min<std::uint64_t>(next->data, end - begin));
      if (take == 0) break;
      body.bytes += text.substr(begin, take);
      begin += take;
      decoder.took(take);
    }
    if (end == text.size()) return body;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto whole = scan(text, text.size() + 1), pieces = scan(text, 7);
  need(whole.size == pieces.size);
  need((whole.refused != 0) == (pieces.refused != 0) || text.size() > kLimits.bytes);
  if (whole.size == 0) return 0;
  auto head = parse_request_head(text.substr(0, whole.size), kLimits);
  if (!head) {
    need(head.error().status >= 400 && head.error().status <= 505);
    return 0;
  }
  need(is_token(head->method) && !head->path.empty() && (head->path[0] == '/' || head->path == "*"));
  need(head->headers.size() <= kLimits.fields && (head->version == 10 || head->version == 11));
  need(head->headers.all("host").size() <= 1 && head->headers.all("content-length").size() <= 1);

  std::string again = head->method + " ";
  if (!head->authority.empty() && head->path != "*") again += "http://" + head->authority;
  again += head->path + (head->query.empty() ? "" : "?" + head->query) +
           (head->version == 10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const auto& [name, value] : head->headers) append_field(again, name, value);
  again += "\r\n";
  auto second = parse_request_head(again, {.bytes = 1u << 20, .fields = kLimits.fields});
  need(second && second->method == head->method && second->path == head->path && second->query == head->query);
  need(second->authority == head->authority && second->framing == head->framing && second->length == head->length);
  need(second->keep_alive == head->keep_alive && second->headers.size() == head->headers.size());

  if (head->framing == Framing::chunked) {
    auto rest = text.substr(whole.size);
    auto one = dechunk(rest, rest.size() + 1), many = dechunk(rest, 3);
    need(one.refused == many.refused && one.ended == many.ended && one.used == many.used);
    need(one.refused || one.bytes == many.bytes);
  }
  return 0;
}
