// Files and directories, over the fixtures of ipfs/gateway-conformance and DAGs made here.
#include "gateway_support.hpp"
#include "ipld/unixfs/directory.hpp"
#include "ipld/unixfs/importer.hpp"

namespace openmcp::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kListing = "public, max-age=604800, stale-while-revalidate=2678400";

TEST_F(GatewayTest, DirectoriesAreListed) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/dir_listing");
  auto root = load(fixtures / "fixtures.car");
  auto file = at(root, {"ą", "ę", "file-źł.txt"});
  auto base = "/ipfs/" + root.text();
  auto top = get(base + "/");
  EXPECT_EQ(top.status, 200u);
  EXPECT_THAT(top.body, AllOf(HasSubstr("Index of"), Not(HasSubstr(">..</a>"))));

  auto moved = get(base + "/ą/ę?x=1");
  EXPECT_EQ(moved.status, 301u);
  EXPECT_EQ(moved.header("Location"), base + "/%C4%85/%C4%99/?x=1");

  auto page = get(base + "/%C4%85/%C4%99/");
  EXPECT_THAT(page.header("ETag"), StartsWith("\"DirIndex-"));
  EXPECT_THAT(page.header("Content-Security-Policy"), StartsWith("default-src 'none'"));
  EXPECT_THAT(page.body, HasSubstr("/ipfs/<a href=\"" + base + "\">" + root.text() + "</a>/<a href=\"" + base +
                                   "/%C4%85\">ą</a>/<a href=\"" + base + "/%C4%85/%C4%99\">ę</a>"));
  EXPECT_THAT(page.body, HasSubstr("<a href=\"" + base + "/%C4%85/%C4%99/..\">..</a>"));
  EXPECT_THAT(page.body, HasSubstr("<a href=\"" + base + "/%C4%85/%C4%99/file-%C5%BA%C5%82.txt\">file-źł.txt</a>"));
  EXPECT_THAT(page.body, HasSubstr("<a class=\"ipfs-hash\" translate=\"no\" href=\"/ipfs/" + file.text() +
                                   "?filename=file-%25C5%25BA%25C5%2582.txt\">"));
  EXPECT_EQ(get(base + "/i-do-not-exist").status, 404u);
}

TEST_F(GatewayTest, CachesKnowWhatTheyHave) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/gateway-cache");
  auto root = load(fixtures / "fixtures.car");
  std::vector<std::string> path{"root2", "root3", "root4", "index.html"}, roots{root.text()};
  for (std::size_t i = 1; i <= path.size(); ++i)
    roots.push_back(at(root, {path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i)}).text());
  auto joined = [&](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += (i ? "," : "") + roots[i];
    return out;
  };
  auto base = "/ipfs/" + root.text();

  auto listing = get(base + "/root2/root3/");
  EXPECT_EQ(listing.header("X-Ipfs-Path"), base + "/root2/root3/");
  EXPECT_EQ(listing.header("X-Ipfs-Roots"), joined(3));
  EXPECT_THAT(listing.header("ETag"), testing::MatchesRegex("\"DirIndex-.*_CID-" + roots[2] + "\""));
  EXPECT_EQ(listing.header("Cache-Control"), kListing);

  auto index = get(base + "/root2/root3/root4/");
  EXPECT_EQ(index.body, "hello\n");
  EXPECT_EQ(index.header("X-Ipfs-Roots"), joined(4));
  EXPECT_EQ(index.header("ETag"), "\"" + roots[3] + "\"");
  EXPECT_EQ(index.header("Cache-Control"), kImmutable);

  auto file = get(base + "/root2/root3/root4/index.html");
  EXPECT_EQ(file.header("X-Ipfs-Roots"), joined(5));
  EXPECT_EQ(file.header("ETag"), "\"" + roots[4] + "\"");
  EXPECT_EQ(file.header("Cache-Control"), kImmutable);

  auto tag = "\"" + roots[4] + "\"";
  for (auto& sent : {tag, "W/" + tag, "\"other\", \"third\", " + tag, std::string("*")}) {
    auto answer = get(base + "/root2/root3/root4/index.html", {{"If-None-Match", sent}});
    EXPECT_EQ(answer.status, 304u) << sent;
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.header("ETag"), tag);
  }
  EXPECT_EQ(get(base + "/root2/root3/root4/index.html", {{"If-None-Match", "\"other\""}}).status, 200u);
  EXPECT_EQ(get(base + "/root2/root3/root4/", {{"If-None-Match", "\"" + roots[3] + "\""}}).status, 304u);
  EXPECT_EQ(get(base + "/root2/root3/", {{"If-None-Match", "W/" + listing.header("ETag")}}).status, 304u);

  EXPECT_EQ(ask("HEAD", base + "/root2/root3/root4/?format=raw", {{"Cache-Control", "only-if-cached"}}).status, 200u);
}

