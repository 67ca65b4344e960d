// Readiness while something does not answer, fails or stays behind, in virtual time.
#include "api/ops/parts.hpp"
#include "served.hpp"
#include "support/held_env.hpp"

namespace openmcp::api::ops::test {
namespace {

using openmcp::test::HeldEnv;
using namespace std::chrono_literals;

/// In a world whose views work through `held`.
using Body = std::function<Task<void>(Served&, HeldEnv&)>;
void in_world(Body body) {
  base::SimWorld world(1);
  auto& env = world.node("a");
  HeldEnv held(env);
  auto main = [&]() -> Task<void> {
    auto served = co_await Served::open(env, held, true);
    co_await body(*served, held);
    held.release();
    held.fail(false);
    co_await served->close();
  };
  world.run(main());
}

/// Status and body, as soon as they were sent.
Task<std::string> get(Served& served, std::string target, std::function<void()> then = {}) {
  FakeExchange exchange(served.env, "GET", target, served.bearer);
  std::string out;
  auto ask = [&](base::TaskGroup& group) -> Task<void> {
    group.spawn(served.router->handle(exchange));
    while (!exchange.finished()) co_await served.env.sleep(10ms);
    out = std::to_string(exchange.status()) + " " + exchange.body();
    if (then) then();
    co_await group.join();
  };
  co_await base::with_group(served.env, ask);
  co_return out;
}

Task<void> commit(Served& served, std::string text) {
  context::CommitRequest request;
  request.content = base::SharedBytes(base::to_bytes(text));
  co_await served.workspace->commit(std::move(request));
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Ready, ACatalogThatHangsIsNamedAndKeepsNobodyWaiting) {
  Body body = [](Served& served, HeldEnv& held) -> Task<void> {
    held.hold();
    const auto before = served.env.steady();
    auto release = [&held] { held.release(); };
    auto page = co_await get(served, "/readyz", release);
    EXPECT_EQ(page, "503 [+]serving ok\n[+]store ok\n[-]catalog failed\n[-]search failed\nreadyz check failed\n");
    EXPECT_LT(served.env.steady() - before, 10s) << "of virtual time";
    EXPECT_EQ(co_await get(served, "/readyz"), "200 ok\n");
  };
  in_world(body);
}

TEST(Ready, ACheckThatHangsIsNotBegunAgain) {
  Body body = [](Served& served, HeldEnv& held) -> Task<void> {
    held.hold();
    auto all = [&](base::TaskGroup& group) -> Task<void> {
      auto one = [](Served& of) -> Task<void> {
        EXPECT_TRUE(contains(co_await get(of, "/readyz"), "[-]catalog failed"));
      };
      for (int i = 0; i < 5; ++i) group.spawn(one(served));
      co_await served.env.sleep(10s);
      EXPECT_EQ(held.held(), 2u) << "one of the catalog and one of the index, for all five";
      auto metrics = co_await get(served, "/metrics");
      EXPECT_TRUE(contains(metrics, "\nopenmcp_ready 0\n")) << metrics;
      held.release();
    };
    co_await base::with_group(served.env, all);
  };
  in_world(body);
}

TEST(Ready, AFollowerThatFailedIsNotReadyUntilItSucceeds) {
  Body body = [](Served& served, HeldEnv& held) -> Task<void> {
    co_await commit(served, "one");
    held.fail(true);  // it is durable; the views come behind
    co_await served.env.sleep(1s);
    EXPECT_TRUE(contains(co_await get(served, "/readyz"), "503 [+]serving ok\n[+]store ok\n[-]catalog failed\n"));
    auto health = co_await get(served, "/api/v1/server/health");
    EXPECT_TRUE(contains(health, "the test lets nothing be done")) << health;
    held.fail(false);
    EXPECT_EQ(co_await get(served, "/readyz"), "200 ok\n");
    EXPECT_EQ((co_await served.workspace->status()).contexts, 1u);
  };
  in_world(body);
}

TEST(Ready, AnIndexThatIsABitBehindIsReadyAndAStuckOneIsNot) {
  Body body = [](Served& served, HeldEnv& held) -> Task<void> {
    co_await commit(served, "one");
    co_await served.workspace->positions();  // the catalog has it
    held.hold(1);
    while (held.held() == 0) co_await served.env.sleep(10ms);
    EXPECT_EQ(co_await get(served, "/readyz"), "200 ok\n");
    auto health = co_await get(served, "/api/v1/server/health");
    EXPECT_TRUE(contains(health, "1 changes behind")) << health;
    co_await served.env.sleep(61s);
    EXPECT_EQ(co_await get(served, "/readyz"),
              "503 [+]serving ok\n[+]store ok\n[+]catalog ok\n[-]search failed\nreadyz check failed\n");
    held.release();
    co_await served.workspace->catch_up();
    EXPECT_EQ(co_await get(served, "/readyz"), "200 ok\n");
  };
  in_world(body);
}

TEST(Ready, IsBoundedByWhatMakesWritersWait) {
  context::Following view{.store = 9, .view = 7, .waiting = 200, .room = 100, .still = {}};
  EXPECT_TRUE(follows("catalog", view).ok);
  ++view.waiting;
  EXPECT_FALSE(follows("catalog", view).ok);
  // Blocks that concern no context lie behind its position: nothing waits.
  view.waiting = 0;
  EXPECT_TRUE(follows("catalog", view).ok);
  EXPECT_EQ(follows("catalog", view).detail, "level, at 7 of 9");
}

}  // namespace
}  // namespace openmcp::api::ops::test
