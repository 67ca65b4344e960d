// dag-json, dag-cbor, json and cbor blocks, over the fixtures of ipfs/gateway-conformance.
#include "gateway_support.hpp"

namespace openmcp::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(GatewayTest, JsonInAFileIsAFile) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/path_gateway_dag");
  auto root = load(fixtures / "gateway-json-cbor.car");
  auto json = at(root, {"ą", "ę", "t.json"}), text = at(root, {"ą", "ę", "file-źł.txt"});
  auto url = "/ipfs/" + json.text();
  for (auto& answer : {get(url), get(url, {{"Accept", "application/json"}}),
                       get(url + "?format=json", {{"Accept", "application/vnd.ipld.raw"}})}) {
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_EQ(answer.body, block(json));
  }
  EXPECT_EQ(get("/ipfs/" + text.text() + "?format=json").status, 406u);
  EXPECT_EQ(get("/ipfs/" + text.text() + "?format=cbor").status, 406u);
}

TEST_F(GatewayTest, NothingIsConverted) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/path_gateway_dag");
  auto file = at(load(fixtures / "gateway-json-cbor.car"), {"ą", "ę", "file-źł.txt"}).text();
  auto json = load(fixtures / "dag-json-traversal.car").text(), cbor = load(fixtures / "dag-cbor-traversal.car").text();
  auto directory = load(fixtures / "gateway-json-cbor.car").text();
  for (auto& [cid, format] : {std::pair(file, "dag-json"), std::pair(file, "dag-cbor"), std::pair(json, "dag-cbor"),
                              std::pair(cbor, "dag-json"), std::pair(cbor, "json"), std::pair(json, "cbor"),
                              std::pair(json, "tar"), std::pair(directory, "json"), std::pair(directory, "dag-json")}) {
    auto answer = get("/ipfs/" + cid + "?format=" + format);
    EXPECT_EQ(answer.status, 406u) << cid << " " << format;
  }
  EXPECT_EQ(get("/ipfs/" + cbor, {{"Accept", "application/vnd.ipld.dag-json"}}).status, 406u);
  EXPECT_THAT(get("/ipfs/" + cbor + "?format=dag-json").body, HasSubstr("?format=raw"));
}

struct Row {
  std::string own, plain, kind, extension, car, plain_car;
};
const std::vector<Row> kRows{
    {"dag-json", "json", "inline", "json", "dag-json-traversal.car", "plain-json.car"},
    {"dag-cbor", "cbor", "attachment", "cbor", "dag-cbor-traversal.car", "plain-cbor.car"},
};

TEST_F(GatewayTest, DocumentsAreGivenAsTheyAre) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/path_gateway_dag");
  for (auto& row : kRows) {
    auto cid = load(fixtures / row.car);
    auto url = "/ipfs/" + cid.text();
    auto own_type = "application/vnd.ipld." + row.own, plain_type = "application/" + row.plain;
    auto disposition = row.kind + "; filename=\"" + cid.text() + "." + row.extension + "\"";
    for (auto& answer : {get(url), get(url + "/"), get(url + "?format=" + row.own), get(url, {{"Accept", own_type}})}) {
      EXPECT_EQ(answer.status, 200u);
      EXPECT_EQ(answer.body, block(cid));
      EXPECT_EQ(answer.header("Content-Type"), own_type);
      EXPECT_EQ(answer.header("Content-Disposition"), disposition);
      EXPECT_EQ(answer.header("ETag"), "\"" + cid.text() + "." + row.own + "\"");
      EXPECT_EQ(answer.header("Cache-Control"), kImmutable);
      EXPECT_EQ(answer.header("X-Ipfs-Roots"), cid.text());
    }
    for (auto& answer : {get(url + "?format=" + row.plain), get(url, {{"Accept", plain_type}})}) {
      EXPECT_EQ(answer.header("Content-Type"), plain_type);
      EXPECT_EQ(answer.body, block(cid));
    }
    auto named = url + "?filename=foobar." + row.extension;
    EXPECT_EQ(get(named, {{"Accept", own_type}}).header("Content-Disposition"),
              row.kind + "; filename=\"foobar." + row.extension + "\"");
    EXPECT_EQ(get(named + "&download=true").header("Content-Disposition"),
              "attachment; filename=\"foobar." + row.extension + "\"");
    auto part = get(url, {{"Range", "bytes=7-9"}});
    EXPECT_EQ(part.status, 206u);
    EXPECT_EQ(part.body, block(cid).substr(7, 3));

    auto page = get(url + "/", {{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}});
    EXPECT_THAT(page.header("ETag"), StartsWith("\"DagIndex-"));
    EXPECT_THAT(page.header("Content-Type"), StartsWith("text/html"));
    EXPECT_EQ(page.header("Content-Disposition"), "");
    EXPECT_EQ(page.header("Cache-Control"), "public, max-age=604800, stale-while-revalidate=2678400");
    EXPECT_THAT(page.body, AllOf(HasSubstr("</html>"), HasSubstr("<a href=\"/ipfs/ba"), HasSubstr("banana")));

    auto plain = load(fixtures / row.plain_car);
    for (auto& answer : {get("/ipfs/" + plain.text()), get("/ipfs/" + plain.text() + "?format=" + row.plain),
                         get("/ipfs/" + plain.text(), {{"Accept", plain_type}})}) {
      EXPECT_EQ(answer.body, block(plain));
      EXPECT_EQ(answer.header("Content-Type"), plain_type);
      EXPECT_EQ(answer.header("Content-Disposition"),
                row.kind + "; filename=\"" + plain.text() + "." + row.extension + "\"");
    }
    EXPECT_EQ(get("/ipfs/" + plain.text() + "?format=" + row.own).status, 406u);
  }
}

TEST_F(GatewayTest, PathsThroughDocuments) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/path_gateway_dag");
  for (auto& row : kRows) {
    auto url = "/ipfs/" + load(fixtures / row.car).text();
    // The path ends at a field that is no link.
    EXPECT_EQ(get(url + "/foo?format=" + row.own).status, 501u);
    EXPECT_EQ(get(url + "/foo?format=raw").status, 501u);
    EXPECT_EQ(get(url + "/foo/i-do-not-exist").status, 404u);
    auto end = get(url + "/foo/link/bar?format=" + row.own);
    EXPECT_EQ(end.status, 200u);
    EXPECT_THAT(end.body, HasSubstr("this is not a link"));
  }
}

TEST_F(GatewayTest, LargeDocumentsAreNotShown) {
  auto block = parent_block(std::string(300'000, 'x'), {});
  run(env, store.store(block));
  auto page = get("/ipfs/" + block.cid.text(), {{"Accept", "text/html"}});
  EXPECT_THAT(page.header("ETag"), StartsWith("\"DagIndex-"));
  EXPECT_LT(page.body.size(), 10'000u);
  EXPECT_EQ(get("/ipfs/" + block.cid.text()).body.size(), block.data.size());
}

TEST_F(GatewayTest, OtherCodecsAreGivenAsBlocks) {
  auto hash = base::unwrap(ipld::hash(ipld::HashCode::sha2_256, base::as_bytes("tree")));
  Block block{Cid::v1(static_cast<Codec>(0x78), hash), base::SharedBytes(base::to_bytes("tree"))};
  run(env, store.store(block));
  EXPECT_EQ(get("/ipfs/" + block.cid.text()).status, 400u);
  EXPECT_EQ(get("/ipfs/" + block.cid.text() + "/a").status, 400u);
  EXPECT_EQ(get("/ipfs/" + block.cid.text() + "?format=raw").body, "tree");
}

}  // namespace
}  // namespace openmcp::test
