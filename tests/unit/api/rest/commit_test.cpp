// New contexts and versions in the modern way.
#include "rest_fixture.hpp"

namespace openmcp::api::rest::test {
namespace {

class Commit : public RestTest {};

TEST_F(Commit, AnswersWhatAReadAnswers) {
  auto other = put("other");
  for (std::string content : {std::string("# Title\ntext"), std::string((1u << 20) + 7, 'c')}) {
    auto made =
        post("/api/v1/contexts",
             R"({"type":"decision","content":)" + json::serialize(json::value(content)) +
                 R"(,"tags":["b","a","a"],"metadata":{"k":0.3},"message":"why","relations":[{"kind":"answers","id":")" +
                 other + R"("}]})");
    ASSERT_EQ(made.status, 200u) << made.text.substr(0, 500);
    auto read = get(at(made.str("id")));
    EXPECT_EQ(made.text, read.text) << made.text.substr(0, 2000);
    EXPECT_EQ(made.headers.get("ETag"), read.headers.get("ETag"));
    EXPECT_EQ(read.headers.get("ETag"), "\"" + made.str("version") + "\"");
    EXPECT_EQ(json::serialize(made["tags"]), R"(["a","b"])");
    EXPECT_EQ(made.str("proof"), "valid");
    EXPECT_EQ(made.str("author"), "ada");
    EXPECT_NE(made.text.find("\"k\":0.3}"), std::string::npos) << "numbers stay as they were written";
  }
  auto named =
      post("/api/v1/contexts", R"({"type":"code","content":"x","author":"bob","title":"t","media_type":"text/x"})");
  EXPECT_EQ(named.text, get(at(named.str("id"))).text);
}

TEST_F(Commit, NextVersionsByPutAndById) {
  auto id = put("one", R"(,"tags":["t"],"metadata":{"a":1})");
  auto second = ask("PUT", at(id), R"({"content":"two"})");
  ASSERT_EQ(second.status, 200u) << second.text;
  EXPECT_EQ(second.str("content"), "two");
  EXPECT_EQ(second["number"], 2);
  EXPECT_EQ(json::serialize(second["tags"]), R"(["t"])") << "what is not given stays";
  EXPECT_EQ(second.text, get(at(id)).text);
  auto third = post("/api/v1/contexts/", R"({"type":"code","content":"three","id":")" + id + "\"}");
  EXPECT_EQ(third.str("id"), id);
  EXPECT_EQ(third["number"], 3);
  EXPECT_EQ(third.str("type"), "code");
  auto same = ask("PUT", at(id), R"({"content":"three"})");
  EXPECT_EQ(same["number"], 3) << "nothing new";
  EXPECT_EQ(ask("PUT", at("00000000-0000-4000-8000-000000000001"), R"({"content":"x"})").status, 404u);
}

TEST_F(Commit, IfMatchAndExpectedParents) {
  auto id = put("one");
  auto first = get(at(id));
  const std::string tag(first.headers.get("ETag"));
  EXPECT_EQ(ask("PUT", at(id), R"({"content":"two"})", {{"If-Match", tag}}).status, 200u);
  for (const auto& method : {"PUT", "PATCH", "DELETE"}) {
    auto late = ask(method, at(id), std::string(method) == "DELETE" ? "" : R"({"content":"three","title":"x"})",
                    {{"If-Match", tag}});
    EXPECT_EQ(late.status, 412u) << method << late.text;
  }
  const auto now = get(at(id));
  EXPECT_EQ(now.str("content"), "two");
  EXPECT_EQ(
      ask("PUT", at(id), R"({"content":"3"})", {{"If-Match", "\"other\", " + std::string(now.headers.get("ETag"))}})
          .status,
      200u);
  EXPECT_EQ(ask("PUT", at(id), R"({"content":"4"})", {{"If-Match", "*"}}).status, 200u);
  EXPECT_EQ(ask("PUT", at(id), R"({"content":"5"})", {{"If-Match", "W/" + tag}}).status, 412u);

  auto conflict = ask("PUT", at(id), R"({"content":"6","expected_parents":[")" + first.str("version") + "\"]}");
  EXPECT_EQ(conflict.status, 409u);
  EXPECT_EQ(conflict.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(conflict["heads"], get(at(id))["heads"]);
  EXPECT_EQ(ask("PUT", at(id), R"({"content":"6","expected_parents":[")" + get(at(id)).str("version") + "\"]}").status,
            200u);
}

