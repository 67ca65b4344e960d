// Trustless answers: blocks and CARs over the fixtures of ipfs/gateway-conformance (what they hold, in our words).
#include "gateway_support.hpp"

namespace openmcp::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kRawType = "application/vnd.ipld.raw";
const http::Headers kAcceptRaw{{"Accept", kRawType}};

TEST_F(GatewayTest, ABlockIsGivenAsItIs) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures");
  auto root = load(fixtures / "gateway-raw-block.car");
  auto directory = at(root, {"dir"}), file = at(root, {"dir", "ascii.txt"});
  for (auto& answer :
       {get("/ipfs/" + directory.text() + "?format=raw"), get("/ipfs/" + directory.text(), kAcceptRaw),
        get("/ipfs/" + root.text() + "/dir?format=raw"), get("/ipfs/" + root.text() + "/dir", kAcceptRaw)}) {
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.body, block(directory));
  }
  auto answer = get("/ipfs/" + root.text() + "/dir/ascii.txt", kAcceptRaw);
  EXPECT_EQ(answer.header("Content-Type"), kRawType);
  EXPECT_EQ(answer.header("Content-Length"), "31");
  EXPECT_EQ(answer.header("Content-Disposition"), "attachment; filename=\"" + file.text() + ".bin\"");
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.header("ETag"), "\"" + file.text() + ".raw\"");
  EXPECT_EQ(answer.header("Cache-Control"), kImmutable);
  EXPECT_EQ(answer.header("X-Ipfs-Path"), "/ipfs/" + root.text() + "/dir/ascii.txt");
  EXPECT_EQ(answer.header("X-Ipfs-Roots"), root.text() + "," + directory.text() + "," + file.text());
  EXPECT_EQ(answer.header("Content-Location"), "/ipfs/" + root.text() + "/dir/ascii.txt?format=raw");
  EXPECT_THAT(get("/ipfs/" + file.text() + "?filename=foobar.bin", kAcceptRaw).header("Content-Disposition"),
              StartsWith("attachment; filename=\"foobar.bin\""));
}

TEST_F(GatewayTest, RangesOfABlock) {
  auto made = raw_block("0123456789abcdef");
  run(env, store.store(made));
  auto url = "/ipfs/" + made.cid.text() + "?format=raw";
  auto part = get(url, {{"Range", "bytes=6-9"}});
  EXPECT_EQ(part.status, 206u);
  EXPECT_EQ(part.header("Content-Range"), "bytes 6-9/16");
  EXPECT_EQ(part.header("Content-Length"), "4");
  EXPECT_EQ(part.body, "6789");
  EXPECT_EQ(get(url, {{"Range", "bytes=20-30,7-9"}}).body, "789") << "the only one that is there";
  auto several = get(url, {{"Range", "bytes=7-9,1-3"}});
  EXPECT_EQ(several.status, 206u);
  EXPECT_EQ(several.header("Content-Range"), "");
  EXPECT_EQ(parts_of(several.header("Content-Type"), several.body),
            (Parts{{"bytes 7-9/16", "789"}, {"bytes 1-3/16", "123"}}));
  EXPECT_EQ(several.header("Content-Length"), std::to_string(several.body.size()));
  EXPECT_EQ(get(url, {{"Range", "bytes=0-3,3-5"}}).status, 200u) << "they overlap";
  EXPECT_EQ(get(url, {{"Range", "bytes=-3"}}).body, "def");
  EXPECT_EQ(get(url, {{"Range", "lines=1-2"}}).status, 200u);
  auto beyond = get(url, {{"Range", "bytes=16-20"}});
  EXPECT_EQ(beyond.status, 416u);
  EXPECT_EQ(beyond.header("Content-Range"), "bytes */16");
  // If-Range: the part only of what the client has.
  auto tag = part.header("ETag");
  EXPECT_EQ(get(url, {{"Range", "bytes=0-0"}, {"If-Range", tag}}).status, 206u);
  EXPECT_EQ(get(url, {{"Range", "bytes=0-0"}, {"If-Range", "\"other\""}}).status, 200u);
}

