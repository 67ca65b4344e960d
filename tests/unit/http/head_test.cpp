// Heads byte by byte: what is understood, what is refused, and that the pieces in which bytes arrive change nothing.
#include "http/head.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/result.hpp"

namespace openmcp::http {
namespace {

constexpr HeadLimits kLimits{.bytes = 4096, .fields = 16};

/// The status with which a head is refused; 0: it is understood; 1: more bytes are needed.
unsigned outcome(std::string_view text, std::size_t first_piece, RequestHead* head = nullptr) {
  HeadScanner scanner(kLimits.bytes);
  std::size_t size = 0;
  for (auto piece : {text.substr(0, first_piece), text}) {
    auto found = scanner.scan(piece);
    if (!found) return found.error().status;
    size = *found;
    if (size > 0) break;
  }
  if (size == 0) return 1;
  auto parsed = parse_request_head(text.substr(0, size), kLimits);
  if (!parsed) return parsed.error().status;
  if (head) *head = *std::move(parsed);
  return 0;
}

struct Case {
  std::string text;
  unsigned status;
};

TEST(RequestHead, RefusesWhatTwoServersCouldUnderstandDifferently) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::vector<Case> cases{
      // the request line
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/11\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\n", 505},
      {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"GET / HTTP/0.0\r\nHost: a\r\n\r\n", 505},
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET \x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"AVERYLONGMETHODTHATNOBODYHAS / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n", 414},
      // the host
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {start + "Host: a\r\n\r\n", 400},
      {start + "hOST: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
      // fields
      {start + "A : b\r\n\r\n", 400},
      {start + "A\t: b\r\n\r\n", 400},
      {start + ": b\r\n\r\n", 400},
      {start + "A b\r\n\r\n", 400},
      {start + "A(: b\r\n\r\n", 400},
      {start + "A: b\r\n c\r\n\r\n", 400},
      {start + "A: b\r\n\tc\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {start + "A: b\x01\r\n\r\n", 400},
      {start + std::string("A: b\0c\r\n\r\n", 10), 400},
      {start + "A: b\rc\r\n\r\n", 400},
      {start + "A: b\r\r\n\r\n", 400},
      {start + "A: b\x7f\r\n\r\n", 400},
      {start + "A: " + std::string(5000, 'b') + "\r\n\r\n", 431},
      // lengths
      {post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
      {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {post + "Content-Length: 1\r\ncontent-length: 1\r\n\r\n", 400},
      {post + "Content-Length: 1, 1\r\n\r\n", 400},
      {post + "Content-Length: \r\n\r\n", 400},
      {post + "Content-Length: +1\r\n\r\n", 400},
      {post + "Content-Length: -1\r\n\r\n", 400},
      {post + "Content-Length: 0x1\r\n\r\n", 400},
      {post + "Content-Length: 1 2\r\n\r\n", 400},
      {post + "Content-Length: 1a\r\n\r\n", 400},
      {post + "Content-Length: 18446744073709551616\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {post + "Transfer-Encoding: chunked, gzip\r\n\r\n", 501},
      {post + "Transfer-Encoding: chunked, chunked\r\n\r\n", 501},
      {post + "Transfer-Encoding: xchunked\r\n\r\n", 501},
      {post + "Transfer-Encoding: \"chunked\"\r\n\r\n", 501},
      {post + "Transfer-Encoding: identity\r\n\r\n", 501},
      {post + "Transfer-Encoding:\r\n\r\n", 501},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {post + "Expect: 200-ok\r\n\r\n", 417},
  };
  for (const auto& each : cases) {
    for (std::size_t cut = 0; cut <= std::min<std::size_t>(each.text.size(), 200); ++cut) {
      ASSERT_EQ(outcome(each.text, cut), each.status) << each.text << "\ncut at " << cut;
    }
  }
}

TEST(RequestHead, UnderstandsTheRestWhereverItIsCut) {
  const std::string text =
      "POST /a/b%20c?x=1&y HTTP/1.1\r\nhost:example.org:8080\r\nContent-LENGTH: \t 17 \r\nX-Empty:\r\n"
      "Accept: a\r\nAccept: b, c\r\nX-Text: \xc3\xa4 b\t c\r\nExpect: 100-Continue\r\nConnection: x, Close\r\n\r\nrest";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    RequestHead head;
    ASSERT_EQ(outcome(text, cut, &head), 0u) << cut;
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.path, "/a/b%20c");
    EXPECT_EQ(head.query, "x=1&y");
    EXPECT_EQ(head.authority, "example.org:8080");
    EXPECT_EQ(head.framing, Framing::length);
    EXPECT_EQ(head.length, 17u);
    EXPECT_TRUE(head.expects_continue);
    EXPECT_FALSE(head.keep_alive);
    EXPECT_EQ(head.headers.get("x-text"), "\xc3\xa4 b\t c");
    EXPECT_TRUE(head.headers.has("x-empty"));
    EXPECT_EQ(head.headers.all("ACCEPT"), (std::vector<std::string_view>{"a", "b, c"}));
    EXPECT_TRUE(head.headers.has_token("accept", "C"));
  }
}

TEST(RequestHead, FormsOfTheTarget) {
  RequestHead head;
  ASSERT_EQ(outcome("GET http://Example.org?q HTTP/1.1\r\nHost: other\r\n\r\n", 3, &head), 0u);
  EXPECT_EQ(head.authority, "Example.org") << "the target counts, not Host";
  EXPECT_EQ(head.path, "/");
  EXPECT_EQ(head.query, "q");
  ASSERT_EQ(outcome("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", 3, &head), 0u);
  EXPECT_EQ(head.path, "*");
  ASSERT_EQ(outcome("GET //x HTTP/1.0\r\n\r\n", 3, &head), 0u);
  EXPECT_EQ(head.path, "//x");
  EXPECT_EQ(head.version, 10u);
  EXPECT_FALSE(head.keep_alive);
  ASSERT_EQ(outcome("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 3, &head), 0u);
  EXPECT_TRUE(head.keep_alive);
  ASSERT_EQ(outcome("GET / HTTP/1.9\r\nHost: [::1]:80\r\n\r\n", 3, &head), 0u);
  EXPECT_EQ(head.version, 11u);
  EXPECT_EQ(head.authority, "[::1]:80");
  ASSERT_EQ(outcome("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ChunkeD\r\n\r\n", 3, &head), 0u);
  EXPECT_EQ(head.framing, Framing::chunked);
}

TEST(RequestHead, BoundsTheNumberOfFields) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 15; ++i) text += "A: b\r\n";
  EXPECT_EQ(outcome(text + "\r\n", 9), 0u);
  EXPECT_EQ(outcome(text + "A: b\r\n\r\n", 9), 431u);
}

TEST(RequestHead, AnIncompleteHeadWaits) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\n", 5), 1u);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\n\r", 5), 1u);
  EXPECT_EQ(outcome("", 0), 1u);
}

