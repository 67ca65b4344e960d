#include "context/text.hpp"

#include <gtest/gtest.h>

#include "context/conversation.hpp"
#include "context/document.hpp"
#include "context/source_path.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::context {
namespace {

TEST(Text, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(to_valid_utf8("a\xff"
                          "b",
                          100),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(to_valid_utf8("\xf0\x9f\xa6", 100), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(to_valid_utf8("\xf0\x9f\xa6\x8a", 100), "\xf0\x9f\xa6\x8a");
  EXPECT_EQ(to_valid_utf8("", 0), "");
}

TEST(Text, CutsBetweenCharacters) {
  std::string foxes;
  for (int i = 0; i < 10; ++i) foxes += "\xf0\x9f\xa6\x8a";
  for (std::size_t limit = 0; limit <= foxes.size(); ++limit) {
    auto cut = to_valid_utf8(foxes, limit);
    EXPECT_TRUE(ipld::valid_utf8(cut));
    EXPECT_EQ(cut.size(), limit / 4 * 4);
    auto damaged = to_valid_utf8("\xff" + foxes, limit);
    EXPECT_TRUE(ipld::valid_utf8(damaged));
    EXPECT_LE(damaged.size(), limit);
  }
}

TEST(Text, KnowsTextFromBytes) {
  EXPECT_TRUE(is_text(base::as_bytes("plain")));
  EXPECT_TRUE(is_text({}));
  EXPECT_FALSE(is_text(base::as_bytes(std::string_view("a\0b", 3))));
  EXPECT_FALSE(is_text(base::as_bytes("\xff")));
  // A beginning may end inside a character, but not hold half a one.
  EXPECT_TRUE(is_text(base::as_bytes("a\xf0\x9f\xa6"), false));
  EXPECT_FALSE(is_text(base::as_bytes("a\xf0\x9f\xa6"), true));
  EXPECT_FALSE(is_text(base::as_bytes("a\xf0\x9f\xa6 b"), false));
  EXPECT_FALSE(is_text(base::as_bytes("a\x9f"), false));
}

TEST(Text, IndexesABoundedBeginning) {
  std::string large(kMaxIndexedText - 1, 'x');
  large += "\xf0\x9f\xa6\x8a and more";
  auto indexed = index_text(base::as_bytes(large));
  EXPECT_TRUE(indexed.cut);
  EXPECT_EQ(indexed.text.size(), kMaxIndexedText - 1);
  EXPECT_EQ(index_text(base::as_bytes("short")).text, "short");
  EXPECT_FALSE(index_text(base::as_bytes("short")).cut);
  EXPECT_EQ(index_text(base::as_bytes("\xff\xfe")).text, "");
}

TEST(Text, FindsATitle) {
  EXPECT_EQ(first_line("\n\n  # Heading \nbody"), "Heading");
  EXPECT_EQ(first_line("// comment\ncode"), "comment");
  EXPECT_EQ(first_line("\n \n---\n"), "");
  EXPECT_EQ(first_line(""), "");
  EXPECT_EQ(first_line("\xef\xbb\xbfwith mark\r\n"), "with mark");
  EXPECT_LE(first_line(std::string(10'000, 'x')).size(), 120u);
}

TEST(Text, KnowsFilesByTheirNames) {
  EXPECT_EQ(file_type("a/b.MD").type, "documentation");
  EXPECT_EQ(file_type("x.cpp").media, "text/x-c++");
  EXPECT_EQ(file_type("Makefile").type, "code");
  EXPECT_EQ(file_type(".gitignore").type, "");
  EXPECT_EQ(file_type("no extension").type, "");
  EXPECT_EQ(file_type("a.verylongextension").type, "");
  EXPECT_EQ(file_type("").type, "");
  EXPECT_EQ(sniff_media(base::as_bytes("%PDF-1.7"), false), "application/pdf");
  EXPECT_EQ(sniff_media(base::as_bytes("hello"), true), "text/plain; charset=utf-8");
  EXPECT_EQ(sniff_media(base::as_bytes("\xff"), true), "application/octet-stream");
}

TEST(SourcePath, IsRelativeToTheRoot) {
  EXPECT_EQ(source_of("/a/b", "/a/b/c/d.md"), "c/d.md");
  EXPECT_EQ(source_of("/a/b/", "/a/./b//x/../c.md"), "c.md");
  EXPECT_EQ(source_of("/", "/c.md"), "c.md");
  EXPECT_EQ(source_of("/a/b", "/a/bc/d"), std::nullopt);
  EXPECT_EQ(source_of("/a/b", "/a/b/../c"), std::nullopt);
  EXPECT_EQ(source_of("/a/b", "/a/b"), std::nullopt);
  EXPECT_EQ(source_of("/a", "b"), std::nullopt);
  EXPECT_EQ(source_of("", "/b"), std::nullopt);
  EXPECT_EQ(normal_path("/../.."), "/");
}

TEST(Conversation, ReadsTheFormsThatAreAround) {
  auto turns = parse_conversation(
      "\xef\xbb\xbf{\"role\":\"user\",\"content\":\"hello\",\"timestamp\":\"2024-05-03T10:00:00Z\"}\r\n"
      "\n"
      "{\"speaker\":\"Caroline\",\"text\":\"hi\",\"time\":1714730400}\n"
      "{\"from\":\"human\",\"message\":\"yo\"}\n"
      "{\"role\":\"user\",\"name\":\"ann\",\"content\":[{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"image\"},"
      "{\"type\":\"text\",\"text\":\"two\"}]}\n"
      "{\"author\":{\"role\":\"assistant\"},\"content\":{\"parts\":[\"p\"]}}\n"
      "{\"type\":\"assistant\",\"message\":{\"role\":\"assistant\",\"content\":\"nested\"}}\n"
      "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]}");
  ASSERT_TRUE(turns) << turns.error().message();
  ASSERT_EQ(turns->size(), 7u);
  EXPECT_EQ((*turns)[0].speaker, "user");
  EXPECT_EQ((*turns)[0].text, "hello");
  EXPECT_EQ((*turns)[0].time, "2024-05-03T10:00:00Z");
  EXPECT_EQ((*turns)[1].line, 3u);
  EXPECT_EQ((*turns)[1].time, "1714730400");
  EXPECT_EQ((*turns)[3].speaker, "ann");
  EXPECT_EQ((*turns)[3].text, "one\ntwo");
  EXPECT_EQ((*turns)[4].speaker, "assistant");
  EXPECT_EQ((*turns)[4].text, "p");
  EXPECT_EQ((*turns)[5].speaker, "assistant");
  EXPECT_EQ((*turns)[5].text, "nested");
  EXPECT_EQ((*turns)[6].text, "");
}

TEST(Conversation, NamesTheLineThatIsWrong) {
  auto message = [](std::string_view text) {
    auto turns = parse_conversation(text);
    return turns ? std::string("fine") : turns.error().message();
  };
  EXPECT_TRUE(message("{\"text\":\"a\"}\n\nnonsense").starts_with("line 3: not JSON"));
  EXPECT_TRUE(message("[1]").starts_with("line 1: not a JSON object"));
  EXPECT_TRUE(message("{\"role\":\"user\"}").starts_with("line 1: no content"));
  EXPECT_TRUE(message("{\"text\":{\"x\":1}}").starts_with("line 1: 'text' holds no text"));
  EXPECT_EQ(message(""), "fine");
}

TEST(Times, AreRead) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_time("2024-05-03T10:00:00.5+02:00"), 1714723200500000);
  EXPECT_EQ(parse_time("2024-05-03 10:00"), 1714730400000000);
  EXPECT_EQ(parse_time("2024-05-03"), 1714694400000000);
  EXPECT_EQ(parse_time("1714730400"), 1714730400000000);
  EXPECT_EQ(parse_time("1714730400.25"), 1714730400250000);
  EXPECT_EQ(parse_time("1714730400123"), 1714730400123000);
  EXPECT_EQ(parse_time("1714730400123456"), 1714730400123456);
  for (auto text : {"", "yesterday", "2024-13-01", "2024-02-30", "2024-05-03T25:00", "2024-05-03T10:00:00+99:00",
                    "2024-05-03x", "-5", "1e300", "nan"})
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace openmcp::context
