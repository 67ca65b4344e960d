// Roots before the gateway's domain, and sites with a _redirects file; over the fixtures of ipfs/gateway-conformance.
#include "gateway_support.hpp"

namespace openmcp::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kHost = "localhost:8080";

class SubdomainTest : public GatewayTest {
protected:
  /// As a label: CIDv1 in base32.
  static std::string label(const Cid& cid) { return Cid::v1(cid.codec(), cid.hash()).text(); }
  Answered site(const Cid& cid, const std::string& target, http::Headers headers = {}) {
    return get_at(label(cid) + ".ipfs." + kHost, target, std::move(headers));
  }
  Answered on_domain(const std::string& target, http::Headers headers = {}) {
    return get_at(kHost, target, std::move(headers));
  }
};

TEST_F(SubdomainTest, PathsAreSentToOriginsOfTheirOwn) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures");
  auto root = load(fixtures / "subdomain_gateway" / "fixtures.car");
  auto v1 = at(root, {"hello-CIDv1"}), v0 = at(root, {"hello-CIDv0"}), too_long = at(root, {"hello-CIDv1_TOO_LONG"});
  auto there = [](const std::string& scheme, const Cid& cid) {
    return scheme + "://" + label(cid) + ".ipfs." + kHost + "/";
  };
  auto moved = on_domain("/ipfs/" + v1.text() + "/");
  EXPECT_EQ(moved.status, 301u);
  EXPECT_EQ(moved.header("Location"), there("http", v1));
  EXPECT_EQ(on_domain("/ipfs/" + v0.text() + "/").header("Location"), there("http", v0));
  EXPECT_EQ(on_domain("/ipfs/" + v1.text() + "/a%20b?x=1&y=%20").header("Location"),
            there("http", v1) + "a%20b?x=1&y=%20");
  EXPECT_EQ(on_domain("/ipfs/" + v1.text(), {{"X-Forwarded-Proto", "https"}}).header("Location"), there("https", v1));
  EXPECT_EQ(on_domain("/ipfs/" + v1.text(), {{"X-Forwarded-Proto", "javascript"}}).header("Location"),
            there("http", v1));
  auto percent = load(fixtures / "path_gateway_unixfs" / "dir-with-percent-encoded-filename.car");
  EXPECT_EQ(on_domain("/ipfs/" + percent.text() + "/Portugal%252C+España=Peninsula%20Ibérica.txt").header("Location"),
            there("http", percent) + "Portugal%252C+Espa%C3%B1a=Peninsula%20Ib%C3%A9rica.txt");

  EXPECT_THAT(on_domain("/ipfs/QmInvalidCID").body, HasSubstr("invalid path \"/ipfs/QmInvalidCID\""));
  for (auto& answer : {on_domain("/ipfs/" + too_long.text() + "/"), site(too_long, "/")}) {
    EXPECT_EQ(answer.status, 400u);
    EXPECT_THAT(answer.body, HasSubstr("CID incompatible with DNS label length limit of 63"));
  }
  // Another host is a path gateway, unless a proxy says for whom it asks.
  EXPECT_EQ(get_at("fake.domain.com", "/ipfs/" + v1.text()).status, 200u);
  EXPECT_EQ(get_at("fake.domain.com", "/ipfs/" + v1.text(), {{"X-Forwarded-Host", kHost}}).header("Location"),
            there("http", v1));
  // What no browser runs needs no origin.
  EXPECT_EQ(on_domain("/ipfs/" + v1.text() + "?format=raw").status, 200u);
}

TEST_F(SubdomainTest, ASiteIsTheWholeOrigin) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/subdomain_gateway");
  auto root = load(fixtures / "fixtures.car");
  auto file = at(root, {"hello-CIDv1"}), directory = at(root, {"testdirlisting"});
  EXPECT_EQ(site(file, "/").body, "hello\n");
  EXPECT_EQ(site(file, "/ipfs/" + file.text()).status, 404u);
  EXPECT_THAT(site(directory, "/ipfs/file.txt").body, HasSubstr("I am a txt file"));
  EXPECT_THAT(site(directory, "/").body, AllOf(HasSubstr("<a href=\"/hello\">hello</a>"),
                                               HasSubstr("<a href=\"/ipfs\">ipfs</a>"), Not(HasSubstr(">..</a>"))));
  auto deep = site(directory, "/ipfs/ipns/");
  auto gateway = "//" + kHost + "/ipfs/" + directory.text();
  EXPECT_THAT(deep.body, HasSubstr("<a href=\"/ipfs/ipns/..\">..</a>"));
  EXPECT_THAT(deep.body, HasSubstr("<a href=\"/ipfs/ipns/bar\">bar</a>"));
  EXPECT_THAT(deep.body, HasSubstr("/ipfs/<a href=\"" + gateway + "\">" + directory.text() + "</a>/<a href=\"" +
                                   gateway + "/ipfs\">ipfs</a>/<a href=\"" + gateway + "/ipfs/ipns\">ipns</a>"));
  EXPECT_THAT(site(directory, "/ipfs/ipns/bar").body, HasSubstr("text-file-content"));
  EXPECT_EQ(site(directory, "/ipfs/ipns").header("Location"), "/ipfs/ipns/");
  EXPECT_EQ(site(directory, "//ipfs//ipns").header("Location"), "/ipfs/ipns/");
  EXPECT_EQ(get_at("nonsense.ipfs." + kHost, "/").status, 400u);
}

