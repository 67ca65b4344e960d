// Requests for the web page: three lines, the path, Accept-Encoding and If-None-Match. Whatever stands there, the
// answer is a file whole, "not modified" without a body, or "not found"; and what was answered once is known the next
// time.
#include "api/web/web.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "need.hpp"

using namespace openmcp;

namespace {

constexpr api::web::Asset kFiles[] = {
    {"/assets/app-Ab12.js", "text/javascript; charset=utf-8", "console.log(1)", "packed script", "e1"},
    {"/favicon.svg", "image/svg+xml", "<svg/>", {}, "e3"},
    {"/index.html", "text/html; charset=utf-8", "<!doctype html>", "packed page", "e4"},
};

std::string_view line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto first = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return first;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = base::as_text({data, size});
  http::Request request;
  request.method = "GET";
  request.path = std::string(line(text));
  request.headers.add("Accept-Encoding", std::string(line(text)));
  request.headers.add("If-None-Match", std::string(line(text)));
  try {
    auto response = api::web::answer(kFiles, request.path, request);
    need(response.headers.has("Content-Security-Policy") && response.headers.has("ETag"));
    if (response.status == 304) {
      need(response.body.empty());
      return 0;
    }
    need(response.status == 200);
    const bool packed = response.headers.get("Content-Encoding") == "gzip";
    bool known = false;
    for (const auto& file : kFiles) known = known || response.body == (packed ? file.gzip : file.bytes);
    need(known);
    request.headers.set("If-None-Match", std::string(response.headers.get("ETag")));
    need(api::web::answer(kFiles, request.path, request).status == 304);
  } catch (const base::Error& error) {
    need(error.code() == base::Errc::not_found);
  }
  return 0;
}