TEST(ResponseHead, FramingOfBodies) {
  auto read = [](std::string_view text, bool to_head = false) { return parse_response_head(text, kLimits, to_head); };
  auto plain = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->framing, Framing::length);
  EXPECT_EQ(plain->length, 5u);
  EXPECT_TRUE(plain->keep_alive);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true)->framing, Framing::none);
  EXPECT_EQ(read("HTTP/1.1 204\r\n\r\n")->framing, Framing::none);
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")->framing, Framing::none);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")->framing, Framing::chunked);
  auto open = read("HTTP/1.1 200 \r\n\r\n");
  ASSERT_TRUE(open);
  EXPECT_EQ(open->framing, Framing::until_close);
  EXPECT_FALSE(open->keep_alive);
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n")->keep_alive);
  for (std::string_view bad : {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
                               "ICY 200 OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 200 a\x01\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    EXPECT_FALSE(read(bad)) << bad;
  }
}

TEST(AppendField, RefusesWhatWouldSplitTheAnswer) {
  std::string out;
  append_field(out, "Location", "/a b");
  EXPECT_EQ(out, "Location: /a b\r\n");
  EXPECT_THROW(append_field(out, "Location", "/\r\nSet-Cookie: x"), base::Error);
  EXPECT_THROW(append_field(out, "Loca tion", "/"), base::Error);
  EXPECT_THROW(append_field(out, "", "/"), base::Error);
}

}  // namespace
}  // namespace openmcp::http