TEST_F(GatewayTest, TheProbeIsAnswered) {
  auto block = get("/ipfs/bafkqaaa?format=raw");
  EXPECT_EQ(block.status, 200u);
  EXPECT_EQ(block.body, "");
  EXPECT_EQ(ask("HEAD", "/ipfs/bafkqaaa?format=raw").status, 200u);
  auto car = get("/ipfs/bafkqaaa?format=car");
  EXPECT_EQ(car.status, 200u);
  EXPECT_THAT(cids_in(car.body), IsEmpty());
}

TEST_F(GatewayTest, MissingAndMalformed) {
  auto missing = "/ipfs/" + raw_block("nobody has this").cid.text();
  for (std::string format : {"", "?format=raw", "?format=car", "?format=tar"}) {
    EXPECT_EQ(get(missing + format).status, 404u) << format;
    EXPECT_EQ(ask("HEAD", missing + format).status, 404u) << format;
  }
  for (auto method : {"GET", "HEAD"}) {
    EXPECT_EQ(ask(method, missing, {{"Cache-Control", "only-if-cached"}}).status, 412u);
    EXPECT_EQ(ask(method, "/ipfs/bafkqaaa?format=raw", {{"Cache-Control", "only-if-cached"}}).status, 200u);
  }
  auto bad = get("/ipfs/QmInvalidCID");
  EXPECT_EQ(bad.status, 400u);
  EXPECT_THAT(bad.body, HasSubstr("invalid path \"/ipfs/QmInvalidCID\""));
  EXPECT_EQ(get("/ipfs/").status, 400u);
  EXPECT_EQ(get("/ipfs/bafkqaaa?format=wav").status, 400u);
  EXPECT_EQ(get("/ipfs/bafkqaaa/%zz").status, 400u);
  EXPECT_EQ(get("/").status, 404u);
  EXPECT_EQ(get("/api/v0/id").status, 404u);
}

// --- CAR -------------------------------------------------------------------------------------------------------------

TEST_F(GatewayTest, ACarHasThePathAndWhatLiesBelow) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/trustless_gateway_car");
  auto root = load(fixtures / "subdir-with-two-single-block-files.car");
  auto subdir = at(root, {"subdir"}), file = at(root, {"subdir", "ascii.txt"});
  auto base = "/ipfs/" + root.text() + "/subdir";
  http::Headers accept{{"Accept", "application/vnd.ipld.car"}};
  for (auto& answer : {get(base + "/ascii.txt?format=car"), get(base + "/ascii.txt", accept)}) {
    EXPECT_EQ(answer.status, 200u);
    EXPECT_THAT(cids_in(answer.body), ElementsAre(root.text(), subdir.text(), file.text()));
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Accept-Ranges"), "none");
    EXPECT_EQ(answer.header("Content-Type"), "application/vnd.ipld.car; version=1; order=dfs; dups=n");
    EXPECT_EQ(answer.header("Content-Disposition"), "attachment; filename=\"" + file.text() + ".car\"");
    EXPECT_THAT(answer.header("ETag"), StartsWith("W/\"" + file.text() + ".car"));
  }
  EXPECT_EQ(get(base + "/i-do-not-exist?format=car").status, 404u);
  EXPECT_THAT(cids_in(get(base + "?format=car&dag-scope=block").body), ElementsAre(root.text(), subdir.text()));
  EXPECT_THAT(cids_in(get("/ipfs/" + root.text() + "?format=car&dag-scope=entity").body), ElementsAre(root.text()));
  // Everything that changes the bytes changes the tag.
  std::set<std::string> tags;
  for (std::string more : {"", "&dag-scope=block", "&dag-scope=entity", "&entity-bytes=0:1", "&car-dups=y"})
    tags.insert(get(base + "?format=car" + more).header("ETag"));
  EXPECT_EQ(tags.size(), 5u);
}

