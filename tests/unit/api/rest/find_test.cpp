// Pages, filters, search, contexts built for a question, graphs, bulk operations.
#include "rest_fixture.hpp"

namespace openmcp::api::rest::test {
namespace {

class Find : public RestTest {
protected:
  std::vector<std::string> titles(const Reply& reply) {
    std::vector<std::string> out;
    for (const auto& each : reply["contexts"].as_array()) out.emplace_back(each.at("title").as_string());
    return out;
  }
  using Titles = std::vector<std::string>;
};

TEST_F(Find, PagesWithFilters) {
  put("a", R"(,"title":"A","tags":["x"],"author":"bob")");
  put("b", R"(,"title":"B","tags":["x","y"])");
  put("c", R"(,"title":"C","tags":["z"],"source":"docs/c.md")");
  EXPECT_EQ(titles(get("/api/v1/contexts?limit=10")), (Titles{"C", "B", "A"}));
  auto page = get("/api/v1/contexts?limit=2");
  EXPECT_EQ(titles(page), (Titles{"C", "B"}));
  auto rest = get("/api/v1/contexts/?limit=2&cursor=" + page.str("next"));
  EXPECT_EQ(titles(rest), (Titles{"A"}));
  EXPECT_EQ(rest.str("next"), "");
  EXPECT_EQ(titles(get("/api/v1/contexts?tag=x&tag=y")), (Titles{"B"}));
  EXPECT_EQ(titles(get("/api/v1/contexts?any_tag=y&any_tag=z")), (Titles{"C", "B"}));
  EXPECT_EQ(titles(get("/api/v1/contexts?author=bob")), (Titles{"A"}));
  EXPECT_EQ(titles(get("/api/v1/contexts?source=docs%2F")), (Titles{"C"}));
  EXPECT_EQ(titles(get("/api/v1/contexts?type=code")), (Titles{}));
  EXPECT_EQ(titles(get("/api/v1/contexts?until=1h")), (Titles{}));
  EXPECT_EQ(titles(get("/api/v1/contexts?since=1h&diverged=false")), (Titles{"C", "B", "A"}));
  for (auto bad : {"limit=0", "limit=x", "limit=1001", "limit=99999999999999999999", "since=never", "diverged=maybe"}) {
    auto refused = get(std::string("/api/v1/contexts?") + bad);
    EXPECT_EQ(refused.status, 422u) << bad;
    EXPECT_EQ(refused["detail"].as_array().at(0).at("loc").as_array().at(0), "query");
  }
  EXPECT_EQ(get("/api/v1/contexts?cursor=bad").status, 400u);
  auto tags = get("/api/v1/tags");
  EXPECT_EQ(json::serialize(tags["tags"].as_array().at(0)), R"({"tag":"x","contexts":2})");
}

TEST_F(Find, Searches) {
  put("The walrus sings.", R"(,"title":"Walrus","tags":["sea"])");
  put("The heron waits.", R"(,"title":"Heron")");
  auto found = get("/api/v1/search?q=walrus&explain=true");
  ASSERT_EQ(found.status, 200u) << found.text;
  EXPECT_EQ(titles(found), (Titles{"Walrus"}));
  EXPECT_TRUE(found["contexts"].as_array().at(0).as_object().contains("explain"));
  EXPECT_EQ(titles(get("/api/v1/search?q=the+walrus&tag=none")), (Titles{}));
  EXPECT_EQ(get("/api/v1/search")["total"], 2);
  auto page = get("/api/v1/search?limit=1");
  EXPECT_NE(page.str("next"), "");
  EXPECT_EQ(titles(get("/api/v1/search?limit=1&cursor=" + page.str("next"))).size(), 1u);
  EXPECT_EQ(get("/api/v1/search?q=other&cursor=" + page.str("next")).status, 400u);
}

TEST_F(Find, BuildsAContext) {
  auto id = put("The walrus sings in winter.", R"(,"title":"Walrus")");
  put("The heron waits.", R"(,"title":"Heron")");
  auto built = post("/api/v1/build", R"({"query":"walrus","budget_tokens":1000})");
  ASSERT_EQ(built.status, 200u) << built.text;
  EXPECT_NE(built.str("text").find("The walrus sings in winter."), std::string::npos);
  ASSERT_EQ(built["parts"].as_array().size(), 1u);
  EXPECT_EQ(built["parts"].as_array()[0].at("id"), json::string(id));
  EXPECT_LE(built["tokens"].as_int64(), 1000);
  EXPECT_EQ(post("/api/v1/build", R"({"query":"heron","also":[")" + id + "\"]}")["parts"].as_array().size(), 2u);
  EXPECT_EQ(post("/api/v1/build", R"({"budget_tokens":10})").status, 422u);
  EXPECT_EQ(post("/api/v1/build", R"({"also":["nope"]})").status, 422u);
}

TEST_F(Find, Graphs) {
  auto a = put("a", R"(,"title":"A")");
  auto b = put("b", R"(,"title":"B","relations":[{"kind":"refines","id":")" + a + "\"}]");
  auto c = put("c", R"(,"title":"C","relations":[{"kind":"refines","id":")" + b +
                        R"("},{"kind":"lost","id":"00000000-0000-4000-8000-000000000001"}])");
  auto near = get(at(a, "/graph"));
  EXPECT_EQ(near["nodes"].as_array().size(), 2u);
  EXPECT_EQ(json::serialize(near["edges"]), R"([{"from":")" + b + R"(","to":")" + a + R"(","kind":"refines"}])");
  auto far = get(at(a, "/graph?depth=3"));
  EXPECT_EQ(far["nodes"].as_array().size(), 3u);
  EXPECT_EQ(far["edges"].as_array().size(), 2u) << "what points nowhere is no edge";
  EXPECT_EQ(get(at(a, "/graph?depth=4")).status, 422u);
}

