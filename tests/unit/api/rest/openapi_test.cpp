// The document against the routes that are there.
#include "api/rest/openapi.hpp"

#include <set>

#include "rest_fixture.hpp"

namespace openmcp::api::rest::test {
namespace {

class OpenApi : public RestTest {};

/// Every "$ref" in a value.
void collect(const json::value& value, std::set<std::string>& out) {
  if (auto object = value.if_object())
    for (const auto& member : *object) {
      if (member.key() == "$ref") out.emplace(member.value().as_string());
      collect(member.value(), out);
    }
  if (auto array = value.if_array())
    for (const auto& each : *array) collect(each, out);
}

TEST_F(OpenApi, IsServedToAnybodyAndConsistent) {
  auto answer = server.ask("GET", "/api/v1/openapi.json");
  ASSERT_EQ(answer->status(), 200u);
  auto document = json::parse(answer->body());
  EXPECT_EQ(document.at("openapi"), "3.1.0");
  EXPECT_EQ(document.at("info").at("version"), "9.9.9");
  std::set<std::string> refs;
  collect(document, refs);
  for (const auto& ref : refs) {
    ASSERT_TRUE(ref.starts_with("#/")) << ref;
    boost::system::error_code error;
    EXPECT_NE(document.find_pointer(ref.substr(1), error), nullptr) << ref;
  }
  std::set<std::string> ids;
  for (const auto& operation : operations()) EXPECT_TRUE(ids.insert(std::string(operation.id)).second) << operation.id;
}

TEST_F(OpenApi, HasEveryRouteOfThisRoomAndNoOther) {
  std::set<std::string> documented, routed;
  for (const auto& operation : operations())
    if (operation.tag != "server" && operation.summary.find("JSON-RPC") == std::string_view::npos)
      documented.insert(std::string(operation.method) + " " + std::string(operation.path));
  documented.insert("GET /api/v1/openapi.json");
  for (const auto& [method, pattern] : server.router->routes())
    if (pattern.starts_with("/api/v1")) routed.insert(method + " " + pattern);
  EXPECT_EQ(documented, routed);
}

TEST_F(OpenApi, PagesNeedNothingFromElsewhere) {
  for (auto path : {"/docs", "/redoc"}) {
    auto page = server.ask("GET", path);
    EXPECT_EQ(page->status(), 200u);
    EXPECT_NE(page->body().find("/api/v1/contexts/{id}/versions"), std::string::npos);
    for (auto outside : {"http://", "https://", "<script", "src="})
      EXPECT_EQ(page->body().find(outside), std::string::npos) << outside;
    EXPECT_NE(page->header("Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  }
}

}  // namespace
}  // namespace openmcp::api::rest::test
