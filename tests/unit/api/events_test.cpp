// Events: what watchers of a server see of its workspace.
#include "api/events.hpp"

#include "support/service_fixture.hpp"

namespace openmcp::api {
namespace {

using test::run;
using test::ServiceFixture;

context::CommitResult commit(ServiceFixture& server, const std::string& text) {
  context::CommitRequest request;
  request.content = base::SharedBytes(base::to_bytes(text));
  request.title = "title of " + text;
  return run(server.env, server.workspace->commit(std::move(request)));
}

TEST(Events, ComeFromTheWorkspaceInOrder) {
  ServiceFixture server;
  auto first = commit(server, "one");
  commit(server, "two");
  context::ForgetRequest forget;
  forget.ids = {first.id};
  run(server.env, server.workspace->forget(forget));
  server.events->publish({.kind = Event::Kind::pins, .id = {}, .version = {}, .type = {}, .title = {}});
  EXPECT_EQ(server.events->newest(), 4u);
  auto all = server.events->recent(10);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].kind, Event::Kind::committed);
  EXPECT_EQ(all[0].id, first.id);
  EXPECT_EQ(all[0].version, first.version.text());
  EXPECT_EQ(all[0].title, "title of one");
  EXPECT_TRUE(all[0].created);
  EXPECT_EQ(all[2].kind, Event::Kind::forgotten);
  EXPECT_EQ(all[2].title, "");
  EXPECT_EQ(all[3].kind, Event::Kind::pins);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(all[i].seq, i + 1);
  EXPECT_EQ(server.events->recent(2).front().seq, 3u);
  EXPECT_EQ(run(server.env, server.events->after(2)).seq, 3u);
}

TEST(Events, WaitForTheNext) {
  ServiceFixture server;
  std::uint64_t seen = 0;
  auto both = [&]() -> base::Task<void> {
    auto body = [&](base::TaskGroup& group) -> base::Task<void> {
      auto wait = [&]() -> base::Task<void> { seen = (co_await server.events->after(0)).seq; };
      group.spawn(wait());
      co_await server.env.sleep(std::chrono::milliseconds(5));
      EXPECT_EQ(seen, 0u);
      server.events->publish({});
      co_await group.join();
    };
    co_await base::with_group(server.env, body);
  };
  run(server.env, both());
  EXPECT_EQ(seen, 1u);
}

TEST(Events, LetALateWatcherSkipToWhatIsKept) {
  ServiceFixture server;
  for (int i = 0; i < 1500; ++i) server.events->publish({});
  EXPECT_EQ(run(server.env, server.events->after(3)).seq, 1500u - 1024u + 1);
  EXPECT_EQ(run(server.env, server.events->after(1499)).seq, 1500u);
}

TEST(Events, EndThoseWhoWaitWhenTheyEnd) {
  ServiceFixture server;
  bool cancelled = false;
  auto main = [&]() -> base::Task<void> {
    auto body = [&](base::TaskGroup& group) -> base::Task<void> {
      auto wait = [&]() -> base::Task<void> {
        try {
          co_await server.events->after(0);
        } catch (const base::Error& error) {
          cancelled = error.code() == base::Errc::cancelled;
        }
      };
      group.spawn(wait());
      co_await server.env.sleep(std::chrono::milliseconds(5));
      server.events.reset();
      co_await group.join();
    };
    co_await base::with_group(server.env, body);
  };
  run(server.env, main());
  EXPECT_TRUE(cancelled);
}

}  // namespace
}  // namespace openmcp::api
