// A stream of events that nothing happens on, in virtual time.
#include "served.hpp"

namespace openmcp::api::ops::test {
namespace {

TEST(EventStreams, SayThatTheyAreStillThere) {
  base::SimWorld world(1);
  auto& env = world.node("a");
  auto main = [&]() -> Task<void> {
    auto served = co_await Served::open(env, env, false);
    FakeExchange exchange(env, "GET", "/api/v1/events", served->bearer);
    auto body = [&](base::TaskGroup& group) -> Task<void> {
      group.spawn(served->router->handle(exchange));
      co_await exchange.until_sent("retry: 3000\n\n");
      co_await env.sleep(std::chrono::seconds(61));
      auto count = 0;
      for (auto at_comment = exchange.body().find("still here"); at_comment != std::string::npos;
           at_comment = exchange.body().find("still here", at_comment + 1))
        ++count;
      EXPECT_EQ(count, 4);
      exchange.go();
      co_await group.join();
    };
    co_await base::with_group(env, body);
    EXPECT_EQ(exchange.body().find("event:"), std::string::npos);
    co_await served->close();
  };
  world.run(main());
}

}  // namespace
}  // namespace openmcp::api::ops::test
