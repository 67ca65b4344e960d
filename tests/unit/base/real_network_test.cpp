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
  std::string root = ::mkdtemp(pattern.data());
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
