#include "api/web/web.hpp"

#include "base/result.hpp"

namespace openmcp::api::web {

namespace {

// The page's own addresses; dashboard/src/app/pages.ts has the same, and the browser tests open each of them.
constexpr std::string_view kPages[] = {
    "/", "/search", "/commit", "/contexts/{id}", "/history", "/tags", "/connect", "/tokens", "/audit", "/health",
};
constexpr std::string_view kFiles[] = {"/assets/{*}", "/favicon.svg", "/theme.js", "/licenses.txt"};

base::Task<void> serve(Call& call) {
  auto response = answer(assets(), call.request.path, call.request);
  co_await call.exchange.send(std::move(response));
}

}  // namespace

std::span<const std::string_view> page_patterns() noexcept { return kPages; }

void add_web(Router& router, Service&) {
  auto add = [&router](std::string_view pattern, std::string_view name) {
    router.add({.method = "GET",
                .pattern = std::string(pattern),
                .name = name,
                .needs = Role::none,
                .handler = [](Call& call) { return serve(call); }});
  };
  for (auto pattern : kPages) add(pattern, "web_page");
  for (auto pattern : kFiles) add(pattern, "web_asset");
}

}  // namespace openmcp::api::web