TEST_F(GatewayTest, CarsOfShardedDirectoriesAndDocuments) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/trustless_gateway_car");
  auto hamt = load(fixtures / "single-layer-hamt-with-multi-block-files.car");
  ipld::ContentPath path{.root = hamt, .segments = {"685.txt"}};
  auto resolved = run(env, ipld::resolve(store, path));
  std::vector<std::string> way;
  for (auto& cid : resolved.passed) way.push_back(cid.text());
  way.push_back(resolved.cid.text());
  EXPECT_EQ(cids_in(get("/ipfs/" + hamt.text() + "/685.txt?format=car&dag-scope=block").body), way);
  auto whole = cids_in(get("/ipfs/" + hamt.text() + "/685.txt?format=car").body);
  ASSERT_GT(whole.size(), way.size());
  EXPECT_TRUE(std::equal(way.begin(), way.end(), whole.begin()));
  // All shards, nothing of the files; a range of bytes means nothing for a directory.
  auto shards = cids_in(get("/ipfs/" + hamt.text() + "?format=car&dag-scope=entity").body);
  EXPECT_GT(shards.size(), 1u);
  EXPECT_EQ(shards.front(), hamt.text());
  EXPECT_THAT(shards, testing::Not(testing::Contains(resolved.cid.text())));
  EXPECT_EQ(cids_in(get("/ipfs/" + hamt.text() + "?format=car&entity-bytes=0:*").body), shards);

  auto root = load(fixtures / "dir-with-dag-cbor-with-links.car");
  auto document = at(root, {"document"});
  auto single = at(document, {"files", "single"});
  EXPECT_THAT(cids_in(get("/ipfs/" + document.text() + "/files/single?format=car").body),
              ElementsAre(document.text(), single.text()));
  EXPECT_THAT(cids_in(get("/ipfs/" + root.text() + "/document?format=car&dag-scope=entity").body),
              ElementsAre(root.text(), document.text()));
}

TEST_F(GatewayTest, CarsOfPartsOfAFile) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/trustless_gateway_car");
  auto root = load(fixtures / "subdir-with-mixed-block-files.car");
  auto file = at(root, {"subdir", "multiblock.txt"});  // 1026 bytes in blocks of 256
  std::vector<std::string> chunks{"bafkreie5noke3mb7hqxukzcy73nl23k6lxszxi5w3dtmuwz62wnvkpsscm",
                                  "bafkreih4ephajybraj6wnxsbwjwa77fukurtpl7oj7t7pfq545duhot7cq",
                                  "bafkreigu7buvm3cfunb35766dn7tmqyh2um62zcio63en2btvxuybgcpue",
                                  "bafkreicll3huefkc3qnrzeony7zcfo7cr3nbx64hnxrqzsixpceg332fhe",
                                  "bafkreifst3pqztuvj57lycamoi7z34b4emf7gawxs74nwrc2c7jncmpaqm"};
  struct Case {
    std::string bytes;
    std::size_t first, last;  // of the chunks
  };
  for (auto& each :
       {Case{"0:*", 0, 5}, Case{"512:*", 2, 5}, Case{"512:1023", 2, 4}, Case{"512:-256", 2, 4}, Case{"-5:*", 3, 5},
        Case{"-9999:*", 0, 5}, Case{"-9999:-3", 0, 4}, Case{"0:0", 0, 1}, Case{"1000:5000", 3, 5}}) {
    std::vector<std::string> expected{file.text()};
    for (auto i = each.first; i < each.last; ++i) expected.push_back(chunks[i]);
    auto answer = get("/ipfs/" + file.text() + "?format=car&dag-scope=entity&entity-bytes=" + each.bytes);
    EXPECT_EQ(cids_in(answer.body), expected) << each.bytes;
  }
  EXPECT_EQ(get("/ipfs/" + file.text() + "?format=car&entity-bytes=1026:*").status, 400u);
  EXPECT_EQ(get("/ipfs/" + file.text() + "?format=car&entity-bytes=a:b").status, 400u);
  EXPECT_EQ(get("/ipfs/" + file.text() + "?format=car&dag-scope=most").status, 400u);

  // What is not asked for may be missing; what is asked for may not.
  auto holed = load(fixtures / "file-3k-and-3-blocks-missing-block.car");
  auto url = "/ipfs/" + holed.text() + "?format=car&entity-bytes=";
  EXPECT_THAT(cids_in(get(url + "0:1000").body),
              ElementsAre(holed.text(), "QmPKt7ptM2ZYSGPUc8PmPT2VBkLDK3iqpG9TBJY7PCE9rF"));
  EXPECT_THAT(cids_in(get(url + "2200:*").body),
              ElementsAre(holed.text(), "QmWXY482zQdwecnfBsj78poUUuPXvyw2JAFAEMw4tzTavV"));
  EXPECT_EQ(get(url + "0:*").status, 404u);
}