TEST_F(GatewayTest, SymlinksSayWhereTheyPoint) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/path_gateway_unixfs");
  auto root = load(fixtures / "symlink.car");
  auto link = get("/ipfs/" + root.text() + "/bar");
  EXPECT_EQ(link.status, 200u);
  EXPECT_EQ(link.body, "foo");
  EXPECT_THAT(get("/ipfs/" + root.text() + "/").body, AllOf(HasSubstr(">foo<"), HasSubstr(">bar<")));
}

TEST_F(GatewayTest, RangesOfFiles) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures");
  auto root = load(fixtures / "path_gateway_unixfs" / "dir-with-files.car");
  auto url = "/ipfs/" + root.text() + "/ascii.txt";
  auto text = block(at(root, {"ascii.txt"}));
  auto whole = get(url);
  EXPECT_EQ(whole.header("Accept-Ranges"), "bytes");
  EXPECT_EQ(whole.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(whole.body, text);
  auto part = get(url, {{"Range", "bytes=6-16"}});
  EXPECT_EQ(part.status, 206u);
  EXPECT_EQ(part.header("Content-Range"), "bytes 6-16/31");
  EXPECT_EQ(part.body, text.substr(6, 11));
  part = get(url, {{"Range", "bytes=-3"}});
  EXPECT_EQ(part.header("Content-Range"), "bytes 28-30/31");
  EXPECT_EQ(part.body, text.substr(28));
  part = get(url, {{"Range", "bytes=6-16,0-4"}});
  EXPECT_EQ(parts_of(part.header("Content-Type"), part.body),
            (Parts{{"bytes 6-16/31", text.substr(6, 11)}, {"bytes 0-4/31", text.substr(0, 5)}}));
  EXPECT_THAT(part.body, HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"));

  // Over several blocks, with one missing beside the range.
  auto holed = load(fixtures / "trustless_gateway_car" / "file-3k-and-3-blocks-missing-block.car");
  part = get("/ipfs/" + holed.text(), {{"Range", "bytes=997-1000"}});
  EXPECT_EQ(part.status, 206u);
  EXPECT_EQ(part.header("Content-Range"), "bytes 997-1000/3072");
  EXPECT_EQ(part.body.size(), 4u);
  part = get("/ipfs/" + holed.text(), {{"Range", "bytes=2200-2201"}});
  EXPECT_EQ(part.header("Content-Range"), "bytes 2200-2201/3072");
  EXPECT_EQ(get("/ipfs/" + holed.text(), {{"Range", "bytes=1030-1040"}}).status, 404u);
  EXPECT_EQ(get("/ipfs/" + holed.text(), {{"Range", "bytes=1030-1040,0-1"}}).status, 404u) << "nothing was sent yet";
  part = get("/ipfs/" + holed.text(), {{"Range", "bytes=997-1000,2200-2201"}});
  EXPECT_EQ(parts_of(part.header("Content-Type"), part.body).size(), 2u);
  EXPECT_EQ(part.header("Content-Length"), std::to_string(part.body.size()));
  // A block that is missing in the middle ends the stream: no client takes the part for the whole.
  EXPECT_THROW(get("/ipfs/" + holed.text()), base::Error);
}

TEST_F(GatewayTest, NamesWithPercentSignsAndSpaces) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/path_gateway_unixfs");
  auto root = load(fixtures / "dir-with-percent-encoded-filename.car");
  auto answer = get("/ipfs/" + root.text() + "/Portugal%252C+España=Peninsula%20Ibérica.txt");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.body, block(at(root, {"Portugal%2C+España=Peninsula Ibérica.txt"})));
}

