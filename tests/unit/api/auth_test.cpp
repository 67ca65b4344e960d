// Tokens on the disk, sessions, rates.
#include "api/auth.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "api/gate.hpp"
#include "api/tokens_file.hpp"
#include "base/log.hpp"
#include "base/sim_env.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::api {
namespace {

using base::Errc;
using test::run;

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

unsigned mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

class AuthTest : public testing::Test {
protected:
  std::unique_ptr<Auth> open() { return run(env, Auth::open(env, home, "default")); }
  Refusal refusal(Auth& auth, std::string_view secret) {
    auto caller = auth.verify(secret);
    EXPECT_FALSE(caller.has_value());
    return caller.error();
  }

  test::TempDir directory;
  std::string home = directory / "home";
  base::RealEnv env;
};

TEST_F(AuthTest, MakesTheFirstTokenAndKeepsOnlyHashes) {
  auto auth = open();
  EXPECT_EQ(auth->token_file(), home + "/token");
  auto secret = read(home + "/token");
  ASSERT_TRUE(secret.ends_with('\n'));
  secret.pop_back();
  EXPECT_EQ(secret.size(), 61u);
  EXPECT_EQ(mode_of(home + "/token"), 0600u);
  EXPECT_EQ(mode_of(home + "/tokens.json"), 0600u);
  EXPECT_EQ(read(home + "/tokens.json").find(secret.substr(18)), std::string::npos);
  auto caller = auth->verify(secret);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->role, Role::admin);
  EXPECT_EQ(caller->name, "first");

  auth.reset();
  auto again = open();
  EXPECT_TRUE(again->verify(secret));
  EXPECT_EQ(read(home + "/token"), secret + "\n");
}

TEST_F(AuthTest, KeepsTokensOverRestarts) {
  auto auth = open();
  auto end = env.now().time_since_epoch().count() + 3600 * 1'000'000LL;
  auto made = run(env, auth->create("reader \"x\"", Role::reader, "default", end));
  EXPECT_EQ(made.secret.substr(0, 18), "omcp_" + made.token.id + "_");
  auto other = run(env, auth->create("gone", Role::writer, "", {}));
  auto revoked = run(env, auth->revoke(other.token.id));
  ASSERT_TRUE(revoked.revoked);
  EXPECT_EQ(*run(env, auth->revoke(other.token.id)).revoked, *revoked.revoked);
  auto before = auth->list();

  auth = open();
  auto after = auth->list();
  ASSERT_EQ(after.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(after[i].id, before[i].id);
    EXPECT_EQ(after[i].name, before[i].name);
    EXPECT_EQ(after[i].role, before[i].role);
    EXPECT_EQ(after[i].workspace, before[i].workspace);
    EXPECT_EQ(after[i].created, before[i].created);
    EXPECT_EQ(after[i].expires, before[i].expires);
    EXPECT_EQ(after[i].revoked, before[i].revoked);
  }
  EXPECT_EQ(auth->verify(made.secret)->role, Role::reader);
  EXPECT_EQ(refusal(*auth, other.secret), Refusal::revoked);
  EXPECT_EQ(auth->check(other.secret).error().message(), "the token is revoked");
  EXPECT_FALSE(auth->still(other.token.id));
  EXPECT_TRUE(auth->still(made.token.id));
}

TEST_F(AuthTest, RefusesWhatIsNotOurs) {
  auto auth = open();
  auto made = run(env, auth->create("x", Role::reader, "", {}));
  EXPECT_EQ(refusal(*auth, ""), Refusal::malformed);
  EXPECT_EQ(refusal(*auth, made.secret.substr(1)), Refusal::malformed);
  EXPECT_EQ(refusal(*auth, made.secret + " "), Refusal::malformed);
  for (std::size_t i = 18; i < made.secret.size(); i += 7) {
    auto changed = made.secret;
    changed[i] = changed[i] == 'q' ? 'r' : 'q';
    EXPECT_EQ(refusal(*auth, changed), Refusal::unknown);
  }
  auto elsewhere = run(env, auth->create("x", Role::admin, "another", {}));
  EXPECT_EQ(refusal(*auth, elsewhere.secret), Refusal::audience);
  auto code = [&](auto task) {
    try {
      run(env, std::move(task));
    } catch (const base::Error& error) {
      return error.code();
    }
    return Errc::internal;
  };
  EXPECT_EQ(code(auth->create("", Role::reader, "", {})), Errc::invalid_argument);
  EXPECT_EQ(code(auth->create("a\nb", Role::reader, "", {})), Errc::invalid_argument);
  EXPECT_EQ(code(auth->create(std::string(201, 'a'), Role::reader, "", {})), Errc::invalid_argument);
  EXPECT_EQ(code(auth->create("a", Role::none, "", {})), Errc::invalid_argument);
  EXPECT_EQ(code(auth->create("a", Role::reader, "", 1)), Errc::invalid_argument);
  EXPECT_EQ(code(auth->revoke("nosuchtoken1")), Errc::not_found);
}

