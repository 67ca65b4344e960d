// From files in memory to answers: which file, in which encoding, how long it may be kept, and what it may do.
#include <algorithm>

#include "api/web/web.hpp"
#include "http/syntax.hpp"

namespace openmcp::api::web {

namespace {

constexpr std::string_view kIndex = "/index.html";
constexpr std::string_view kHashed = "/assets/";  ///< the build puts a hash of the content into these names

// Nothing inline, nothing from elsewhere, no frame around it. Fonts and pictures are the page's own or a context's.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
constexpr std::string_view kPermissions = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

constexpr std::string_view kNotBuilt = R"(<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>OpenMCP</title></head>
<body>
<h1>OpenMCP is running</h1>
<p>This program was built without its web page, because npm was not there. Build it again on a machine with npm
(<code>./dev build</code>) to have it.</p>
<p>Everything else works: the <a href="/docs">REST interface</a>, MCP at <code>/mcp</code>, and the
<code>openmcp</code> command line.</p>
</body>
</html>
)";

/// The first element of a comma-separated list, cut off from it.
std::string_view next(std::string_view& list) {
  const auto comma = list.find(',');
  const auto element = http::trimmed(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  return element;
}

/// RFC 9110, section 12.5.3: named (or "*"), and not with q=0.
bool accepts_gzip(std::string_view field) {
  bool any = false;
  while (!field.empty()) {
    auto element = next(field);
    const auto semicolon = element.find(';');
    const auto name = http::trimmed(element.substr(0, semicolon));
    bool refused = false;
    if (semicolon != std::string_view::npos) {
      auto weight = http::trimmed(element.substr(semicolon + 1));
      refused = (weight.starts_with("q=0") || weight.starts_with("Q=0")) &&
                weight.find_first_not_of("0.", 2) == std::string_view::npos;
    }
    if (http::equal_without_case(name, "gzip")) return !refused;
    if (name == "*") any = !refused;
  }
  return any;
}

/// RFC 9110, section 13.1.2: the comparison is weak.
bool matches(std::string_view field, std::string_view etag) {
  while (!field.empty()) {
    auto element = next(field);
    if (element == "*") return true;
    if (element.starts_with("W/")) element.remove_prefix(2);
    if (element == etag) return true;
  }
  return false;
}

const Asset* find(std::span<const Asset> files, std::string_view path) {
  const auto at = std::ranges::lower_bound(files, path, {}, &Asset::path);
  return at != files.end() && at->path == path ? &*at : nullptr;
}

void protect(http::Headers& headers) {
  headers.set("Content-Security-Policy", std::string(kPolicy));
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  headers.set("Permissions-Policy", std::string(kPermissions));
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
}

http::Response not_built() {
  http::Response response{
      .headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}},
      .body = std::string(kNotBuilt),
  };
  protect(response.headers);
  return response;
}

http::Response file(const Asset& asset, const http::Request& request) {
  const bool packed = !asset.gzip.empty() && accepts_gzip(request.headers.get("Accept-Encoding"));
  std::string etag = "\"";
  etag.append(asset.etag).append(packed ? "-gzip\"" : "\"");
  http::Response response{
      .headers = {{"ETag", etag},
                  {"Cache-Control",
                   asset.path.starts_with(kHashed) ? "public, max-age=31536000, immutable" : "no-cache"}},
  };
  protect(response.headers);
  if (!asset.gzip.empty()) response.headers.set("Vary", "Accept-Encoding");
  if (matches(request.headers.get("If-None-Match"), etag)) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", std::string(asset.media_type));
  if (packed) response.headers.set("Content-Encoding", "gzip");
  response.body = packed ? asset.gzip : asset.bytes;
  return response;
}

}  // namespace

http::Response answer(std::span<const Asset> files, std::string_view path, const http::Request& request) {
  const auto* index = find(files, kIndex);
  // A name with a dot is a file's: one that is not there must not turn into a page of HTML.
  const bool of_file = path.starts_with(kHashed) || path.find('.') != std::string_view::npos;
  const auto* asset = of_file ? find(files, path) : index;
  if (asset) return file(*asset, request);
  if (!of_file) return not_built();
  throw base::Error(base::Errc::not_found, "there is no such file of the web page",
                    "the page was built again meanwhile: load it anew");
}

}  // namespace openmcp::api::web