TEST_F(SubdomainTest, NamesAsOrigins) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/subdomain_gateway");
  load(fixtures / "fixtures.car");
  for (std::string peer : {"12D3KooWLQzUv2FHWGVPXTXSZpdHs7oHbXub2G5WC8Tx4NQhyd2d",  // Ed25519
                           "QmVujd5Vb7moysJj8itnGufN7MEtPRCNHkKpNuA4onsRa3"}) {     // RSA
    load_record(fixtures / (peer + ".ipns-record"));
    auto name = base::unwrap(api::gateway::IpnsName::parse(peer));
    EXPECT_EQ(name.peer_id(), peer);
    auto origin = "http://" + name.text() + ".ipns." + kHost + "/";
    EXPECT_EQ(on_domain("/ipns/" + peer).header("Location"), origin);
    EXPECT_EQ(on_domain("/ipns/" + name.text()).header("Location"), origin);
    auto old = base::unwrap(Cid::v1(Codec::dag_pb, name.hash).text('k'));
    auto moved = get_at(old + ".ipns." + kHost, "/");
    EXPECT_EQ(moved.status, 301u);
    EXPECT_EQ(moved.header("Location"), origin);
    EXPECT_EQ(get_at(name.text() + ".ipns." + kHost, "/").body, "hello\n");
  }
  EXPECT_EQ(on_domain("/ipns/en.wikipedia-on-ipfs.org/wiki/").header("Location"),
            "http://en-wikipedia--on--ipfs-org.ipns." + kHost + "/wiki/");
  auto dns = get_at("en-wikipedia--on--ipfs-org.ipns." + kHost, "/");
  EXPECT_EQ(dns.status, 501u);
  EXPECT_THAT(dns.body, HasSubstr("'en.wikipedia-on-ipfs.org' is a DNSLink name"));
}

TEST_F(SubdomainTest, AddressesOfBrowsers) {
  auto moved = on_domain("/ipfs/?uri=ipfs%3A%2F%2FQmXoypizjW3WknFiJnKLwHCnL72vedxjQkDDP1mXWo6uco%2Fwiki%2FA.html");
  EXPECT_EQ(moved.status, 301u);
  EXPECT_EQ(moved.header("Location"), "/ipfs/QmXoypizjW3WknFiJnKLwHCnL72vedxjQkDDP1mXWo6uco/wiki/A.html");
  EXPECT_EQ(on_domain("/ipns/?uri=ipns%3A%2F%2Fen.wikipedia-on-ipfs.org").header("Location"),
            "/ipns/en.wikipedia-on-ipfs.org");
  EXPECT_EQ(get("/ipfs/?uri=https%3A%2F%2Fevil.example").status, 400u);
  EXPECT_EQ(get("/ipfs/?uri=ipfs%3A%2F%2F").status, 400u);
}

TEST_F(SubdomainTest, SitesSayWhatToDoForPathsTheyDoNotHave) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/redirects_file");
  auto all = load(fixtures / "redirects.car");
  auto examples = at(all, {"examples"});
  struct Case {
    std::string path;
    unsigned status;
    std::string location;
  };
  for (auto& each : {Case{"/redirect-one", 301, "/one.html"}, Case{"/301-redirect-one", 301, "/one.html"},
                     Case{"/302-redirect-two", 302, "/two.html"},
                     Case{"/posts/2022/01/01/hello-world", 301, "/articles/2022/01/01/hello-world"},
                     Case{"/splat/one.html", 301, "/redirected-splat/one.html"}}) {
    auto answer = site(examples, each.path);
    EXPECT_EQ(answer.status, each.status) << each.path;
    EXPECT_EQ(answer.header("Location"), each.location);
  }
  EXPECT_THAT(site(examples, "/200-index").body, HasSubstr("my index"));
  EXPECT_THAT(site(examples, "/catch-all").body, HasSubstr("my index"));
  struct Page {
    std::string path, file;
    unsigned status;
  };
  for (auto& each :
       {Page{"/not-found/x", "404.html", 404}, Page{"/gone/x", "410.html", 410}, Page{"/unavail/x", "451.html", 451}}) {
    auto answer = site(examples, each.path);
    EXPECT_EQ(answer.status, each.status);
    EXPECT_EQ(answer.header("ETag"), "\"" + at(examples, {each.file}).text() + "\"");
    EXPECT_EQ(answer.header("Cache-Control"), kImmutable);
    EXPECT_EQ(answer.body, site(examples, "/" + each.file).body);
  }
  // In the path form sites share an origin, so their rules do not count.
  EXPECT_EQ(get("/ipfs/" + examples.text() + "/redirect-one").status, 404u);

  auto forced = site(at(all, {"forced"}), "/not-found");
  EXPECT_EQ(forced.status, 500u);
  EXPECT_THAT(forced.body, HasSubstr("could not parse _redirects:"));
  auto large = site(at(all, {"too-large"}), "/not-found");
  EXPECT_EQ(large.status, 500u);
  EXPECT_THAT(large.body,
              AllOf(HasSubstr("could not parse _redirects:"), HasSubstr("redirects file size cannot exceed")));
  EXPECT_EQ(site(at(all, {"newlines"}), "/redirect-one").header("Location"), "/one.html");
  EXPECT_EQ(site(at(all, {"good-codes"}), "/a301").header("Location"), "/b301");
  auto found = site(at(all, {"bad-codes"}), "/found.html");
  EXPECT_EQ(found.status, 200u);
  EXPECT_THAT(found.body, HasSubstr("my found"));

  auto spa = load(fixtures / "redirects-spa.car");
  auto page = site(spa, "/missing-page", {{"Accept", "text/html"}});
  EXPECT_EQ(page.body, block(at(spa, {"index.html"})));
  EXPECT_EQ(site(spa, "/missing-page", {{"If-None-Match", page.header("ETag")}}).status, 304u);
}

}  // namespace
}  // namespace openmcp::test
