// The web page: static files inside the binary, made from dashboard/ by the build; without them (npm was not there) one
// plain page that says so.
#pragma once

#include <span>
#include <string_view>

#include "api/router.hpp"

namespace openmcp::api::web {

struct Asset {
  std::string_view path;  ///< "/assets/index-Ab12.js"
  std::string_view media_type;
  std::string_view bytes;  ///< as it is, or gzip (below)
  std::string_view gzip;   ///< "" when it does not get smaller
  std::string_view etag;
};
/// Ordered by path. Generated: src/api/web/ has only the declaration.
std::span<const Asset> assets() noexcept;

/// "/", assets, and every path of the page's own router answers index.html with a strict Content-Security-Policy.
void add_web(Router& router, Service& service);

}  // namespace openmcp::api::web
