#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "api/web/web.hpp"
#include "base/result.hpp"

namespace openmcp::api::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Asset kFiles[] = {
    {"/assets/app-Ab12.js", "text/javascript; charset=utf-8", "console.log(1)", "packed script", "e1"},
    {"/assets/inter-Cd34.woff2", "font/woff2", "font", {}, "e2"},
    {"/favicon.svg", "image/svg+xml", "<svg/>", {}, "e3"},
    {"/index.html", "text/html; charset=utf-8", "<!doctype html>", "packed page", "e4"},
};

http::Response get(std::string_view path, http::Headers headers = {}, std::span<const Asset> files = kFiles) {
  http::Request request;
  request.method = "GET";
  request.path = std::string(path);
  request.headers = std::move(headers);
  return answer(files, path, request);
}

std::string header(const http::Response& response, std::string_view name) {
  return std::string(response.headers.get(name));
}

TEST(WebAnswer, PagesAreTheIndex) {
  for (auto path : {"/", "/search", "/contexts/019ab000-0000-7000-8000-000000000001", "/history"}) {
    auto response = get(path);
    EXPECT_EQ(response.status, 200u) << path;
    EXPECT_EQ(response.body, "<!doctype html>") << path;
    EXPECT_EQ(header(response, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(header(response, "Cache-Control"), "no-cache");
  }
}

TEST(WebAnswer, ThePolicyAllowsNothingInlineAndNothingFromElsewhere) {
  auto response = get("/");
  auto policy = header(response, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src 'self'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("http")));
  EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(response, "Referrer-Policy"), "no-referrer");
}

TEST(WebAnswer, HashedNamesAreKeptForGood) {
  auto response = get("/assets/inter-Cd34.woff2");
  EXPECT_EQ(response.body, "font");
  EXPECT_EQ(header(response, "Content-Type"), "font/woff2");
  EXPECT_EQ(header(response, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_FALSE(response.headers.has("Vary"));
  EXPECT_EQ(header(get("/favicon.svg"), "Cache-Control"), "no-cache");
}

TEST(WebAnswer, CompressedForThoseWhoTakeIt) {
  for (auto accepted : {"gzip", "br, gzip", "GZIP;q=0.5", "deflate , gzip ; q=1", "*", "*;q=0.1, br"}) {
    auto response = get("/assets/app-Ab12.js", {{"Accept-Encoding", accepted}});
    EXPECT_EQ(response.body, "packed script") << accepted;
    EXPECT_EQ(header(response, "Content-Encoding"), "gzip") << accepted;
    EXPECT_EQ(header(response, "ETag"), "\"e1-gzip\"") << accepted;
    EXPECT_EQ(header(response, "Vary"), "Accept-Encoding") << accepted;
  }
  for (auto refused : {"", "br", "identity", "gzip;q=0", "gzip; q=0.000, *", "xgzip", "*;q=0"}) {
    auto response = get("/assets/app-Ab12.js", {{"Accept-Encoding", refused}});
    EXPECT_EQ(response.body, "console.log(1)") << refused;
    EXPECT_FALSE(response.headers.has("Content-Encoding")) << refused;
    EXPECT_EQ(header(response, "ETag"), "\"e1\"") << refused;
    EXPECT_EQ(header(response, "Vary"), "Accept-Encoding") << refused;
  }
  EXPECT_EQ(get("/assets/inter-Cd34.woff2", {{"Accept-Encoding", "gzip"}}).body, "font");
}

TEST(WebAnswer, WhatIsKnownIsNotSentAgain) {
  for (auto known : {"\"e4\"", "W/\"e4\"", "\"old\", \"e4\"", "*"}) {
    auto response = get("/", {{"If-None-Match", known}});
    EXPECT_EQ(response.status, 304u) << known;
    EXPECT_TRUE(response.body.empty()) << known;
    EXPECT_EQ(header(response, "ETag"), "\"e4\"") << known;
  }
  // The compressed form is another representation.
  EXPECT_EQ(get("/", {{"If-None-Match", "\"e4\""}, {"Accept-Encoding", "gzip"}}).status, 200u);
  EXPECT_EQ(get("/", {{"If-None-Match", "\"e4-gzip\""}, {"Accept-Encoding", "gzip"}}).status, 304u);
  for (auto other : {"\"e\"", "e4", "\"e44\"", ""})
    EXPECT_EQ(get("/", {{"If-None-Match", other}}).status, 200u) << other;
}

TEST(WebAnswer, AFileThatIsNotThereIsNoPage) {
  for (auto path : {"/assets/app-Old0.js", "/assets/", "/assets/x", "/missing.js", "/../etc/passwd", "/.env"}) {
    try {
      auto response = get(path);
      FAIL() << path << " answered " << response.status;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::Errc::not_found) << path;
    }
  }
}

TEST(WebAnswer, WithoutTheBuiltPageAPlainOneSaysSo) {
  auto response = get("/", {}, {});
  EXPECT_EQ(response.status, 200u);
  EXPECT_THAT(response.body, HasSubstr("built without its web page"));
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_TRUE(response.headers.has("Content-Security-Policy"));
}

class BuiltPage : public ::testing::Test {
protected:
  void SetUp() override {
    if (assets().empty()) GTEST_SKIP() << "the web page: it was not built, because npm was not there";
  }
};

TEST_F(BuiltPage, FilesAreInOrderAndKnowTheirTypes) {
  EXPECT_TRUE(std::ranges::is_sorted(assets(), {}, &Asset::path));
  for (auto& asset : assets()) {
    EXPECT_FALSE(asset.media_type.empty()) << asset.path;
    EXPECT_FALSE(asset.bytes.empty()) << asset.path;
    EXPECT_EQ(asset.etag.size(), 32u) << asset.path;
    // RFC 1952: what is called gzip begins as one.
    if (!asset.gzip.empty()) EXPECT_TRUE(asset.gzip.starts_with("\x1f\x8b\x08")) << asset.path;
    EXPECT_FALSE(asset.path.ends_with(".gz")) << asset.path;
  }
}

TEST_F(BuiltPage, EveryFileThatTheIndexNamesIsThere) {
  const std::string index = get("/", {}, assets()).body;
  std::size_t named = 0;
  for (std::size_t at = 0; (at = index.find("=\"/", at)) != std::string::npos; ++named) {
    at += 2;
    const auto path = index.substr(at, index.find('"', at) - at);
    EXPECT_EQ(get(path, {}, assets()).status, 200u) << path;
  }
  EXPECT_GE(named, 3u);
  EXPECT_THAT(index, Not(HasSubstr("<script>")));
  EXPECT_THAT(index, Not(HasSubstr("<style")));
}

TEST_F(BuiltPage, ScriptsStaySmall) {
  std::size_t scripts = 0;
  for (auto& asset : assets())
    if (asset.path.ends_with(".js")) scripts += asset.gzip.empty() ? asset.bytes.size() : asset.gzip.size();
  EXPECT_LT(scripts, 350u << 10);
}

}  // namespace
}  // namespace openmcp::api::web
