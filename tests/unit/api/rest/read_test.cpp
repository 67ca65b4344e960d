// Contents, ranges, tags of entities, versions, differences.
#include "api/rest/conditions.hpp"
#include "api/rest/read_cache.hpp"
#include "rest_fixture.hpp"
#include "support/multipart.hpp"

namespace openmcp::api::rest::test {
namespace {

class Read : public RestTest {
protected:
  static std::string id_text(std::ptrdiff_t number) {
    auto digits = std::to_string(number);
    return "0198c1f2-7a41-7000-8000-" + std::string(12 - digits.size(), '0') + digits;
  }
};

TEST_F(Read, NotModified) {
  auto id = put("one");
  auto first = get(at(id));
  const std::string tag(first.headers.get("ETag"));
  auto same = get(at(id), {{"If-None-Match", tag}});
  EXPECT_EQ(same.status, 304u);
  EXPECT_EQ(same.text, "");
  EXPECT_EQ(same.headers.get("ETag"), tag);
  EXPECT_EQ(get(at(id), {{"If-None-Match", "\"x\", W/" + tag}}).status, 304u);
  EXPECT_EQ(get(at(id), {{"If-None-Match", "\"x\""}}).status, 200u);
  auto bare = get(at(id, "?content=false"));
  EXPECT_FALSE(bare.has("content"));
  EXPECT_TRUE(bare.has("content_hash"));
}

TEST_F(Read, WhatIsKeptDoesNotOutliveAChange) {
  auto id = put("one"), other = put("other");
  auto bare = at(id, "?content=false");
  auto first = get(bare);
  auto again = get(bare);
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(again.headers.get("ETag"), first.headers.get("ETag"));
  EXPECT_EQ(get(bare, {{"If-None-Match", std::string(first.headers.get("ETag"))}}).status, 304u);
  EXPECT_EQ(get(at(id)).str("content"), "one") << "the answer without content is another one";
  EXPECT_EQ(get(at(id)).str("content"), "one");

  EXPECT_EQ(ask("PATCH", at(id), R"({"title":"Changed"})").status, 200u);
  auto changed = get(bare);
  EXPECT_EQ(changed.str("title"), "Changed");
  EXPECT_EQ(get(bare, {{"If-None-Match", std::string(first.headers.get("ETag"))}}).status, 200u);
  EXPECT_TRUE(changed["incoming"].as_array().empty());
  ask("PATCH", at(other), R"({"add_relations":[{"kind":"see","id":")" + id + R"("}]})");
  EXPECT_EQ(get(bare)["incoming"].as_array().size(), 1u) << "others change what is said of a context";

  EXPECT_EQ(get(at(id)).status, 200u);
  EXPECT_EQ(ask("DELETE", at(id)).status, 200u);
  EXPECT_NE(get(at(id)).status, 200u);
  EXPECT_NE(get(bare).status, 200u);
}

TEST_F(Read, ManyAreKeptWithinABound) {
  ReadCache cache(*server.service);
  const std::string json(4096, 'x');
  std::vector<context::ContextId> ids(5000);
  for (auto& id : ids) {
    id = base::unwrap(context::ContextId::parse(id_text(&id - ids.data())));
    cache.keep(cache.now(), id, false, json, "tag");
  }
  std::size_t kept = 0;
  for (const auto& id : ids) kept += cache.find(id, false) != nullptr;
  EXPECT_GT(kept, 0u);
  EXPECT_LE(kept * json.size(), 8u << 20);
  cache.keep(cache.now(), ids[0], true, std::string(1 << 20, 'x'), "tag");
  EXPECT_EQ(cache.find(ids[0], true), nullptr) << "a long one";
  auto before = cache.now();
  put("a change");
  cache.keep(before, ids[0], false, json, "tag");
  EXPECT_EQ(cache.find(ids[0], false), nullptr) << "begun before the change";
  EXPECT_EQ(cache.find(ids.back(), false), nullptr);
}

TEST_F(Read, ContentsInWholeAndInPart) {
  std::string text;
  for (int i = 0; text.size() < (2u << 20) + 77; ++i) text += std::to_string(i) + " ";
  auto id = put(text);
  auto whole = get(at(id, "/content"));
  EXPECT_EQ(whole.text, text);
  EXPECT_EQ(whole.headers.get("Accept-Ranges"), "bytes");
  EXPECT_EQ(whole.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(std::string(whole.headers.get("Content-Security-Policy")).starts_with("sandbox"));
  const std::string tag(whole.headers.get("ETag"));
  EXPECT_EQ(get(at(id, "/content"), {{"If-None-Match", tag}}).status, 304u);
  struct Case {
    std::string range;
    std::size_t from, length;
  };
  for (const auto& [range, from, length] :
       {Case{"bytes=0-9", 0, 10}, Case{"bytes=1048570-1048585", 1048570, 16},
        Case{"bytes=2097152-", 2097152, text.size() - 2097152}, Case{"bytes=-5", text.size() - 5, 5}}) {
    auto part = get(at(id, "/content"), {{"Range", range}});
    EXPECT_EQ(part.status, 206u) << range;
    EXPECT_EQ(part.text, text.substr(from, length)) << range;
    EXPECT_EQ(
        part.headers.get("Content-Range"),
        "bytes " + std::to_string(from) + "-" + std::to_string(from + length - 1) + "/" + std::to_string(text.size()));
  }
  auto beyond = get(at(id, "/content"), {{"Range", "bytes=99999999-"}});
  EXPECT_EQ(beyond.status, 416u);
  EXPECT_EQ(beyond.headers.get("Content-Range"), "bytes */" + std::to_string(text.size()));
  auto several = get(at(id, "/content"), {{"Range", "bytes=5-6,0-0,-2"}});
  EXPECT_EQ(several.status, 206u);
  const auto end = std::to_string(text.size());
  EXPECT_EQ(openmcp::test::parts_of(std::string(several.headers.get("Content-Type")), several.text),
            (openmcp::test::Parts{
                {"bytes 5-6/" + end, text.substr(5, 2)},
                {"bytes 0-0/" + end, text.substr(0, 1)},
                {"bytes " + std::to_string(text.size() - 2) + "-" + std::to_string(text.size() - 1) + "/" + end,
                 text.substr(text.size() - 2)}}));
  EXPECT_EQ(several.headers.get("Content-Length"), std::to_string(several.text.size()));
  EXPECT_EQ(get(at(id, "/content"), {{"Range", "bytes=0-5,5-6"}}).text, text) << "they overlap";
  EXPECT_EQ(get(at(id, "/content"), {{"Range", "bytes=0-0"}, {"If-Range", "\"other\""}}).status, 200u);
  EXPECT_EQ(get(at(id, "/content"), {{"Range", "bytes=0-0"}, {"If-Range", tag}}).status, 206u);
  auto head = ask("HEAD", at(id, "/content"));
  EXPECT_EQ(head.text, "");
  EXPECT_EQ(head.headers.get("Content-Length"), std::to_string(text.size()));
}

TEST_F(Read, VersionsByNumberAndCid) {
  auto id = put("one");
  ask("PUT", at(id), R"({"content":"two"})");
  ask("PUT", at(id), R"({"content":"three"})");
  auto list = get(at(id, "/versions"));
  const auto& versions = list["versions"].as_array();
  ASSERT_EQ(versions.size(), 3u);
  EXPECT_EQ(versions[0].at("number"), 3);
  EXPECT_EQ(get(at(id, "/versions?limit=1"))["versions"].as_array().size(), 1u);
  const std::string cid(versions[2].at("version").as_string());
  for (auto name : {std::string("1"), std::string("v1"), cid}) {
    auto version = get(at(id, "/versions/" + name));
    EXPECT_EQ(version.status, 200u) << version.text;
    EXPECT_EQ(version.str("content"), "one");
    EXPECT_EQ(version.str("version"), cid);
    EXPECT_EQ(get(at(id, "/content?version=" + name)).text, "one");
  }
  EXPECT_EQ(get(at(id, "/versions/4")).status, 404u);
  EXPECT_EQ(get(at(id, "/versions/0")).status, 404u);
  EXPECT_EQ(get(at(id, "/versions/nonsense")).status, 422u);
  auto other = put("elsewhere", R"(,"title":")" + id + R"(@2")");
  EXPECT_EQ(get(at(other, "/versions/" + cid)).status, 404u) << "a version of another context";
}

TEST_F(Read, DifferencesAndRestoring) {
  auto id = put("a\nb\nc\n", R"(,"metadata":{"k":1,"same":true})");
  ask("PUT", at(id), R"({"content":"a\nB\nc\n","metadata":{"k":2,"same":true},"tags":["t"]})");
  auto diff = get(at(id, "/diff"));
  ASSERT_EQ(diff.status, 200u) << diff.text;
  EXPECT_EQ(diff["content_equal"], false);
  EXPECT_EQ(
      json::serialize(diff["hunks"]),
      R"([{"before_start":1,"after_start":1,"lines":[{"op":" ","text":"a"},{"op":"-","text":"b"},{"op":"+","text":"B"},{"op":" ","text":"c"}]}])");
  EXPECT_EQ(json::serialize(diff["fields"]), R"({"tags_added":["t"],"metadata":[{"key":"k","before":1,"after":2}]})");
  EXPECT_EQ(get(at(id, "/diff?from=2&to=1"))["fields"].at("tags_removed").as_array().size(), 1u);
  auto restored = post(at(id, "/restore"), R"({"version":"v1","message":"back"})");
  EXPECT_EQ(restored.status, 200u) << restored.text;
  EXPECT_EQ(restored["number"], 3);
  EXPECT_EQ(get(at(id)).str("content"), "a\nb\nc\n");
  EXPECT_EQ(get(at(id)).str("message"), "back");
  EXPECT_EQ(post(at(id, "/restore"), R"({"version":"v9"})").status, 404u);
  EXPECT_EQ(post(at(id, "/restore"), R"({})").status, 422u);
  EXPECT_EQ(post(at(id, "/merge"), R"({})")["unchanged"], true) << "there is only one head";
  EXPECT_EQ(ask("POST", at(id, "/merge")).status, 200u) << "an empty body asks for nothing special";
}

TEST_F(Read, VerifiesOneContext) {
  auto id = put("one");
  ask("PUT", at(id), R"({"content":"two"})");
  auto report = ask("POST", "/api/v1/verify/" + id);
  ASSERT_EQ(report.status, 200u) << report.text;
  EXPECT_EQ(report["ok"], true);
  EXPECT_EQ(report["versions"], 2);
  EXPECT_EQ(report["blocks"], 6);
  EXPECT_EQ(ask("POST", "/api/v1/verify/00000000-0000-4000-8000-000000000001").status, 404u);
}

TEST(Conditions, EntityTags) {
  auto tags = parse_entity_tags(R"( "a", W/"b,c" ,"", bad, "open)");
  ASSERT_EQ(tags.tags.size(), 3u);
  EXPECT_EQ(tags.tags[0].text, "a");
  EXPECT_TRUE(tags.tags[1].weak);
  EXPECT_EQ(tags.tags[1].text, "b,c");
  EXPECT_EQ(tags.tags[2].text, "");
  EXPECT_FALSE(tags.any);
  EXPECT_TRUE(parse_entity_tags("*").any);
  EXPECT_TRUE(parse_entity_tags("").tags.empty());
}

TEST(Conditions, MediaTypesThatFitAHeader) {
  EXPECT_EQ(safe_media_type("text/html; charset=utf-8"), "text/html; charset=utf-8");
  for (auto bad : {"", "text", "text/", "a b/c", "text/plain\r\nSet-Cookie: a=b", "text/\xc3\xa4"})
    EXPECT_EQ(safe_media_type(bad), "application/octet-stream") << bad;
}

}  // namespace
}  // namespace openmcp::api::rest::test
