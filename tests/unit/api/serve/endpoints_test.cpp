#include "api/serve/endpoints.hpp"

#include <gtest/gtest.h>

namespace openmcp::api::serve {
namespace {

TEST(Endpoints, AddressesAreRead) {
  for (auto& [text, host, port] : {std::tuple("127.0.0.1:7777", "127.0.0.1", 7777),
                                   {"[::1]:80", "::1", 80},
                                   {"localhost:0", "127.0.0.1", 0},
                                   {"8080", "127.0.0.1", 8080},
                                   {"0.0.0.0:65535", "0.0.0.0", 65535}}) {
    auto read = parse_endpoint(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(read->host, host);
    EXPECT_EQ(read->port, port);
  }
}

TEST(Endpoints, OthersAreRefusedWithTheForm) {
  for (auto text : {"", ":80", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:8o", "::1:80", "[127.0.0.1]:80", "[::1:80",
                    "example.org:80", "127.0.0.1:-1", "127.0.0.1:80 "}) {
    auto read = parse_endpoint(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_NE(read.error().hint().find("ADDRESS:PORT"), std::string::npos);
  }
}

TEST(Endpoints, AllAddressesAreShownAsOneThatCanBeOpened) {
  EXPECT_EQ(url_of({"0.0.0.0", 80}, false), "http://127.0.0.1:80");
  EXPECT_EQ(url_of({"::", 443}, true), "https://[::1]:443");
  EXPECT_EQ(url_of({"192.168.1.5", 7777}, false), "http://192.168.1.5:7777");
}

TEST(Endpoints, LoopbackIsKnown) {
  for (auto host : {"127.0.0.1", "127.8.0.1", "::1", "/run/openmcp.sock"}) EXPECT_TRUE(is_loopback({host, 1})) << host;
  for (auto host : {"0.0.0.0", "::", "10.0.0.1", "12.7.0.1"}) EXPECT_FALSE(is_loopback({host, 1})) << host;
}

}  // namespace
}  // namespace openmcp::api::serve
