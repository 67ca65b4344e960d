#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/real_env.hpp"
#include "base/result.hpp"
#include "base/sync.hpp"

namespace openmcp::base {
namespace {

using namespace std::chrono_literals;

Task<void> echo(std::unique_ptr<Listener>& listener, int connections) {
  for (int i = 0; i < connections; ++i) {
    auto stream = co_await listener->accept();
    Bytes buffer(10000);
    while (auto got = co_await stream->read(buffer)) co_await stream->write(BytesView(buffer).first(got));
    co_await stream->close();
  }
}

Task<Errc> code_of(Task<void> act) {
  try {
    co_await std::move(act);
  } catch (const Error& error) {
    co_return error.code();
  }
  co_return Errc::internal;
}

Task<void> read_some(Stream& stream) {
  Bytes buffer(1);
  co_await stream.read(buffer);
}
Task<void> dial(Env& env, Endpoint to) { co_await env.network().connect(std::move(to)); }
Task<void> listen_and_close(Env& env, Endpoint at) { co_await env.network().listen(std::move(at)); }

class RealNetworkTest : public testing::TestWithParam<const char*> {
protected:
  RealNetworkTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "openmcp-net-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    local.host = std::string_view(GetParam()) == "socket file" ? root + "/s" : GetParam();
  }
  ~RealNetworkTest() override { std::filesystem::remove_all(root); }

