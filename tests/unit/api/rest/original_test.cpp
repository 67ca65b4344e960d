// The original's clients: its own tests and its dashboard's calls, re-expressed.
#include <regex>

#include "rest_fixture.hpp"

namespace openmcp::api::rest::test {
namespace {

class Original : public RestTest {};

TEST_F(Original, CodeShapeCreatesGetsListsAndDeletes) {
  for (std::string root : {"/api/v1/contexts/", "/api/v1/contexts"}) {
    const std::string text = "This is \"a\" test\ncontext of " + root + " \u00e4\u6771";
    auto made = post(root, R"({"type":"test","content":)" + json::serialize(json::value(text)) +
                               R"(,"context_metadata":{"source":"unit","n":1.50,"big":18446744073709551615}})");
    ASSERT_EQ(made.status, 200u) << made.text;
    EXPECT_EQ(made.str("type"), "test");
    EXPECT_EQ(made.str("content"), text);
    EXPECT_EQ(made.str("content_hash"), hash_of(text));
    EXPECT_EQ(made["context_metadata"], made["metadata"]);
    EXPECT_NE(made.text.find("\"big\":18446744073709551615"), std::string::npos);
    const std::regex naive(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})");
    EXPECT_TRUE(std::regex_match(made.str("created_at"), naive)) << made.str("created_at");
    EXPECT_EQ(made.str("created_at"), made.str("updated_at"));
    const auto id = made.str("id");
    EXPECT_EQ(id.size(), 36u);

    auto read = get("/api/v1/contexts/" + id);
    EXPECT_EQ(read.status, 200u);
    for (auto field :
         {"type", "context_metadata", "metadata", "id", "content", "content_hash", "created_at", "updated_at"})
      EXPECT_EQ(read[field], made[field]) << field;
    std::string bare;
    for (char c : id)
      if (c != '-') bare += c;
    EXPECT_EQ(get("/api/v1/contexts/" + bare).str("id"), id) << "the old ids without dashes";

    auto list = get(root);
    ASSERT_TRUE(list.body.is_array());
    EXPECT_EQ(list.body.as_array().size(), 1u);
    EXPECT_EQ(list.body.as_array()[0].at("id"), made["id"]);
    EXPECT_EQ(list.body.as_array()[0].at("content"), made["content"]);

    auto gone = ask("DELETE", "/api/v1/contexts/" + id);
    EXPECT_EQ(gone.status, 200u);
    EXPECT_EQ(gone.text, R"({"message":"Context deleted successfully"})");
    for (auto method : {"GET", "DELETE"}) {
      auto missing = ask(method, "/api/v1/contexts/" + id);
      EXPECT_EQ(missing.status, 404u);
      EXPECT_EQ(missing.text, R"({"detail":"Context not found"})");
    }
    EXPECT_TRUE(get(root).body.as_array().empty());
  }
}

TEST_F(Original, DocumentsShapeOfTheDashboard) {
  auto made = post("/api/v1/context/commit", R"({"content":"hello","type":"conversation","metadata":{"a":[1,null]}})");
  ASSERT_EQ(made.status, 200u);
  for (auto field : {"id", "content", "type", "metadata", "created_at", "updated_at"}) EXPECT_TRUE(made.has(field));
  EXPECT_EQ(json::serialize(made["metadata"]), R"({"a":[1,null]})");
  const auto id = made.str("id");
  auto list = get("/api/v1/context/list");
  ASSERT_EQ(list.body.as_array().size(), 1u);
  EXPECT_EQ(list.body.as_array()[0].at("id"), made["id"]);
  EXPECT_EQ(get("/api/v1/context/" + id).str("content"), "hello");
  EXPECT_EQ(ask("DELETE", "/api/v1/context/" + id).status, 200u);
  EXPECT_EQ(get("/api/v1/context/" + id).status, 404u);
}

TEST_F(Original, NoMetadataIsNullInTheCodesShape) {
  for (auto body : {R"({"type":"x","content":""})", R"({"type":"x","content":"","context_metadata":null})"}) {
    auto made = post("/api/v1/contexts/", body);
    EXPECT_EQ(made.status, 200u);
    EXPECT_TRUE(made["context_metadata"].is_null());
    EXPECT_TRUE(made["metadata"].as_object().empty());
    EXPECT_EQ(made.str("content"), "");
    EXPECT_EQ(made.str("content_hash"), hash_of(""));
  }
}

TEST_F(Original, EveryPostIsAContextOfItsOwn) {
  auto one = put("same"), two = put("same");
  EXPECT_NE(one, two);
  // The original removed the bytes of both.
  EXPECT_EQ(ask("DELETE", at(one)).status, 200u);
  EXPECT_EQ(get(at(two)).str("content"), "same");
  EXPECT_EQ(get(at(two, "/content")).text, "same");
}

TEST_F(Original, ValidationErrorsAreWordedAsTheFrameworkDoes) {
  struct Case {
    std::string body, detail;
  };
  const Case cases[] = {
      {R"({"type":"code"})",
       R"([{"type":"missing","loc":["body","content"],"msg":"Field required","input":{"type":"code"}}])"},
      {R"({"content":"x","type":5})",
       R"([{"type":"string_type","loc":["body","type"],"msg":"Input should be a valid string","input":5}])"},
      {R"({"content":null,"type":"x"})",
       R"([{"type":"string_type","loc":["body","content"],"msg":"Input should be a valid string","input":null}])"},
      {R"({"type":"x","content":"y","context_metadata":[1]})",
       R"([{"type":"dict_type","loc":["body","context_metadata"],"msg":"Input should be a valid dictionary","input":[1]}])"},
      {R"([1])",
       R"([{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[1]}])"},
      {R"({"type":)",
       R"([{"type":"json_invalid","loc":["body",8],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting value"}}])"},
      {R"({} x)",
       R"([{"type":"json_invalid","loc":["body",3],"msg":"JSON decode error","input":{},"ctx":{"error":"Extra data"}}])"},
      {"{}",
       R"([{"type":"missing","loc":["body","type"],"msg":"Field required","input":{}},{"type":"missing","loc":["body","content"],"msg":"Field required","input":{}}])"},
  };
  for (const auto& each : cases) {
    auto refused = post("/api/v1/contexts/", each.body);
    EXPECT_EQ(refused.status, 422u) << each.body;
    EXPECT_EQ(refused["detail"], json::parse(each.detail)) << refused.text;
  }
  auto none = ask("POST", "/api/v1/contexts/");
  EXPECT_EQ(none["detail"], json::parse(R"([{"type":"missing","loc":["body"],"msg":"Field required","input":null}])"));
}