TEST_F(GatewayTest, OrderAndDuplicatesOfCars) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/trustless_gateway_car");
  auto root = load(fixtures / "dir-with-duplicate-files.car");
  auto url = "/ipfs/" + root.text();
  auto ascii = at(root, {"ascii.txt"}).text();
  auto twice = get(url, {{"Accept", "application/vnd.ipld.car; version=1; order=dfs; dups=y"}});
  EXPECT_THAT(twice.header("Content-Type"), HasSubstr("order=dfs; dups=y"));
  auto blocks = cids_in(twice.body);
  EXPECT_EQ(std::ranges::count(blocks, ascii), 2);
  auto once = get(url, {{"Accept", "application/vnd.ipld.car; version=1; order=dfs; dups=n"}});
  EXPECT_THAT(once.header("Content-Type"), HasSubstr("order=dfs; dups=n"));
  blocks = cids_in(once.body);
  EXPECT_EQ(std::ranges::count(blocks, ascii), 1);
  EXPECT_EQ(blocks.size(), 9u);
  EXPECT_EQ(get(url, {{"Accept", "application/vnd.ipld.car; order=unk"}}).status, 200u);

  // ?format= and its parameters win; what they leave open, Accept says.
  EXPECT_THAT(get(url + "?format=car", {{"Accept", "application/vnd.ipld.car; dups=y"}}).header("Content-Type"),
              HasSubstr("dups=y"));
  EXPECT_THAT(
      get(url + "?format=car&car-dups=y", {{"Accept", "application/vnd.ipld.car; dups=n"}}).header("Content-Type"),
      HasSubstr("dups=y"));
  EXPECT_EQ(get(url + "?format=raw", {{"Accept", "application/vnd.ipld.car"}}).header("Content-Type"), kRawType);
  EXPECT_THAT(get(url + "?format=car", kAcceptRaw).header("Content-Type"), StartsWith("application/vnd.ipld.car"));
  EXPECT_EQ(get(url + "?format=car&car-version=2").status, 400u);
  EXPECT_EQ(get(url + "?format=car&car-order=bfs").status, 400u);
  EXPECT_EQ(get(url, {{"Accept", "application/vnd.ipld.car; version=2"}}).status, 406u);

  // Blocks of identity CIDs are in the CIDs, not in CARs.
  auto identity =
      get("/ipfs/bafkqaf3imvwgy3zaneqgc3janfxgy2lomvscay3jmqfa", {{"Accept", "application/vnd.ipld.car; dups=y"}});
  EXPECT_EQ(identity.status, 200u);
  EXPECT_THAT(cids_in(identity.body), IsEmpty());
}

TEST_F(GatewayTest, HeadHasTheSameHead) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures");
  auto root = load(fixtures / "gateway-raw-block.car");
  auto url = "/ipfs/" + root.text() + "/dir/ascii.txt";
  for (std::string format : {"", "?format=raw", "?format=car", "?format=tar"}) {
    auto whole = get(url + format), head = ask("HEAD", url + format);
    EXPECT_EQ(head.status, 200u);
    EXPECT_EQ(head.body, "");
    EXPECT_TRUE(head.finished);
    for (auto name : {"Content-Type", "Content-Length", "ETag", "X-Ipfs-Roots", "Cache-Control"})
      EXPECT_EQ(head.header(name), whole.header(name)) << name << format;
  }
}

TEST_F(GatewayTest, ATrustlessGatewayGivesNothingElse) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures");
  auto root = load(fixtures / "gateway-raw-block.car");
  options.deserialised = false;
  auto url = "/ipfs/" + root.text();
  EXPECT_EQ(get(url).status, 400u);
  EXPECT_EQ(get(url, {{"Accept", "text/html"}}).status, 406u);
  EXPECT_EQ(get(url + "?format=tar").status, 406u);
  EXPECT_EQ(get(url + "?format=raw").status, 200u);
  EXPECT_EQ(get(url + "/dir?format=raw").status, 400u);
  EXPECT_EQ(get(url + "/dir?format=car").status, 200u);
}

}  // namespace
}  // namespace openmcp::test