TEST_F(AuthTest, RefusesFilesThatOthersMayRead) {
  open();
  for (auto name : {"/tokens.json", "/token"}) {
    ASSERT_EQ(::chmod((home + name).c_str(), 0640), 0);
    try {
      open();
      FAIL() << name;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), Errc::permission);
      EXPECT_NE(error.message().find(name), std::string::npos);
      EXPECT_NE(error.hint().find("chmod 600"), std::string::npos);
    }
    ASSERT_EQ(::chmod((home + name).c_str(), 0600), 0);
  }
  open();
}

TEST_F(AuthTest, DoesNotTakeADamagedFileForAnEmptyOne) {
  open();
  std::ofstream(home + "/tokens.json") << "{\"version\":1,\"tokens\":[{}]}";
  EXPECT_THROW(open(), base::Error);
  std::ofstream(home + "/tokens.json") << "";
  EXPECT_THROW(open(), base::Error);
}

TEST_F(AuthTest, SeesWhatAnotherProcessChanged) {
  auto server = open(), command = open();
  auto made = run(env, command->create("new", Role::reader, "", {}));
  EXPECT_EQ(refusal(*server, made.secret), Refusal::unknown);
  run(env, server->reload());
  EXPECT_TRUE(server->verify(made.secret));
  // What each adds is kept, although neither knew of the other.
  run(env, server->create("by the server", Role::reader, "", {}));
  run(env, command->create("by the command", Role::reader, "", {}));
  EXPECT_EQ(command->list().size(), 4u);
}

