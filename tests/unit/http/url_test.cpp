#include "http/url.hpp"

#include <gtest/gtest.h>

#include "http/headers.hpp"

namespace openmcp::http {
namespace {

TEST(Url, PartsOfGoodOnes) {
  struct Case {
    std::string text, scheme, host;
    std::uint16_t port;
    std::string target, authority;
  };
  for (const auto& [text, scheme, host, port, target, authority] :
       std::vector<Case>{{"http://example.org", "http", "example.org", 80, "/", "example.org"},
                         {"HTTPS://Example.ORG:443/a?b=c", "https", "example.org", 443, "/a?b=c", "example.org"},
                         {"https://h:8443?x", "https", "h", 8443, "/?x", "h:8443"},
                         {"http://127.0.0.1:1/", "http", "127.0.0.1", 1, "/", "127.0.0.1:1"},
                         {"http://[2001:DB8::1]:8080/x", "http", "2001:db8::1", 8080, "/x", "[2001:db8::1]:8080"},
                         {"http://[::1]", "http", "::1", 80, "/", "[::1]"},
                         {"http://h:/", "http", "h", 80, "/", "h"},
                         {"http://a_b-c.d/%20", "http", "a_b-c.d", 80, "/%20", "a_b-c.d"}}) {
    auto url = Url::parse(text);
    ASSERT_TRUE(url) << text << ": " << url.error().message();
    EXPECT_EQ(url->scheme, scheme) << text;
    EXPECT_EQ(url->host, host) << text;
    EXPECT_EQ(url->port, port) << text;
    EXPECT_EQ(url->target, target) << text;
    EXPECT_EQ(url->authority(), authority) << text;
  }
}

TEST(Url, RefusesOthers) {
  for (std::string text : {"",
                           "example.org",
                           "//example.org",
                           "ftp://a",
                           "http:/a",
                           "http://",
                           "http:///x",
                           "http://a:0",
                           "http://a:65536",
                           "http://a:b",
                           "http://a:-1",
                           "http://a b/",
                           "http://a/b c",
                           "http://a/\x01",
                           "http://a/\xc3\xa4",
                           "http://\xc3\xa4/",
                           "http://a/#f",
                           "http://[::1",
                           "http://[::g]",
                           "http://[fe80::1%25eth0]",
                           "http://.a",
                           "http://a..b",
                           "http://a%20b/",
                           "http://a\\b/",
                           "http://a:80:80/",
                           "http://[1.2.3.4]/"}) {
    EXPECT_FALSE(Url::parse(text)) << text;
  }
  auto secret = Url::parse("http://user:secret@a/");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().message().find("secret"), std::string::npos) << "secrets stay out of messages";
  EXPECT_FALSE(Url::parse("http://a/" + std::string(20000, 'x')));
}

TEST(Percent, DecodesStrictlyAndEncodesBack) {
  EXPECT_EQ(percent_decode("a%20b+c").value(), "a b+c");
  EXPECT_EQ(percent_decode("a%20b+c", true).value(), "a b c");
  EXPECT_EQ(percent_decode("%00%fF").value(), std::string("\0\xff", 2));
  for (auto bad : {"%", "%2", "a%", "%zz", "%2g", "%%20"}) EXPECT_FALSE(percent_decode(bad)) << bad;
  EXPECT_EQ(percent_encode("a b/\xc3\xa4~"), "a%20b%2F%C3%A4~");
  EXPECT_EQ(percent_encode("a b/c", "/"), "a%20b/c");
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)).value(), all);
}

TEST(Query, ReadsPairsInOrder) {
  auto got = parse_query("a=1&b=%20x+y&a=2&flag&=v&&e=a=b").value();
  EXPECT_EQ(got, (Parameters{{"a", "1"}, {"b", " x y"}, {"a", "2"}, {"flag", ""}, {"", "v"}, {"e", "a=b"}}));
  EXPECT_EQ(*find(got, "a"), "1");
  EXPECT_EQ(find(got, "none"), nullptr);
  EXPECT_TRUE(parse_query("").value().empty());
  EXPECT_FALSE(parse_query("a=%"));
  EXPECT_FALSE(parse_query("%x=1"));
}

TEST(Headers, NamesHaveNoCaseAndFieldsHaveAnOrder) {
  Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};
  EXPECT_EQ(headers.get("a"), "1");
  EXPECT_EQ(headers.all("A").size(), 2u);
  headers.set("a", "4");
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.get("A"), "4");
  headers.remove("b");
  EXPECT_FALSE(headers.has("B"));
  headers.add("Connection", "Upgrade , close,");
  EXPECT_TRUE(headers.has_token("connection", "CLOSE"));
  EXPECT_FALSE(headers.has_token("connection", "clos"));
  EXPECT_FALSE(headers.has_token("none", "close"));
}

}  // namespace
}  // namespace openmcp::http
