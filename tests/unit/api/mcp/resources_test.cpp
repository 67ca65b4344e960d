// Resources, prompts and completion.
#include <boost/json.hpp>

#include "unit/api/mcp/mcp_fixture.hpp"

namespace openmcp::api::mcp::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class McpResources : public testing::Test, public McpFixture {
protected:
  json::value read(std::string uri) { return modern("resources/read", {{"uri", std::move(uri)}}); }
  std::string read_text(std::string uri) { return text_at(read(std::move(uri)), "/result/contents/0/text"); }
};

TEST_F(McpResources, ContextsByIdAndVersion) {
  auto saved = structured("context_save", {{"content", "one"}});
  const auto id = text_at(saved, "/id");
  call("context_update", {{"id", id}, {"content", "two"}});
  EXPECT_EQ(read_text("context://" + id), "two");
  EXPECT_EQ(read_text("context://" + id + "@v1"), "one");
  EXPECT_EQ(read_text("context://" + id + "@" + text_at(saved, "/version")), "one");
  auto answer = read("context://" + id);
  EXPECT_EQ(text_at(answer, "/result/cacheScope"), "private");
  EXPECT_EQ(text_at(answer, "/result/contents/0/mimeType"), "text/plain; charset=utf-8");
}

TEST_F(McpResources, BlocksAndFilesByCid) {
  auto saved = structured("context_save", {{"content", "one"}});
  EXPECT_EQ(read_text("ipfs://" + text_at(saved, "/cid")), "one");
  auto manifest = read("ipfs://" + text_at(saved, "/version"));
  EXPECT_EQ(text_at(manifest, "/result/contents/0/mimeType"), "application/vnd.ipld.dag-json");
  EXPECT_THAT(text_at(manifest, "/result/contents/0/text"), HasSubstr(text_at(saved, "/cid")));
}

TEST_F(McpResources, BinaryContentIsBase64) {
  context::CommitRequest request;
  request.content = base::SharedBytes(base::Bytes{0, 1, 2, 0xFF});
  auto result = run(base.env, base.workspace->commit(std::move(request)));
  auto answer = read("context://" + result.id.text());
  EXPECT_EQ(text_at(answer, "/result/contents/0/blob"), "AAEC/w==");
}

TEST_F(McpResources, WhatIsNotThereIsSaidInEachErasWay) {
  for (std::string uri :
       {"context://00000000-0000-7000-8000-000000000001", "context://not an id", "ipfs://nonsense",
        "ipfs://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", "file:///etc/passwd", "context://%zz"}) {
    auto answer = read(uri);
    EXPECT_EQ(at(answer, "/error/code").as_int64(), -32602) << uri;
    EXPECT_EQ(text_at(answer, "/error/data/uri"), uri);
  }
  auto session = start_session();
  auto old = legacy(session, R"({"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"context://x"}})");
  EXPECT_EQ(at(json::parse(old->body()), "/error/code").as_int64(), -32002);
}

TEST_F(McpResources, ListsAreInPages) {
  std::set<std::string> expected, seen;
  for (int i = 0; i < 60; ++i) expected.insert("context://" + save("text " + std::to_string(i)));
  json::object params;
  for (int pages = 0; pages < 4; ++pages) {
    auto answer = modern("resources/list", params);
    for (auto& each : at(answer, "/result/resources").as_array()) seen.insert(std::string(each.at("uri").as_string()));
    auto* next = at(answer, "/result").as_object().if_contains("nextCursor");
    if (!next) break;
    params["cursor"] = *next;
  }
  EXPECT_EQ(seen, expected);
  for (auto* method : {"resources/list", "tools/list", "prompts/list", "resources/templates/list"})
    EXPECT_EQ(at(modern(method, {{"cursor", "made up"}}), "/error/code").as_int64(), -32602) << method;
}

TEST_F(McpResources, Prompts) {
  save("The API is versioned by date.", {{"title", "API versions"}, {"tags", {"api"}}, {"type", "decision"}});
  auto recalled = modern("prompts/get", {{"name", "recall"}, {"arguments", {{"topic", "API"}}}});
  EXPECT_THAT(text_at(recalled, "/result/messages/0/content/text"), HasSubstr("versioned by date"));
  auto project = modern("prompts/get", {{"name", "summarise-project"}, {"arguments", {{"project", "api"}}}});
  EXPECT_THAT(text_at(project, "/result/messages/0/content/text"), HasSubstr("versioned by date"));
  auto handoff = modern("prompts/get", {{"name", "handoff"}});
  EXPECT_THAT(text_at(handoff, "/result/messages/0/content/text"), HasSubstr("API versions"));
  EXPECT_EQ(at(modern("prompts/get", {{"name", "recall"}}), "/error/code").as_int64(), -32602);
  EXPECT_EQ(at(modern("prompts/get", {{"name", "none"}}), "/error/code").as_int64(), -32602);
  EXPECT_EQ(at(modern("prompts/get", {{"name", "recall"}, {"arguments", {{"topic", 3}}}}), "/error/code").as_int64(),
            -32602);
}

TEST_F(McpResources, Completion) {
  auto id = save("x", {{"title", "Release plan"}, {"tags", {"release", "planning"}}, {"type", "decision"}});
  auto ask = [this](json::object reference, std::string argument, std::string value, json::object known = {}) {
    auto answer = modern("completion/complete", {{"ref", reference},
                                                 {"argument", {{"name", argument}, {"value", value}}},
                                                 {"context", {{"arguments", known}}}});
    std::vector<std::string> values;
    for (auto& each : at(answer, "/result/completion/values").as_array()) values.emplace_back(each.as_string());
    return values;
  };
  const json::object context{{"type", "ref/resource"}, {"uri", "context://{id}"}};
  const json::object version{{"type", "ref/resource"}, {"uri", "context://{id}@{version}"}};
  EXPECT_THAT(ask(context, "id", id.substr(0, 6)), ElementsAre(id));
  EXPECT_THAT(ask(context, "id", "RELEASE"), ElementsAre(id));
  EXPECT_THAT(ask(version, "version", "", {{"id", id}}), ElementsAre("v1"));
  EXPECT_THAT(ask({{"type", "ref/prompt"}, {"name", "summarise-project"}}, "project", "pla"), ElementsAre("planning"));
  EXPECT_THAT(ask({{"type", "ref/prompt"}, {"name", "recall"}}, "type", "dec"), ElementsAre("decision"));
  EXPECT_EQ(at(modern("completion/complete", {{"ref", {{"type", "ref/prompt"}, {"name", "none"}}},
                                              {"argument", {{"name", "a"}, {"value", ""}}}}),
               "/error/code")
                .as_int64(),
            -32602);
}

}  // namespace

}  // namespace openmcp::api::mcp::test
