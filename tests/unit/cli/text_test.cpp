#include "cli/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/bytes.hpp"

namespace openmcp::cli {
namespace {

TEST(Text, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(escape("plain ünïcode 😀"), "plain ünïcode 😀");
  EXPECT_EQ(escape("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(escape("a\nb\tc\r"), "a\\nb\\tc\\r");
  EXPECT_EQ(escape("a\nb\tc\r", true), "a\nb\tc\\r");
  EXPECT_EQ(escape(std::string_view("nul\0nul", 7)), "nul\\x00nul");
  EXPECT_EQ(escape("\x7f"), "\\x7f");
  EXPECT_EQ(escape("\xc2\x9b[2J"), "\\u009b[2J");  // CSI of C1
  EXPECT_EQ(escape("abc\xe2\x80\xae"
                   "fdp.exe"),
            "abc\\u202efdp.exe");  // right-to-left override
  EXPECT_EQ(escape("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate is not UTF-8
  EXPECT_EQ(escape("\xc0\xaf"), "\\xc0\\xaf");           // nor an overlong slash
}

RC_GTEST_PROP(Text, EscapedTextIsAlwaysHarmless, (const std::string& text)) {
  auto safe = escape(text);
  RC_ASSERT(valid_utf8(safe));
  for (unsigned char c : safe) RC_ASSERT(c >= 0x20 && c != 0x7f);
  RC_ASSERT(escape(safe) == safe);
}

TEST(Text, WidthCountsColumns) {
  EXPECT_EQ(width("abc"), 3u);
  EXPECT_EQ(width("naïve"), 5u);
  EXPECT_EQ(width("nai\u0308ve"), 5u);  // combining diaeresis
  EXPECT_EQ(width("日本語"), 6u);
  EXPECT_EQ(width("😀"), 2u);
  EXPECT_EQ(width("한글"), 4u);
  EXPECT_EQ(width(""), 0u);
}

TEST(Text, FitCutsWithAnEllipsis) {
  EXPECT_EQ(fit("short", 10), "short");
  EXPECT_EQ(fit("exactly", 7), "exactly");
  EXPECT_EQ(fit("too long", 5), "too …");
  EXPECT_EQ(fit("日本語", 4), "日…");  // half of a wide character does not fit
  EXPECT_EQ(fit("abc", 1), "…");
  EXPECT_EQ(fit("abc", 0), "");
}

RC_GTEST_PROP(Text, FitNeverExceedsItsColumns, (const std::string& text)) {
  auto columns = *rc::gen::inRange<std::size_t>(0, 20);
  auto safe = escape(text);
  auto cut = fit(safe, columns);
  RC_ASSERT(width(cut) <= columns);
  RC_ASSERT(valid_utf8(cut));
}

TEST(Text, ClipCutsAtCharacters) {
  EXPECT_EQ(clip("aé", 2), "a");
  EXPECT_EQ(clip("aé", 3), "aé");
  EXPECT_EQ(clip("abc", 10), "abc");
}

TEST(Text, ValidUtf8IsStrict) {
  EXPECT_TRUE(valid_utf8("\xf4\x8f\xbf\xbf"));
  EXPECT_FALSE(valid_utf8("\xf4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(valid_utf8("\xe2\x82"));          // cut short
  EXPECT_FALSE(valid_utf8("\xe0\x80\xaf"));      // overlong
}

// RFC 4648 section 10.
TEST(Text, Base64HasThePublishedVectors) {
  auto encoded = [](std::string_view text) { return base64(base::as_bytes(text)); };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace openmcp::cli
