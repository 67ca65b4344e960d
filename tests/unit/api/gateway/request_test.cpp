// The pure parts of a request: paths, formats, hosts, media types, rules of _redirects.
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "api/gateway/content_type.hpp"
#include "api/gateway/host.hpp"
#include "api/gateway/redirects_file.hpp"
#include "api/gateway/target.hpp"

namespace openmcp::api::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Target, PathsAreTakenApart) {
  auto target = base::unwrap(parse_target("/ipfs/bafkqaaa//a%20b/%C5%BA%2Fx/")).value();
  EXPECT_EQ(target.root, "bafkqaaa");
  EXPECT_THAT(target.segments, ElementsAre("a b", "ź/x"));
  EXPECT_TRUE(target.slash);
  EXPECT_EQ(target.text(), "/ipfs/bafkqaaa/a%20b/%C5%BA%2Fx/");
  EXPECT_EQ(base::unwrap(parse_target("/ipns/name")).value().space, Space::ipns);
  EXPECT_EQ(base::unwrap(parse_target("/other/x")), std::nullopt);
  EXPECT_FALSE(parse_target("/ipfs"));
  EXPECT_FALSE(parse_target("/ipfs/a/%0"));
  EXPECT_FALSE(parse_target("/ipfs/a/%00"));
  std::string deep = "/ipfs/bafkqaaa";
  for (int i = 0; i < 2000; ++i) deep += "/a";
  EXPECT_FALSE(parse_target(deep));
}

RC_GTEST_PROP(Target, EncodedPathsComeBack, (const std::vector<std::string>& names)) {
  std::vector<std::string> segments;
  for (auto& name : names)
    if (!name.empty() && name.find('\0') == name.npos) segments.push_back(name);
  auto text = encode_path(segments, true);
  RC_ASSERT(!text.starts_with("//"));
  RC_ASSERT(base::unwrap(split_path(text)).segments == segments);
  for (unsigned char c : text) RC_ASSERT(c > 0x20 && c < 0x7f && c != '"' && c != '<');
}

Wanted wanted(const http::Parameters& query, http::Headers headers) { return base::unwrap(negotiate(query, headers)); }

TEST(Target, FormatsAreNegotiated) {
  auto accept = [](std::string value) { return http::Headers{{"Accept", std::move(value)}}; };
  EXPECT_EQ(wanted({}, {}).format, Format::none);
  EXPECT_EQ(wanted({}, accept("*/*")).format, Format::none);
  EXPECT_EQ(wanted({}, accept("APPLICATION/vnd.ipld.RAW")).format, Format::raw);
  EXPECT_EQ(wanted({{"format", "tar"}}, accept("application/vnd.ipld.raw")).format, Format::tar);
  EXPECT_EQ(wanted({}, accept("application/vnd.ipld.raw;q=0.1, application/vnd.ipld.car;q=0.9")).format, Format::car);
  EXPECT_EQ(wanted({}, accept("application/json, application/vnd.ipld.car")).format, Format::json);
  EXPECT_EQ(wanted({}, accept("application/vnd.ipld.raw;q=0, */*")).format, Format::none);
  EXPECT_TRUE(wanted({}, accept("text/html,application/xhtml+xml,*/*;q=0.8")).html);
  EXPECT_TRUE(wanted({}, accept("application/vnd.ipld.car; order=\"dfs\"; dups=y")).car_duplicates);
  auto second = wanted({}, accept("application/vnd.ipld.car;order=best, application/vnd.ipld.car;dups=y;q=0.5"));
  EXPECT_TRUE(second.format == Format::car && second.car_duplicates);
  EXPECT_FALSE(negotiate({{"format", "car"}, {"car-dups", "maybe"}}, {}));
  EXPECT_FALSE(negotiate({{"format", ""}}, {}));
  EXPECT_EQ(negotiate({}, accept("application/vnd.ipld.car;version=2")).error().code(), base::Errc::unsupported);
  EXPECT_EQ(wanted({}, accept("application/vnd.ipld.car;version=2, */*;q=0.1")).format, Format::none);
}

TEST(Host, RootsBeforeOurDomains) {
  std::vector<std::string> domains{"localhost", "gw.example.org"};
  auto match = match_host("bafkqaaa.ipfs.LOCALHOST:8080", domains).value();
  EXPECT_EQ(match.space, Space::ipfs);
  EXPECT_EQ(match.root, "bafkqaaa");
  EXPECT_EQ(match.domain, "localhost:8080");
  EXPECT_EQ(match_host("en.wikipedia.ipns.gw.example.org", domains)->root, "en.wikipedia");
  EXPECT_EQ(match_host("gw.example.org", domains)->space, std::nullopt);
  for (auto host : {"", "127.0.0.1:8080", "[::1]:80", "evillocalhost", "ipfs.localhost", ".ipfs.localhost",
                    "a.localhost", "localhost:80@evil", "localhost.evil.example"})
    EXPECT_FALSE(match_host(host, domains)) << host;
}

