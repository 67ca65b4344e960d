#include "http/chunked.hpp"

#include <gtest/gtest.h>

#include <random>

namespace openmcp::http {
namespace {

struct Decoded {
  std::string body, rest;
  enum { whole, short_of_bytes, refused } end = short_of_bytes;
};

/// Decodes `text` that arrives in pieces with ends at `cuts`.
Decoded decode(std::string_view text, const std::vector<std::size_t>& cuts) {
  Decoded out;
  ChunkedDecoder decoder;
  std::string buffered;
  std::size_t from = 0;
  auto all = cuts;
  all.push_back(text.size());
  for (auto cut : all) {
    buffered += text.substr(from, cut - from);
    from = cut;
    for (;;) {
      auto step = decoder.next(buffered);
      if (!step) {
        out.end = Decoded::refused;
        return out;
      }
      EXPECT_LE(step->skip, buffered.size());
      buffered.erase(0, step->skip);
      if (step->end) {
        out.end = Decoded::whole;
        out.rest = buffered + std::string(text.substr(from));
        return out;
      }
      auto take = std::min<std::uint64_t>(step->data, buffered.size());
      if (take == 0) break;
      out.body += buffered.substr(0, take);
      buffered.erase(0, take);
      decoder.took(take);
    }
  }
  return out;
}

TEST(Chunked, WhereverItIsCut) {
  const std::string text =
      "5\r\nhello\r\n1;name=value; other\r\n \r\n0A \t;x\r\n0123456789\r\n000\r\nTrailer: x\r\nOther:\r\n\r\nnext";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      auto got = decode(text, {first, second});
      ASSERT_EQ(got.end, Decoded::whole) << first << " " << second;
      ASSERT_EQ(got.body, "hello 0123456789");
      ASSERT_EQ(got.rest, "next");
    }
  }
}

TEST(Chunked, ByteByByte) {
  std::string text, body;
  for (int i = 1; i < 40; ++i) {
    std::string chunk(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    char size[8];
    std::snprintf(size, sizeof size, "%x", i);
    text += std::string(size) + "\r\n" + chunk + "\r\n";
    body += chunk;
  }
  text += "0\r\n\r\n";
  std::vector<std::size_t> cuts;
  for (std::size_t i = 0; i < text.size(); ++i) cuts.push_back(i);
  auto got = decode(text, cuts);
  EXPECT_EQ(got.end, Decoded::whole);
  EXPECT_EQ(got.body, body);
}

TEST(Chunked, RefusesBadFraming) {
  for (std::string text : {"\r\n",
                           "g\r\n",
                           " 5\r\nhello\r\n",
                           "5\nhello\r\n",
                           "5\r\nhelloX\r\n",
                           "5\r\nhello\n0\r\n\r\n",
                           "0x5\r\nhello\r\n",
                           "-5\r\n",
                           "+5\r\n",
                           "5 5\r\nhello\r\n",
                           "5,\r\n",
                           "5;\x01\r\nhello\r\n",
                           "5;a\rb\r\nhello\r\n",
                           "5\r\r\nhello\r\n",
                           "fffffffffffffffff\r\n",
                           "10000000000000000\r\n",
                           "0\r\nbad trailer\r\n\r\n",
                           "0\r\n: x\r\n\r\n",
                           "0\r\na : b\r\n\r\n",
                           "0\r\na: \x01\r\n\r\n",
                           "0\r\n\n",
                           "5\r\nhello\r\r\n"}) {
    EXPECT_EQ(decode(text, {}).end, Decoded::refused) << text;
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      EXPECT_EQ(decode(text, {cut}).end, Decoded::refused) << text << " cut at " << cut;
    }
  }
}

TEST(Chunked, BoundsWhatIsNotBody) {
  EXPECT_EQ(decode("1;" + std::string(300, 'a'), {}).end, Decoded::refused) << "a line without an end";
  std::string extensions;
  for (int i = 0; i < 200; ++i) extensions += "1;" + std::string(100, 'a') + "\r\nx\r\n";
  EXPECT_EQ(decode(extensions, {}).end, Decoded::refused);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 200; ++i) trailers += "a: " + std::string(100, 'a') + "\r\n";
  EXPECT_EQ(decode(trailers, {}).end, Decoded::refused);
}

}  // namespace
}  // namespace openmcp::http