TEST_F(Find, BulkOperationsEachWithItsResult) {
  auto old = put("old"), other = put("kept");
  std::string operations;
  for (int i = 0; i < 70; ++i)
    operations += R"({"op":"commit","content":"bulk )" + std::to_string(i) + R"(","type":"x","metadata":{"v":0.3}},)";
  operations += R"({"op":"commit","id":")" + old + R"(","content":"new"},)";
  operations += R"({"op":"edit","id":")" + old + R"(","add_tags":["t"]},)";
  operations += R"({"op":"edit","id":"00000000-0000-4000-8000-000000000001","title":"x"},)";
  operations += R"({"op":"forget","id":")" + other + R"("},{"op":"forget","id":")" + other + R"("},)";
  operations += R"({"op":"commit"},{"op":"dance"},7,{"op":"edit"})";
  auto done = post("/api/v1/bulk", R"({"operations":[)" + operations + "]}");
  ASSERT_EQ(done.status, 200u) << done.text;
  const auto& results = done["results"].as_array();
  ASSERT_EQ(results.size(), 79u);
  for (std::size_t i = 0; i < 72; ++i) EXPECT_EQ(results[i].at("ok"), true) << i;
  EXPECT_EQ(results[70].at("number"), 2);
  EXPECT_EQ(results[71].at("number"), 3);
  const int status[] = {404, 200, 404, 422, 422, 422, 422};
  for (std::size_t i = 72; i < 79; ++i) {
    EXPECT_EQ(results[i].at("ok"), status[i - 72] == 200) << i;
    if (status[i - 72] != 200) EXPECT_EQ(results[i].at("error").at("status"), status[i - 72]) << i;
  }
  // Contexts come in the order of their operations.
  EXPECT_EQ(get(at(std::string(results[5].at("id").as_string()))).str("content"), "bulk 5");
  EXPECT_EQ(get(at(old)).str("content"), "new");
  EXPECT_EQ(get(at(other)).status, 404u);

  for (auto bad : {R"({})", R"({"operations":3})", R"([])", R"({"operations":[})", ""})
    EXPECT_EQ(post("/api/v1/bulk", bad).status, 422u) << bad;
  std::string many = R"({"operations":[{})";
  for (int i = 0; i < 1000; ++i) many += ",{}";
  EXPECT_EQ(post("/api/v1/bulk", many + "]}").status, 422u);
  http::Headers key{{"Idempotency-Key", "bulk-1"}};
  const std::string one = R"({"operations":[{"op":"commit","content":"once","type":"x"}]})";
  EXPECT_EQ(post("/api/v1/bulk", one, key).text, post("/api/v1/bulk", one, key).text);
}

}  // namespace
}  // namespace openmcp::api::rest::test
