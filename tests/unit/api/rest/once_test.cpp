// Changes that are sent again with their Idempotency-Key.
#include "api/rest/idempotency.hpp"
#include "rest_fixture.hpp"

namespace openmcp::api::rest::test {
namespace {

class Once : public RestTest {
protected:
  static http::Headers key(std::string text, std::string match = {}) {
    http::Headers out{{"Idempotency-Key", std::move(text)}};
    if (!match.empty()) out.add("If-Match", std::move(match));
    return out;
  }
  static void expect_replayed(const Reply& again, const Reply& first) {
    EXPECT_EQ(again.status, first.status) << again.text;
    EXPECT_EQ(again.text, first.text);
    EXPECT_EQ(again.headers.get("ETag"), first.headers.get("ETag"));
    EXPECT_EQ(again.headers.get("Idempotent-Replayed"), "true");
    EXPECT_FALSE(first.headers.has("Idempotent-Replayed"));
  }
};

TEST_F(Once, ACommitGivesTheFirstAnswerAgain) {
  const std::string body = R"({"type":"x","content":"once \"and\" only"})";
  http::Headers key{{"Idempotency-Key", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""}};
  auto first = post("/api/v1/contexts/", body, key);
  auto again = post("/api/v1/contexts/", body, key);
  EXPECT_EQ(first.status, 200u);
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(again.headers.get("ETag"), first.headers.get("ETag"));
  EXPECT_EQ(again.headers.get("Idempotent-Replayed"), "true");
  EXPECT_FALSE(first.headers.has("Idempotent-Replayed"));
  EXPECT_EQ(get("/api/v1/contexts/").body.as_array().size(), 1u);
  auto other = post("/api/v1/contexts/", R"({"type":"x","content":"other"})", key);
  EXPECT_EQ(other.status, 422u);
  EXPECT_EQ(post("/api/v1/context/commit", body, key).headers.has("Idempotent-Replayed"), false) << "another route";
  EXPECT_EQ(post("/api/v1/contexts/", body, {{"Idempotency-Key", std::string(300, 'k')}}).status, 400u);
  // A refused request leaves its key free.
  http::Headers second{{"Idempotency-Key", "second"}};
  EXPECT_EQ(post("/api/v1/contexts/", R"({"type":"x"})", second).status, 422u);
  EXPECT_EQ(post("/api/v1/contexts/", body, second).status, 200u);
}

TEST(IdempotencyStore, IsBoundedAndForgets) {
  base::RealEnv env;
  Idempotency store(env, {.keys = 3, .bytes = 100'000, .keep = std::chrono::hours(1)});
  auto claim = [&](const std::string& key, std::uint8_t body = 0) {
    crypto::Digest32 digest{};
    digest[0] = body;
    return store.claim("scope", key, digest);
  };
  auto done = [&](const std::string& key, std::size_t bytes) {
    auto claimed = claim(key);
    std::get<Idempotency::Claim>(claimed).keep(
        {.status = 200, .before = std::string(bytes, 'a'), .after = {}, .content = false});
  };
  {
    auto held = claim("a");
    EXPECT_THROW(claim("a"), HttpError);
  }
  EXPECT_EQ(store.size(), 0u) << "given back";
  for (auto key : {"a", "b", "c", "d"}) done(key, 10);
  EXPECT_EQ(store.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<Idempotency::Claim>(claim("a"))) << "the oldest is forgotten";
  EXPECT_TRUE(std::holds_alternative<KeptAnswer>(claim("d")));
  EXPECT_THROW(claim("d", 1), HttpError);
  done("large", 200'000);
  EXPECT_EQ(store.size(), 0u);
  Idempotency brief(env, {.keys = 3, .bytes = 1000, .keep = {}});
  crypto::Digest32 digest{};
  auto once = brief.claim("s", "k", digest);
  std::get<Idempotency::Claim>(once).keep({});
  EXPECT_TRUE(std::holds_alternative<Idempotency::Claim>(brief.claim("s", "k", digest)));
}

TEST_F(Once, EveryChangeOfAContextIsDoneOnce) {
  const struct {
    const char *method, *path, *body, *other;
  } changes[] = {{"PUT", "", R"({"content":"two \"quoted\"","message":"m"})", R"({"content":"three"})"},
                 {"PATCH", "", R"({"title":"New"})", R"({"title":"Newer"})"},
                 {"POST", "/restore", R"({"version":"v1"})", R"({"version":"v2"})"},
                 {"POST", "/merge", R"({"message":"m"})", ""}};
  for (const auto& change : changes) {
    SCOPED_TRACE(std::string(change.method) + change.path);
    const auto id = put("one");
    ask("PUT", at(id), R"({"content":"before"})");
    const auto path = at(id, change.path);
    const auto first = ask(change.method, path, change.body, key("k-" + id));
    ASSERT_EQ(first.status, 200u) << first.text;
    const auto next = ask("PUT", at(id), R"({"content":"somebody else"})");
    expect_replayed(ask(change.method, path, change.body, key("k-" + id)), first);
    EXPECT_EQ(get(at(id)).str("version"), next.str("version")) << "nothing was done a second time";
    const auto reused = ask(change.method, path, change.other, key("k-" + id));
    EXPECT_EQ(reused.status, 422u);
    EXPECT_EQ(reused.str("code"), "idempotency_key_reused");
    EXPECT_EQ(ask(change.method, path, change.body, key("other-" + id)).headers.has("Idempotent-Replayed"), false);
  }
}

TEST_F(Once, ForgettingIsAnsweredAgainThoughTheContextIsGone) {
  for (std::string_view shape : {"/api/v1/contexts/", "/api/v1/context/"}) {
    const auto path = std::string(shape) + put("one");
    const auto first = ask("DELETE", path + "?reason=old", {}, key(path));
    ASSERT_EQ(first.status, 200u) << first.text;
    expect_replayed(ask("DELETE", path + "?reason=old", {}, key(path)), first);
    EXPECT_EQ(ask("DELETE", path + "?reason=other", {}, key(path)).status, 422u);
    EXPECT_EQ(ask("DELETE", path, {}, key(path + "-2")).status, 404u);
  }
}

TEST_F(Once, IfMatchIsPartOfTheRequestAndNotLookedAtAgain) {
  const auto id = put("one");
  const auto tag = std::string(get(at(id)).headers.get("ETag"));
  const std::string body = R"({"content":"two"})";
  const auto first = ask("PUT", at(id), body, key("k", tag));
  ASSERT_EQ(first.status, 200u) << first.text;
  expect_replayed(ask("PUT", at(id), body, key("k", tag)), first);
  EXPECT_EQ(ask("PUT", at(id), body, key("k")).status, 422u);
  EXPECT_EQ(ask("PUT", at(id), body, key("k2", tag)).status, 412u);
  // What was refused may be sent again with its key, better.
  EXPECT_EQ(ask("PUT", at(id), body, key("k2", std::string(first.headers.get("ETag")))).status, 200u);
}

TEST_F(Once, BelongsToItsCallerAndItsContext) {
  const auto one = put("one"), two = put("two");
  const std::string body = R"({"title":"T"})";
  const auto first = ask("PATCH", at(one), body, key("k"));
  EXPECT_EQ(ask("PATCH", at(two), body, key("k")).str("id"), two);
  EXPECT_FALSE(ask("PATCH", at(one), body, key("k"), Role::admin).headers.has("Idempotent-Replayed"));
  expect_replayed(ask("PATCH", at(one), body, key("k")), first);
}

}  // namespace
}  // namespace openmcp::api::rest::test