TEST_F(AuthTest, SecretsAreInNoLogAndNoError) {
  auto log = directory / "log";
  base::set_log_file(log);
  base::set_log_level(base::LogLevel::trace);
  auto auth = open();
  auto made = run(env, auth->create("x", Role::reader, "", {}));
  auto wrong = made.secret;
  wrong.back() = wrong.back() == 'q' ? 'r' : 'q';
  auto refused = auth->check(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ((refused.error().message() + refused.error().hint()).find(wrong.substr(18)), std::string::npos);
  run(env, auth->close());
  base::set_log_level(base::LogLevel::warn);
  auto text = read(log);
  EXPECT_EQ(text.find(made.secret.substr(18)), std::string::npos);
  EXPECT_EQ(text.find(wrong.substr(18)), std::string::npos);
}

TEST(Auth, NotesWhenATokenWasUsed) {
  base::SimWorld world(1);
  auto& env = world.node("a");
  auto main = [&env]() -> base::Task<void> {
    std::string secret;
    {
      auto auth = co_await Auth::open(env, "/home", "default");
      auto made = co_await auth->create("x", Role::reader, "", {});
      secret = made.secret;
      EXPECT_FALSE(auth->list()[1].used);
      EXPECT_TRUE(auth->verify(secret));
      EXPECT_TRUE(auth->list()[1].used);
      co_await env.sleep(std::chrono::minutes(1));
    }
    auto again = co_await Auth::open(env, "/home", "default");
    EXPECT_TRUE(again->list()[1].used);  // written without being asked
    EXPECT_TRUE(again->verify(secret));
    co_await env.sleep(std::chrono::hours(1));
  };
  world.run(main());
}

TEST(Auth, TokensEndAtTheirTime) {
  base::SimWorld world(2);
  auto& env = world.node("a");
  auto main = [&env]() -> base::Task<void> {
    auto auth = co_await Auth::open(env, "/home", "default");
    auto end = env.now() + std::chrono::hours(1);
    auto made = co_await auth->create("brief", Role::reader, "", end.time_since_epoch().count());
    EXPECT_TRUE(auth->verify(made.secret));
    co_await env.sleep(std::chrono::minutes(59));
    EXPECT_TRUE(auth->verify(made.secret));
    co_await env.sleep(std::chrono::minutes(1));
    auto refused = auth->verify(made.secret);
    EXPECT_FALSE(refused);
    if (!refused) EXPECT_EQ(refused.error(), Refusal::expired);
  };
  world.run(main());
}

TEST(TokensFile, IsReadAsItIsWritten) {
  KeptToken token;
  token.token = {.id = "bcdfghjkmnpq",
                 .name = "a \"b\" \\ \u00e4\n",
                 .role = Role::writer,
                 .workspace = "w",
                 .created = 1'700'000'000'123'456,
                 .expires = 1'800'000'000'000'000,
                 .revoked = {},
                 .used = 1'700'000'000'123'457};
  token.digest.fill(0xAB);
  auto text = encode_tokens({token});
  auto back = decode_tokens(text);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(encode_tokens(*back), text);
  EXPECT_TRUE(decode_tokens(encode_tokens({})));
  auto replaced = [&text](std::string_view from, std::string_view to) {
    auto out = text;
    out.replace(out.find(from), from.size(), to);
    return out;
  };
  EXPECT_FALSE(decode_tokens(encode_tokens({token, token})));
  EXPECT_FALSE(decode_tokens(replaced("\"version\":1", "\"version\":2")));
  EXPECT_FALSE(decode_tokens(replaced("\"writer\"", "\"owner\"")));
  EXPECT_FALSE(decode_tokens(replaced("abab", "abaG")));
  EXPECT_FALSE(decode_tokens(replaced("\"workspace\"", "\"workspaces\"")));
  EXPECT_FALSE(decode_tokens(replaced("bcdfghjkmnpq", "bcdfghjkmnpa")));
  EXPECT_FALSE(decode_tokens(replaced("2027-", "27-")));
  EXPECT_FALSE(decode_tokens(text.substr(0, text.size() - 3)));
}

TEST(Sessions, EndByTimeAndByTheirToken) {
  base::SimWorld world(3);
  auto& env = world.node("a");
  auto main = [&env]() -> base::Task<void> {
    Sessions sessions(env);
    const Caller caller{.name = "ada", .token_id = "bcdfghjkmnpq", .role = Role::writer};
    auto value = [](const Sessions::Started& started) { return started.cookie.substr(0, started.cookie.find(';')); };
    auto one = sessions.start(caller, true);
    EXPECT_NE(one.cookie.find("; Secure"), std::string::npos);
    auto two = sessions.start(caller, false);
    EXPECT_NE(value(one), value(two));
    EXPECT_NE(one.session.csrf, two.session.csrf);
    EXPECT_EQ(sessions.find(value(one))->csrf, one.session.csrf);
    EXPECT_EQ(sessions.find("a=b;" + value(two))->csrf, two.session.csrf);
    EXPECT_EQ(sessions.find("x" + value(two)), nullptr);
    EXPECT_EQ(sessions.find(""), nullptr);
    sessions.end(value(one));
    EXPECT_EQ(sessions.find(value(one)), nullptr);
    sessions.end_token(caller.token_id);
    EXPECT_EQ(sessions.find(value(two)), nullptr);

    auto brief = sessions.start(caller, false, (env.now() + std::chrono::minutes(5)).time_since_epoch().count());
    auto whole = sessions.start(caller, false);
    co_await env.sleep(std::chrono::minutes(5));
    EXPECT_EQ(sessions.find(value(brief)), nullptr);  // not longer than its token
    EXPECT_NE(sessions.find(value(whole)), nullptr);
    co_await env.sleep(std::chrono::hours(12));
    EXPECT_EQ(sessions.find(value(whole)), nullptr);

    auto oldest = sessions.start(caller, false);
    std::string newest;
    for (int i = 0; i < 256; ++i) newest = value(sessions.start(caller, false));
    EXPECT_EQ(sessions.find(value(oldest)), nullptr);
    EXPECT_NE(sessions.find(newest), nullptr);
  };
  world.run(main());
}

TEST(RateLimiter, LetsABurstThroughAndThenTheRate) {
  base::SimWorld world(4);
  auto& env = world.node("a");
  auto main = [&env]() -> base::Task<void> {
    RateLimiter limiter(env, {.per_second = 10, .burst = 5});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(limiter.take("a"), 0u);
    EXPECT_EQ(limiter.take("a"), 1u);
    EXPECT_EQ(limiter.take("b"), 0u);
    co_await env.sleep(std::chrono::milliseconds(101));
    EXPECT_EQ(limiter.take("a"), 0u);
    EXPECT_EQ(limiter.take("a"), 1u);
    // Over a long time no more than the rate.
    int through = 0;
    for (int i = 0; i < 1000; ++i) {
      if (limiter.take("a") == 0) ++through;
      co_await env.sleep(std::chrono::milliseconds(10));
    }
    EXPECT_NEAR(through, 100, 5);
    co_await env.sleep(std::chrono::seconds(10));
    EXPECT_EQ(limiter.take("a", 100), 0u);  // more than a bucket holds: when it is full
    EXPECT_EQ(limiter.take("a"), 10u);
    limiter.set_limit({.per_second = 0, .burst = 0});
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(limiter.take("a"), 0u);
  };
  world.run(main());
}

TEST(RateLimiter, ForgetsTheFullestFirst) {
  base::SimWorld world(5);
  auto& env = world.node("a");
  auto main = [&env]() -> base::Task<void> {
    RateLimiter limiter(env, {.per_second = 0.001, .burst = 100}, 64);
    EXPECT_EQ(limiter.take("guilty", 100), 0u);
    EXPECT_GT(limiter.take("guilty"), 0u);
    // A stranger with many addresses cannot wash the guilty one out.
    for (int i = 0; i < 10'000; ++i) EXPECT_EQ(limiter.take("key " + std::to_string(i)), 0u);
    EXPECT_GT(limiter.take("guilty"), 0u);
    co_return;
  };
  world.run(main());
}

TEST(Gate, CountsAnIPv6ClientByItsNetwork) {
  EXPECT_EQ(address_key("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
  EXPECT_EQ(address_key("::ffff:192.0.2.7"), "192.0.2.7");
}

}  // namespace
}  // namespace openmcp::api
