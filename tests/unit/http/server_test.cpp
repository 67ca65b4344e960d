#include <fmt/format.h>

#include "unit/http/fixture.hpp"

namespace openmcp::http::test {
namespace {

const std::string kEnd = "\r\n\r\n";

TEST_F(ServerTest, KeepsTheConnectionForTheNextRequest) {
  auto act = [](base::Env& on, Server& server, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    for (int i = 0; i < 3; ++i) {
      co_await raw.say(fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", i));
      auto head = co_await raw.until(kEnd);
      EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
      EXPECT_NE(head.find("\r\nContent-Length: 7\r\n"), std::string::npos) << head;
      EXPECT_NE(head.find("\r\nDate: "), std::string::npos) << head;
      EXPECT_EQ(head.find("Connection:"), std::string::npos) << head;
      EXPECT_EQ(co_await raw.exactly(7), fmt::format("GET /{}\n", i));
    }
    EXPECT_EQ(server.stats().connections, 1u);
  };
  serve(echo, act);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  auto act = [](base::Env& on, Server&, base::Endpoint at) -> Task<void> {
    auto raw = co_await Raw::to(on, at);
    std::string all;
    for (int i = 0; i < 500; ++i) {
      all += fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{:03}", i, i);
    }
    all += "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    base::TaskGroup group(on);
    group.spawn(raw.say(all));
    for (int i = 0; i < 500; ++i) {
      co_await raw.until(kEnd);
      auto expected = fmt::format("POST /{}\n{:03}", i, i);
      EXPECT_EQ(co_await raw.exactly(expected.size()), expected);
    }
    auto last = co_await raw.rest();
    EXPECT_NE(last.find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_TRUE(last.ends_with("\r\n\r\nGET /last\n")) << last;
    co_await group.join();
  };
  serve(echo, act);
}

}  // namespace
}  // namespace openmcp::http::test