TEST_F(GatewayTest, FileNamesOfDownloads) {
  auto made = raw_block("plain words");
  run(env, store.store(made));
  auto url = "/ipfs/" + made.cid.text();
  EXPECT_EQ(get(url).header("Content-Disposition"), "");
  EXPECT_EQ(get(url + "?filename=a.pdf").header("Content-Disposition"), "inline; filename=\"a.pdf\"");
  EXPECT_EQ(get(url + "?filename=a.pdf").header("Content-Type"), "application/pdf");
  EXPECT_EQ(get(url + "?filename=test%D1%82%D0%B5%D1%81%D1%82.pdf&download=true").header("Content-Disposition"),
            "attachment; filename=\"test____.pdf\"; filename*=UTF-8''test%D1%82%D0%B5%D1%81%D1%82.pdf");
  // Nothing of a name can end the header or its quotes.
  EXPECT_EQ(get(url + "?filename=a%22%0d%0aX:1%5c.txt").header("Content-Disposition"),
            "inline; filename=\"a___X:1_.txt\"");
}

TEST_F(GatewayTest, PagesOfThePathFormAreSandboxed) {
  auto page = raw_block("<!doctype html><script>steal()</script>"), picture = raw_block("GIF89a...");
  run(env, store.store({page, picture}, Durability::synced));
  auto html = get("/ipfs/" + page.cid.text());
  EXPECT_EQ(html.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(html.header("Content-Security-Policy"), AllOf(StartsWith("sandbox"), Not(HasSubstr("same-origin"))));
  EXPECT_EQ(get("/ipfs/" + picture.cid.text()).header("Content-Security-Policy"), "");
  EXPECT_EQ(get_at(page.cid.text() + ".ipfs.localhost:8080", "/").header("Content-Security-Policy"), "");
  // A service worker could take the whole gateway as its scope.
  EXPECT_EQ(get("/ipfs/" + page.cid.text(), {{"Service-Worker", "script"}}).status, 400u);
}

TEST_F(GatewayTest, LargeFilesComeInTheirBlocks) {
  std::string content(3'500'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 2654435761u >> 13);
  ipld::unixfs::Importer importer(env, store);
  auto imported = run(env, importer.import_bytes(base::SharedBytes(base::to_bytes(content))));
  auto url = "/ipfs/" + imported.cid.text();
  auto whole = get(url);
  EXPECT_EQ(whole.header("Content-Length"), "3500000");
  EXPECT_EQ(whole.header("Content-Type"), "application/octet-stream");
  EXPECT_TRUE(whole.body == content);
  auto part = get(url, {{"Range", "bytes=1048570-2097160"}});
  EXPECT_TRUE(part.body == content.substr(1'048'570, 1'048'591));
}

TEST_F(GatewayTest, AClientThatGoesEndsTheWork) {
  std::string content(30'000'000, 'x');
  for (std::size_t i = 0; i < content.size(); i += 1000) content[i] = static_cast<char>(i / 1000);
  ipld::unixfs::Importer importer(env, store);
  auto imported = run(env, importer.import_bytes(base::SharedBytes(base::to_bytes(content))));
  auto gateway = api::gateway::make_gateway({.env = env, .blocks = store}, options);
  for (std::string format : {"", "?format=car", "?format=tar"}) {
    FakeExchange exchange(env, "GET", "/ipfs/" + imported.cid.text() + format);
    exchange.go();
    EXPECT_EQ(error_of(env, gateway(exchange)), Errc::unavailable) << format;
    EXPECT_FALSE(exchange.finished());
  }
}

TEST_F(GatewayTest, AHundredThousandEntries) {
  auto small = raw_block("x");
  run(env, store.store(small));
  std::vector<ipld::unixfs::DirectoryLink> entries;
  for (int i = 0; i < 100'000; ++i) entries.push_back({"<entry> " + std::to_string(i), small.cid, 1});
  std::vector<Block> blocks;
  auto root = base::unwrap(ipld::unixfs::build_directory(ipld::unixfs::kUnixfsV1_2025, std::move(entries), blocks));
  run(env, store.store(std::move(blocks), Durability::synced));
  auto page = get("/ipfs/" + root.cid.text() + "/");
  EXPECT_EQ(page.status, 200u);
  EXPECT_TRUE(page.finished);
  EXPECT_EQ(page.header("Content-Length"), "");
  std::size_t rows = 0;
  for (auto at = page.body.find(">&lt;entry&gt; "); at != std::string::npos;
       at = page.body.find(">&lt;entry&gt; ", at + 1))
    ++rows;
  EXPECT_EQ(rows, 100'000u);
  EXPECT_TRUE(page.body.find("<entry>") == std::string::npos);
}

}  // namespace
}  // namespace openmcp::test