TEST(Host, LabelsOfRoots) {
  EXPECT_EQ(base::unwrap(label_of(Space::ipfs, "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n")),
            "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
  EXPECT_EQ(inline_dnslink("my-site.example.org"), "my--site-example-org");
  EXPECT_EQ(base::unwrap(label_of(Space::ipns, "My-Site.example.org")), "my--site-example-org");
  EXPECT_FALSE(label_of(Space::ipns, "bad name.example.org"));
  EXPECT_FALSE(label_of(Space::ipns, std::string(60, 'a') + ".example.org"));
  EXPECT_FALSE(label_of(Space::ipfs, "QmInvalidCID"));
}

RC_GTEST_PROP(Host, InlinedNamesComeBack, ()) {
  auto letter = rc::gen::element('a', 'b', '-', '.');
  auto name = *rc::gen::container<std::string>(letter);
  RC_PRE(name.find(".-") == name.npos && name.find("-.") == name.npos && name.find("..") == name.npos);
  RC_ASSERT(uninline_dnslink(inline_dnslink(name)) == name);
}

TEST(ContentType, ByNameAndByBytes) {
  EXPECT_EQ(type_by_name("INDEX.Html"), "text/html; charset=utf-8");
  EXPECT_EQ(type_by_name("a.tar.gz"), "application/gzip");
  EXPECT_EQ(type_by_name("noextension"), "");
  auto sniff = [](std::string_view text) { return sniff_type(base::as_bytes(text), true); };
  EXPECT_EQ(sniff(""), "text/plain; charset=utf-8");
  EXPECT_EQ(sniff("hello\n"), "text/plain; charset=utf-8");
  EXPECT_EQ(sniff("\x89PNG\r\n\x1a\n...."), "image/png");
  EXPECT_EQ(sniff(" \n<!DOCTYPE html>"), "text/html; charset=utf-8");
  EXPECT_EQ(sniff("<?xml version=\"1.0\"?>\n<svg xmlns=\"x\">"), "image/svg+xml");
  EXPECT_EQ(sniff("{\"a\": [1, 2]}"), "application/json");
  EXPECT_EQ(sniff("{ no json"), "text/plain; charset=utf-8");
  EXPECT_EQ(sniff("[1] a footnote"), "text/plain; charset=utf-8");
  EXPECT_EQ(sniff(std::string_view("bin\0ary", 7)), "application/octet-stream");
  EXPECT_EQ(sniff("\xff\x41\x42"), "application/octet-stream");
  // Cut in the middle of a character, and of a document.
  EXPECT_EQ(sniff_type(base::as_bytes("gr\xc3"), false), "text/plain; charset=utf-8");
  EXPECT_EQ(sniff_type(base::as_bytes("{\"a\": [1,"), false), "application/json");
}

TEST(RedirectsFile, RulesAreReadAndApplied) {
  auto rules =
      base::unwrap(parse_redirects("# a comment\n\n/a /b\r\n /old/:y/:m  /new/:m/:y?from=:y 308\n"
                                   "/docs/* https://example.org/:splat 302\n/* /404.html 404"));
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_EQ(match_redirect(rules, "/a")->to, "/b");
  EXPECT_EQ(match_redirect(rules, "/a/")->to, "/b");
  auto moved = match_redirect(rules, "/old/2022/06").value();
  EXPECT_EQ(moved.to, "/new/06/2022?from=2022");
  EXPECT_EQ(moved.status, 308u);
  EXPECT_EQ(match_redirect(rules, "/docs/x/y")->to, "https://example.org/x/y");
  EXPECT_EQ(match_redirect(rules, "/old/2022")->status, 404u);
  // What a client puts into its path cannot end the header or leave the site.
  EXPECT_EQ(match_redirect(rules, "/docs/a\r\nX: 1")->to, "https://example.org/a%0D%0AX%3A%201");
  auto all = base::unwrap(parse_redirects("/go/* /:splat 301"));
  EXPECT_EQ(match_redirect(all, "/go//evil.example")->to, "/evil.example");

  for (std::string_view bad : {"/a", "/a /b 301!", "/a /b 999", "/a /b 301 x", "a /b", "/a b", "/a //evil.example",
                               "/:x/:x /b", "/a*b /c", "/a https://example.org 200", "/a javascript:x"})
    EXPECT_FALSE(parse_redirects(bad)) << bad;
  EXPECT_THAT(parse_redirects(std::string(kMaxRedirectsFile + 1, ' ')).error().message(),
              HasSubstr("redirects file size cannot exceed"));
}

TEST(RedirectsFile, QueriesAreMerged) {
  EXPECT_EQ(with_query("/t", ""), "/t");
  EXPECT_EQ(with_query("/t", "a=1"), "/t?a=1");
  EXPECT_EQ(with_query("/t?s=1&u=2", "s=9&b"), "/t?u=2&s=9&b");
}

}  // namespace
}  // namespace openmcp::api::gateway