  RealEnv env{1};
  std::string root;
  Endpoint local;
};

INSTANTIATE_TEST_SUITE_P(Kinds, RealNetworkTest, testing::Values("127.0.0.1", "::1", "socket file"),
                         [](const auto& info) { return "kind" + std::to_string(info.index); });

TEST_P(RealNetworkTest, EchoesAMegabyteAndCloses) {
  auto main = [](Env& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    if (listener->endpoint().host[0] != '/') {
      EXPECT_NE(listener->endpoint().port, 0);
    }
    TaskGroup group(on);
    group.spawn(echo(listener, 2));
    for (int round = 0; round < 2; ++round) {
      auto stream = co_await on.network().connect(listener->endpoint());
      Bytes sent(1u << 20), got, buffer(70000);
      on.random(sent);
      auto send = [](Stream& to, BytesView bytes) -> Task<void> {
        co_await to.write(bytes);
        co_await to.close();
      };
      group.spawn(send(*stream, sent));
      while (auto size = co_await stream->read(buffer)) got.insert(got.end(), buffer.begin(), buffer.begin() + size);
      EXPECT_EQ(got, sent);
    }
    co_await group.join();
  };
  env.run_until_done(main(env, local));
}

TEST_P(RealNetworkTest, SeveralBuffersArriveAsOne) {
  auto main = [](Env& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    auto here = co_await on.network().connect(listener->endpoint());
    auto there = co_await listener->accept();
    // More buffers than one system call takes, some empty, and more bytes than the socket holds.
    std::vector<Bytes> parts;
    Bytes expected;
    for (std::size_t i = 0; i < 60; ++i) {
      parts.emplace_back(i % 7 == 0 ? 0 : i * 4000);
      on.random(parts.back());
      expected.insert(expected.end(), parts.back().begin(), parts.back().end());
    }
    auto write = [](Stream& to, const std::vector<Bytes>& all) -> Task<void> {
      std::vector<BytesView> views(all.begin(), all.end());
      co_await to.write_parts(views);
      co_await to.write_parts({});
      co_await to.close();
    };
    TaskGroup group(on);
    group.spawn(write(*here, parts));
    Bytes got, buffer(30000);
    while (auto size = co_await there->read(buffer)) got.insert(got.end(), buffer.begin(), buffer.begin() + size);
    EXPECT_TRUE(got == expected);
    co_await group.join();
    here->reset();
    Bytes byte(1);
    BytesView one(byte);
    EXPECT_EQ(co_await code_of(here->write_parts({&one, 1})), Errc::unavailable);
  };
  env.run_until_done(main(env, local));
}

TEST_P(RealNetworkTest, WritesNowWhatFitsAndNoMore) {
  auto main = [](Env& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    auto here = co_await on.network().connect(listener->endpoint());
    auto there = co_await listener->accept();
    Bytes sent(1u << 20);
    on.random(sent);
    std::vector<BytesView> parts = {BytesView(sent).first(5), {}, BytesView(sent).subspan(5)};
    std::size_t taken = 0, last = 0;
    while ((last = here->write_now(parts)) == sent.size()) taken += last;  // nobody reads: once it is full
    taken += last;
    EXPECT_EQ(here->write_now(parts), 0u);
    co_await here->close();
    std::size_t got = 0;
    Bytes buffer(300'000);
    bool equal = true;
    while (auto size = co_await there->read(buffer)) {
      for (std::size_t i = 0; i < size; ++i) equal = equal && buffer[i] == sent[(got + i) % sent.size()];
      got += size;
    }
    EXPECT_TRUE(equal);
    EXPECT_EQ(got, taken);
    here->reset();
    EXPECT_EQ(here->write_now(parts), 0u);
  };
  env.run_until_done(main(env, local));
}

TEST_P(RealNetworkTest, StreamsKnowTheirPeer) {
  auto main = [](Env& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    auto here = co_await on.network().connect(listener->endpoint());
    auto there = co_await listener->accept();
    EXPECT_EQ(here->peer(), listener->endpoint());
    bool file = listener->endpoint().host[0] == '/';
    EXPECT_EQ(there->peer().host, file ? "" : listener->endpoint().host);
    EXPECT_EQ(there->peer().port == 0, file);
  };
  env.run_until_done(main(env, local));
}

TEST_P(RealNetworkTest, ResetFailsBothSides) {
  auto main = [](Env& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    auto here = co_await on.network().connect(listener->endpoint());
    auto there = co_await listener->accept();
    Errc ours{}, theirs{};
    auto reads = [](Stream& stream, Errc& code) -> Task<void> { code = co_await code_of(read_some(stream)); };
    TaskGroup group(on);
    group.spawn(reads(*here, ours));
    group.spawn(reads(*there, theirs));
    co_await on.sleep(1ms);
    here->reset();
    co_await group.join();
    EXPECT_EQ(ours, Errc::unavailable);
    // A socket file has no RST: its peer sees an end.
    EXPECT_EQ(theirs, listener->endpoint().host[0] == '/' ? Errc::internal : Errc::unavailable);
    EXPECT_EQ(co_await code_of(read_some(*here)), Errc::unavailable);
  };
  env.run_until_done(main(env, local));
}

TEST_P(RealNetworkTest, CloseEndsAPendingAccept) {
  auto main = [](Env& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    Errc code{};
    auto accepts = [](Listener& from, Errc& out) -> Task<void> {
      auto accept = [](Listener& of) -> Task<void> { co_await of.accept(); };
      out = co_await code_of(accept(from));
    };
    TaskGroup group(on);
    group.spawn(accepts(*listener, code));
    co_await on.sleep(1ms);
    listener->close();
    co_await group.join();
    EXPECT_EQ(code, Errc::cancelled);
    EXPECT_EQ(co_await code_of(dial(on, listener->endpoint())),
              listener->endpoint().host[0] == '/' ? Errc::not_found : Errc::unavailable);
  };
  env.run_until_done(main(env, local));
}

TEST_P(RealNetworkTest, StopCancelsAPendingRead) {
  auto main = [](RealEnv& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    auto here = co_await on.network().connect(listener->endpoint());
    on.stop();
    EXPECT_EQ(co_await code_of(read_some(*here)), Errc::cancelled);
  };
  env.run_until_done(main(env, local));
}

TEST_P(RealNetworkTest, TwoCannotListenAtOnePlace) {
  auto main = [](Env& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    EXPECT_EQ(co_await code_of(listen_and_close(on, listener->endpoint())), Errc::busy);
    auto place = listener->endpoint();
    listener.reset();
    EXPECT_EQ(co_await code_of(listen_and_close(on, place)), Errc::internal);
  };
  env.run_until_done(main(env, local));
}

TEST_P(RealNetworkTest, AStreamMayEndWhileItsReadWaits) {
  auto main = [](Env& on, Endpoint at) -> Task<void> {
    auto listener = co_await on.network().listen(std::move(at));
    auto here = co_await on.network().connect(listener->endpoint());
    Errc code{};
    auto reads = [](Stream& stream, Errc& out) -> Task<void> { out = co_await code_of(read_some(stream)); };
    TaskGroup group(on);
    group.spawn(reads(*here, code));
    co_await on.sleep(1ms);
    here.reset();
    co_await group.join();
    EXPECT_EQ(code, Errc::unavailable);
  };
  env.run_until_done(main(env, local));
}

TEST(RealNetwork, ASocketFileOfADeadProcessIsReplaced) {
  std::string pattern = (std::filesystem::temp_directory_path() / "openmcp-net-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  std::string root = pattern;
  Endpoint place{root + "/s", 0};
  {
    RealEnv env(1);
    auto main = [](Env& on, Endpoint at) -> Task<void> {
      auto listener = co_await on.network().listen(at);
      EXPECT_EQ(on.disk().stat(at.host)->mode, 0600u);
      std::filesystem::create_hard_link(at.host, at.host + ".kept");
    };
    env.run_until_done(main(env, place));
    std::filesystem::rename(place.host + ".kept", place.host);  // as if the process had been killed
    EXPECT_NO_THROW(env.run_until_done(listen_and_close(env, place)));
  }
  std::filesystem::remove_all(root);
}

TEST(RealNetwork, AClientOfVersionFourIsKnownByItsOwnAddress) {
  RealEnv env(1);
  auto main = [](Env& on) -> Task<void> {
    Endpoint any{"::", 0};
    auto listener = co_await on.network().listen(any);
    Endpoint four{"127.0.0.1", listener->endpoint().port};
    auto here = co_await on.network().connect(four);
    auto there = co_await listener->accept();
    EXPECT_EQ(there->peer().host, "127.0.0.1");
  };
  env.run_until_done(main(env));
}

TEST(RealNetwork, ResolvesNamesAndLiterals) {
  RealEnv env(1);
  auto main = [](Env& on) -> Task<void> {
    auto four = co_await on.network().resolve("192.0.2.1", 80);
    EXPECT_EQ(four, (std::vector<Endpoint>{{"192.0.2.1", 80}}));
    auto six = co_await on.network().resolve("2001:db8::1", 81);
    EXPECT_EQ(six, (std::vector<Endpoint>{{"2001:db8::1", 81}}));
    auto here = co_await on.network().resolve("localhost", 82);
    EXPECT_TRUE(
        std::ranges::any_of(here, [](const auto& each) { return each.host == "127.0.0.1" && each.port == 82; }));
    auto look_up = [](Env& env_of, std::string name) -> Task<void> { co_await env_of.network().resolve(name, 1); };
    auto code = co_await code_of(look_up(on, "does-not-exist.invalid"));
    EXPECT_TRUE(code == Errc::not_found || code == Errc::unavailable);
  };
  env.run_until_done(main(env));
}

TEST(RealNetwork, SaysWhatIsWrongWithAnAddress) {
  RealEnv env(1);
  auto main = [](Env& on) -> Task<void> {
    Endpoint name{"example.org", 80}, path{"/" + std::string(200, 'x'), 0}, foreign{"192.0.2.1", 0};
    EXPECT_EQ(co_await code_of(dial(on, name)), Errc::invalid_argument);
    EXPECT_EQ(co_await code_of(dial(on, path)), Errc::invalid_argument);
    EXPECT_EQ(co_await code_of(listen_and_close(on, foreign)), Errc::invalid_argument);
  };
  env.run_until_done(main(env));
}

}  // namespace
}  // namespace openmcp::base
