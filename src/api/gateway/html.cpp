#include "api/gateway/html.hpp"

#include <fmt/format.h>

namespace openmcp::api::gateway {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--edge:#d5d9e0;--dim:#5c6675;--link:#1b5fc1}
@media (prefers-color-scheme:dark){:root{--edge:#3a414c;--dim:#9aa5b5;--link:#7db4ff}}
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1rem}
h1{font-size:1.25rem;font-weight:600;overflow-wrap:anywhere;margin:.5rem 0}
a{color:var(--link);text-decoration:none}a:hover,a:focus{text-decoration:underline}
.cid,.note{color:var(--dim);overflow-wrap:anywhere;margin:.25rem 0}
table{border-collapse:collapse;width:100%}td,th{padding:.3rem .5rem;border-bottom:1px solid var(--edge);text-align:left}
td:first-child{overflow-wrap:anywhere}td:last-child,th:last-child{text-align:right;white-space:nowrap}
.ipfs-hash{color:var(--dim);font:.85rem ui-monospace,monospace}
pre{overflow-x:auto;border:1px solid var(--edge);padding:.75rem;border-radius:.375rem;font-size:.9rem}
@media (max-width:40rem){.hash{display:none}}
)";

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string page_begin(std::string_view title) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      html_escape(title), kStyle);
}

std::string page_end() { return "</body>\n</html>\n"; }

std::string readable_size(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace openmcp::api::gateway