TEST_F(Original, BadIdsAreWordedAsTheFrameworkDoes) {
  const std::pair<std::string, std::string> cases[] = {
      {"nope",
       "invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `n` at 1"},
      {"abc", "invalid length: expected length 32 for simple format, found 3"},
      {"12345678-1234", "invalid group count: expected 5, found 2"},
      {"1234567-1234-1234-1234-123456789012", "invalid group length in group 0: expected 8, found 7"},
      {"12345678-1234-1234-1234-1234567890123", "invalid group length in group 4: expected 12, found 13"},
      {"12345678-1234-12345-1234-123456789012", "invalid group length in group 2: expected 4, found 5"},
  };
  for (const auto& [id, why] : cases) {
    auto refused = get("/api/v1/contexts/" + id);
    ASSERT_EQ(refused.status, 422u) << id;
    const auto& item = refused["detail"].as_array().at(0);
    EXPECT_EQ(item.at("type"), "uuid_parsing");
    EXPECT_EQ(item.at("loc"), json::parse(R"(["path","context_id"])"));
    EXPECT_EQ(item.at("msg"), json::string("Input should be a valid UUID, " + why));
    EXPECT_EQ(item.at("ctx").at("error"), json::string(why));
    EXPECT_EQ(item.at("input"), json::string(id));
  }
  EXPECT_EQ(get("/api/v1/contexts/00000000-0000-0000-0000-000000000000").status, 404u);
}

TEST_F(Original, OnlyWritersWrite) {
  auto refused = ask("POST", "/api/v1/contexts/", R"({"type":"x","content":"y"})", {}, Role::reader);
  EXPECT_EQ(refused.status, 403u);
  EXPECT_TRUE(refused.has("detail"));
  EXPECT_EQ(server.ask("GET", "/api/v1/contexts/")->status(), 401u);
}

TEST_F(Original, TheWholeListIsStreamedInOrderOfBirth) {
  std::vector<std::string> ids;
  const std::string text(3000, 'x');
  for (int i = 0; i < 300; ++i) ids.push_back(put(text + std::to_string(i)));
  // One changed again, one forgotten, one that is no text, one of several blocks.
  ask("PUT", at(ids[0]), R"({"content":"changed"})");
  ask("DELETE", at(ids[1]));
  auto binary = post("/api/v1/contexts", std::string("\xff\x00\xfe", 3), {{"Content-Type", "image/png"}});
  ids.push_back(binary.str("id"));
  std::string large((2u << 20) + 5, 'l');
  ids.push_back(put(large));
  auto list = get("/api/v1/contexts/");
  const auto& items = list.body.as_array();
  ASSERT_EQ(items.size(), 301u);
  EXPECT_EQ(items[0].at("content"), "changed");
  for (std::size_t i = 2; i < 300; ++i) EXPECT_EQ(items[i - 1].at("id"), json::string(ids[i]));
  EXPECT_TRUE(items[299].at("content").is_null());
  EXPECT_EQ(items[299].at("content_omitted"), "not UTF-8 text");
  EXPECT_EQ(items[300].at("content"), json::string(large));
  EXPECT_EQ(items[300].at("content_hash"), json::string(hash_of(large)));
}

TEST_F(Original, ADamagedContextDoesNotTakeTheListWithIt) {
  auto good = put("good"), bad = put("needle in the haystack"), last = put("last");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.home("store/packs"))) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto at = text.find("needle in the haystack");
    if (at == std::string::npos) continue;
    file.clear();
    file.seekp(static_cast<std::streamoff>(at));
    file.put('N');
  }
  auto list = get("/api/v1/contexts/");
  const auto& items = list.body.as_array();
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].at("content"), "good");
  EXPECT_TRUE(items[1].at("content").is_null());
  EXPECT_EQ(items[1].at("content_omitted"), "it cannot be read");
  EXPECT_EQ(items[2].at("content"), "last");
  auto one = get(at(bad));
  EXPECT_EQ(one.status, 500u);
  EXPECT_EQ(one.text, "Internal Server Error");
  auto report = ask("POST", "/api/v1/verify/" + bad);
  EXPECT_EQ(report["ok"], false);
  EXPECT_EQ(report["findings"].as_array().size(), 1u) << report.text;
}

}  // namespace
}  // namespace openmcp::api::rest::test
