// /ipns/ over the records of ipfs/gateway-conformance.
#include "api/gateway/ipns_record.hpp"
#include "gateway_support.hpp"

namespace openmcp::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kCurrentName = "k51qzi5uqu5dlkw8pxuw9qmqayfdeh4kfebhmreauqdc6a7c3y7d5i9fi8mk9w";

TEST_F(GatewayTest, OnlyValidRecordsLead) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/ipns_records");
  std::map<std::string, unsigned> expected{{"_v1", 502},
                                           {"_v1-v2", 200},
                                           {"_v1-v2-broken-v1-value", 502},
                                           {"_v1-v2-broken-signature-v2", 502},
                                           {"_v1-v2-broken-signature-v1", 200},
                                           {"_v2", 200}};
  for (auto& file : std::filesystem::directory_iterator(fixtures)) {
    auto name = load_record(file.path());
    auto kind = file.path().stem().string().substr(name.size());
    ASSERT_TRUE(expected.contains(kind)) << kind;
    auto answer = get("/ipns/" + name);
    EXPECT_EQ(answer.status, expected[kind]) << kind;
    EXPECT_EQ(get("/ipns/" + name + "?format=ipns-record").status, expected[kind] == 200 ? 200u : 404u) << kind;
    if (kind == "_v1-v2") {
      EXPECT_EQ(answer.body,
                std::string(base::as_text(base::unwrap(Cid::parse("bafkqaddwgevxmmraojswg33smq")).hash().digest())));
      EXPECT_THAT(answer.header("Cache-Control"), StartsWith("public, max-age=1800"));
    }
    expected.erase(kind);
  }
  EXPECT_TRUE(expected.empty());
}

TEST_F(GatewayTest, RecordsAreGivenForClientsThatVerify) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/ipns_records");
  auto file = fixtures / (kCurrentName + "_v1-v2.ipns-record");
  load_record(file);
  auto bytes = slurp_text(file);
  for (auto& answer : {get("/ipns/" + kCurrentName + "?format=ipns-record"),
                       get("/ipns/" + kCurrentName, {{"Accept", "application/vnd.ipfs.ipns-record"}})}) {
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.body, bytes);
    EXPECT_EQ(answer.header("Content-Type"), "application/vnd.ipfs.ipns-record");
    EXPECT_EQ(answer.header("Cache-Control"), "public, max-age=1800");
    EXPECT_EQ(answer.header("Content-Disposition"), "attachment; filename=\"" + kCurrentName + ".ipns-record\"");
  }
  EXPECT_EQ(get("/ipns/" + kCurrentName + "/a?format=ipns-record").status, 400u);
  EXPECT_EQ(get("/ipfs/bafkqaaa?format=ipns-record").status, 400u);
}

TEST_F(GatewayTest, ContentBehindNames) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures");
  auto root = load(fixtures / "gateway-cache" / "fixtures.car");
  auto name = load_record(fixtures / "gateway-cache" /
                          "k51qzi5uqu5dlxdsdu5fpuu7h69wu4ohp32iwm9pdt9nq3y5rpn3ln9j12zfhe.ipns-record");
  auto below = load_record(fixtures / "gateway-cache" /
                           "k51qzi5uqu5djokp3m1keo36hoxtd6u3a1d2rg1camf6al7p3huy63dojlm57c.ipns-record");
  auto root2 = at(root, {"root2"}).text(), root3 = at(root, {"root2", "root3"}).text();
  auto listing = get("/ipns/" + name + "/root2/root3/");
  EXPECT_EQ(listing.status, 200u);
  EXPECT_EQ(listing.header("X-Ipfs-Path"), "/ipns/" + name + "/root2/root3/");
  EXPECT_EQ(listing.header("X-Ipfs-Roots"), root.text() + "," + root2 + "," + root3);
  EXPECT_THAT(listing.header("Cache-Control"), StartsWith("public, max-age="));
  EXPECT_THAT(listing.header("Cache-Control"), testing::Not(HasSubstr("immutable")));
  auto file = get("/ipns/" + name + "/root2/root3/root4/index.html");
  EXPECT_EQ(file.body, "hello\n");
  EXPECT_EQ(get("/ipns/" + name + "/root2/root3/root4/index.html", {{"If-None-Match", file.header("ETag")}}).status,
            304u);
  // The value of a record may have a path of its own.
  EXPECT_EQ(get("/ipns/" + below + "/root3/root4/index.html").body, "hello\n");
  // A name without a record, and one of DNS.
  EXPECT_EQ(get("/ipns/" + kCurrentName).status, 502u);
  EXPECT_EQ(get("/ipns/en.wikipedia-on-ipfs.org/wiki/").status, 501u);
  EXPECT_EQ(get("/ipns/nonsense").status, 400u);
}

TEST_F(GatewayTest, DocumentsBehindNames) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/path_gateway_dag");
  auto cid = load(fixtures / "dag-json-traversal.car");
  auto name = load_record(fixtures / "k51qzi5uqu5dhjghbwdvbo6mi40htrq6e2z4pwgp15pgv3ho1azvidttzh8yy2.ipns-record");
  EXPECT_EQ(get("/ipns/" + name).body, block(cid));
  EXPECT_EQ(get("/ipns/" + name + "?format=dag-json").header("ETag"), "\"" + cid.text() + ".dag-json\"");
  EXPECT_THAT(get("/ipns/" + name + "/", {{"Accept", "text/html"}}).header("ETag"), StartsWith("\"DagIndex-"));
}

TEST_F(GatewayTest, NamesHaveOneText) {
  auto moved = get("/ipns/12D3KooWRBy97UB99e3J6hiPesre1MZeuNQvfan4gBziswrRJsNK/root2/?a=b");
  EXPECT_EQ(moved.status, 302u);
  EXPECT_EQ(moved.header("Location"),
            "/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8/root2/?a=b");
  moved = get("/ipns/QmcJM7PRfkSbcM5cf1QugM5R37TLRKyJGgBEhXjLTB8uA2/root2/");
  EXPECT_EQ(moved.status, 302u);
  EXPECT_EQ(moved.header("Location"), "/ipns/k2k4r8ol4m8kkcqz509c1rcjwunebj02gcnm5excpx842u736nja8ger/root2/");
}

}  // namespace
}  // namespace openmcp::test