TEST_F(Commit, PatchesTheDescription) {
  auto other = put("other");
  auto id = put("one", R"(,"tags":["a","b"])");
  auto done = ask(
      "PATCH", at(id),
      R"({"title":"New","type":"code","metadata":{"x":1},"add_tags":["c"],"remove_tags":["a"],"add_relations":[{"kind":"see","id":")" +
          other + R"("}],"message":"m"})");
  ASSERT_EQ(done.status, 200u) << done.text;
  EXPECT_EQ(done["number"], 2);
  auto read = get(at(id));
  EXPECT_EQ(read.headers.get("ETag"), done.headers.get("ETag"));
  EXPECT_EQ(read.str("title"), "New");
  EXPECT_EQ(read.str("type"), "code");
  EXPECT_EQ(read.str("content"), "one");
  EXPECT_EQ(json::serialize(read["tags"]), R"(["b","c"])");
  EXPECT_EQ(json::serialize(read["metadata"]), R"({"x":1})");
  EXPECT_EQ(read["relations"].as_array().at(0).at("id"), json::string(other));
  EXPECT_EQ(get(at(other))["incoming"].as_array().at(0).at("id"), json::string(id));
  auto refused = ask("PATCH", at(id), R"({"title":3,"add_tags":[1,""],"add_relations":[{"kind":"x","id":"y"},{}]})");
  EXPECT_EQ(refused.status, 422u);
  EXPECT_EQ(refused.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(refused["errors"].as_array().size(), 6u) << refused.text;
}

TEST_F(Commit, StreamsContentsOfAnyType) {
  std::string bytes(3u << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
  auto headers = server.bearer(Role::writer);
  headers.add("Content-Type", "image/png");
  auto exchange = std::make_unique<FakeExchange>(
      server.env, "POST", "/api/v1/contexts?title=A%20picture&type=other&tag=x&tag=y", headers, bytes);
  exchange->in_pieces(70'001);
  auto made = reply_of(*server.ask(std::move(exchange)));
  ASSERT_EQ(made.status, 200u) << made.text;
  EXPECT_EQ(made.str("title"), "A picture");
  EXPECT_EQ(made.str("media_type"), "image/png");
  EXPECT_EQ(made.str("content_hash"), hash_of(bytes));
  EXPECT_EQ(json::serialize(made["tags"]), R"(["x","y"])");
  auto content = get(at(made.str("id"), "/content"));
  EXPECT_EQ(content.text, bytes);
  EXPECT_EQ(content.headers.get("Content-Type"), "image/png");

  auto next = ask("PUT", at(made.str("id"), "/content"), "now text", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(next.status, 200u) << next.text;
  EXPECT_EQ(next["number"], 2);
  EXPECT_EQ(get(at(made.str("id"))).str("content"), "now text");
  EXPECT_EQ(
      ask("PUT", at(made.str("id"), "/content"), "a=b", {{"Content-Type", "application/x-www-form-urlencoded"}}).status,
      415u);
  EXPECT_EQ(post("/api/v1/contexts", "a=b", {{"Content-Type", "application/x-www-form-urlencoded"}}).status, 422u);
}

TEST_F(Commit, AClientThatVanishesLeavesNothing) {
  std::string bytes(3u << 20, 'v');
  auto headers = server.bearer(Role::writer);
  headers.add("Content-Type", "text/plain");
  auto exchange = std::make_unique<FakeExchange>(server.env, "POST", "/api/v1/contexts", headers, bytes);
  exchange->vanish_after(2u << 20);
  EXPECT_EQ(server.ask(std::move(exchange))->status(), 503u);
  EXPECT_TRUE(get("/api/v1/contexts").body.as_array().empty());
}

TEST_F(Commit, RefusesWhatIsTooLarge) {
  auto headers = server.bearer(Role::writer);
  headers.add("Content-Type", "application/json");
  auto exchange = std::make_unique<FakeExchange>(server.env, "POST", "/api/v1/contexts/", headers,
                                                 std::string((68u << 20) + 1, ' '));
  EXPECT_EQ(server.ask(std::move(exchange))->status(), 413u);
  auto tags = post("/api/v1/contexts/", R"({"type":"x","content":"","title":")" + std::string(4097, 't') + "\"}");
  EXPECT_EQ(tags.status, 422u);
  EXPECT_EQ(tags["detail"].as_array().at(0).at("type"), "string_too_long");
  EXPECT_EQ(post("/api/v1/contexts/", R"({"type":"","content":""})")["detail"].as_array().at(0).at("type"),
            "string_too_short");
  std::string deep =
      R"({"type":"x","content":"","metadata":{"a":)" + std::string(80, '[') + std::string(80, ']') + "}}";
  EXPECT_EQ(post("/api/v1/contexts/", deep).status, 422u);
}

TEST_F(Commit, IsWrittenInTheAuditLog) {
  auto id = put("one");
  ask("PUT", at(id), R"({"content":"two"})");
  post(at(id, "/restore"), R"({"version":"v1"})");
  ask("DELETE", at(id));
  auto page = openmcp::test::run(server.env, server.audit->read(0, 10));
  std::vector<std::string> actions;
  for (const auto& line : page.lines)
    if (line.entry.target == id) actions.push_back(line.entry.action);
  EXPECT_EQ(actions,
            (std::vector<std::string>{"context.forget", "context.restore", "context.update", "context.commit"}));
  EXPECT_EQ(page.lines[0].entry.who, "writer");
  EXPECT_EQ(page.lines[0].entry.token, server.token_id(Role::writer));
}

}  // namespace
}  // namespace openmcp::api::rest::test
