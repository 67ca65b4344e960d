// Words, passages, queries and snippets: the parts of search that work on text alone.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>

#include "context/search/passages.hpp"
#include "context/search/snippet.hpp"
#include "context/search/terms.hpp"
#include "context/search/tokenizer.hpp"
#include "context/search/unicode.hpp"
#include "context/sql.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::context::search {
namespace {

using namespace std::string_literals;

struct Seen {
  std::string word, stem;
  std::size_t begin, end;
  bool part, lone;
};

class SearchText : public ::testing::Test {
protected:
  std::vector<Seen> tokens(std::string_view text, Tokenizer::Purpose purpose = Tokenizer::Purpose::document) {
    struct Collect final : TokenSink {
      std::vector<Seen> seen;
      int token(const Token& t) override {
        seen.push_back({std::string(t.word), std::string(t.stem), t.begin, t.end, t.part, t.lone});
        return 0;
      }
    } collect;
    EXPECT_EQ(tokenizer.each(text, purpose, collect), 0);
    return std::move(collect.seen);
  }
  std::vector<std::string> words(std::string_view text, Tokenizer::Purpose purpose = Tokenizer::Purpose::document) {
    std::vector<std::string> out;
    for (auto& t : tokens(text, purpose)) out.push_back(t.word);
    return out;
  }
  using Words = std::vector<std::string>;

  sql::Connection connection{":memory:", "test"};
  Tokenizer tokenizer{connection.handle()};
};

TEST_F(SearchText, WordsAreFoldedRunsOfLettersAndDigits) {
  EXPECT_EQ(words("Don't PANIC: 3.14, snake_case/path-name"),
            (Words{"don", "t", "panic", "3", "14", "snake", "case", "path", "name"}));
  EXPECT_EQ(words("Café CRÈME Ångström naïve"), (Words{"cafe", "creme", "angstrom", "naive"}));
  EXPECT_EQ(words("Привет МИР, ΛΟΓΟΣ"), (Words{"привет", "мир", "λογοσ"}));
  EXPECT_EQ(words("हिन्दी").size(), 1u);  // marks do not tear the word
  EXPECT_TRUE(words("— … 👍🏽 \xff\xfe ؟ ").empty());
}

TEST_F(SearchText, StemsArePorters) {
  Words stems;
  for (auto& t : tokens("running connections relational hopping sky Naïvely")) stems.push_back(t.stem);
  EXPECT_EQ(stems, (Words{"run", "connect", "relat", "hop", "sky", "naiv"}));
  // The same from the cache.
  Words again;
  for (auto& t : tokens("running connections relational hopping sky Naïvely")) again.push_back(t.stem);
  EXPECT_EQ(again, stems);
}

TEST_F(SearchText, CamelCaseCountsAsItsPartsToo) {
  EXPECT_EQ(words("getUserName"), (Words{"getusername", "get", "user", "name"}));
  EXPECT_EQ(words("parseHTTPHeader2"), (Words{"parsehttpheader2", "parse", "http", "header2"}));
  EXPECT_EQ(words("NASA Title iPhone"), (Words{"nasa", "title", "iphone", "phone"}));
  auto seen = tokens("x getUserName");
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_FALSE(seen[1].part);
  EXPECT_TRUE(seen[3].part);
  EXPECT_EQ(seen[3].begin, 5u);
  EXPECT_EQ(seen[3].end, 9u);
}

TEST_F(SearchText, UnspacedScriptsBecomePairs) {
  EXPECT_EQ(words("数据库"), (Words{"数据", "据库", "库"}));
  EXPECT_EQ(words("数据库", Tokenizer::Purpose::query), (Words{"数据", "据库"}));
  EXPECT_EQ(words("库", Tokenizer::Purpose::query), (Words{"库"}));
  EXPECT_EQ(words("第3章abc"), (Words{"第", "3", "章", "abc"}));
  EXPECT_EQ(words("東京タワー。"), (Words{"東京", "京タ", "タワ", "ワー", "ー"}));
  EXPECT_EQ(words("한국어"), (Words{"한국", "국어", "어"}));
}

TEST_F(SearchText, LongWordsAreKnownByTheirBeginning) {
  std::string hash(200, 'a');
  auto seen = tokens(hash);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].word, std::string(max_word_bytes, 'a'));
  EXPECT_EQ(seen[0].end, 200u);
  std::string cyrillic;
  for (int i = 0; i < 100; ++i) cyrillic += "ж";
  ASSERT_EQ(words(cyrillic).size(), 1u);
  EXPECT_TRUE(ipld::valid_utf8(words(cyrillic)[0]));
}

TEST_F(SearchText, PlacesOfWordsLieInTheText) {
  EXPECT_TRUE(rc::check("places", [&](const std::string& text) {
    std::size_t last = 0;
    for (auto& t : tokens(text)) {
      RC_ASSERT(t.begin < t.end);
      RC_ASSERT(t.end <= text.size());
      RC_ASSERT(t.begin >= last || t.part);
      last = t.begin;
      RC_ASSERT(!t.word.empty());
      RC_ASSERT(t.word.size() <= max_word_bytes);
      RC_ASSERT(ipld::valid_utf8(t.word));
    }
  }));
}

TEST_F(SearchText, TermsOfAQuery) {
  auto terms = parse_terms(tokenizer, R"(How do the Databases "zero copy" -draft -"old news" work)");
  ASSERT_EQ(terms.all.size(), 5u);
  EXPECT_EQ(terms.all[0].match(), R"("databases")");
  EXPECT_EQ(terms.all[0].text(), "databas");
  EXPECT_EQ(terms.all[0].role, Role::optional);
  EXPECT_EQ(terms.all[1].match(), R"("zero copy")");
  EXPECT_EQ(terms.all[1].role, Role::required);
  EXPECT_EQ(terms.all[2].role, Role::excluded);
  EXPECT_EQ(terms.all[3].text(), "old new");
  EXPECT_EQ(terms.all[3].role, Role::excluded);
  EXPECT_EQ(terms.all[4].text(), "work");
}

TEST_F(SearchText, StopWordsServeWhenThereIsNothingElse) {
  EXPECT_EQ(parse_terms(tokenizer, "who is the").all.size(), 3u);
  EXPECT_EQ(parse_terms(tokenizer, "who is ada").all.size(), 1u);
  EXPECT_EQ(parse_terms(tokenizer, "the -draft").all.size(), 2u);
}

TEST_F(SearchText, OddQueriesAreOnlyWords) {
  EXPECT_EQ(parse_terms(tokenizer, R"(never "closed)").all.size(), 2u);
  EXPECT_EQ(parse_terms(tokenizer, "well-known --flag - -").all.size(), 3u);  // no excluded ones
  for (auto& term : parse_terms(tokenizer, "well-known --flag - -").all) EXPECT_EQ(term.role, Role::optional);
  EXPECT_EQ(parse_terms(tokenizer, "“curly quotes”").all[0].role, Role::required);
  EXPECT_TRUE(parse_terms(tokenizer, R"("" "…" -"" *)").all.empty());
  EXPECT_EQ(parse_terms(tokenizer, "word Word words WORDING").all.size(), 1u);
  EXPECT_EQ(parse_terms(tokenizer, R"(word "word")").all[0].role, Role::required);
  EXPECT_EQ(parse_terms(tokenizer, "库").all[0].match(), "\"库\" *");

  std::string many;
  for (int i = 0; i < 200; ++i) many += "word" + std::to_string(i) + " ";
  auto terms = parse_terms(tokenizer, many);
  EXPECT_EQ(terms.all.size(), max_query_words);
  EXPECT_EQ(terms.notes.size(), 1u);
}

// --- passages ------------------------------------------------------------------------------------------------------

std::string without_blanks(std::string_view text) {
  std::string out;
  for (char c : text)
    if (std::string_view(" \t\r\n\f\v").find(c) == std::string_view::npos) out += c;
  return out;
}

TEST(SearchPassages, HeadingsBeginPassages) {
  std::string first = "# One\n" + std::string(300, 'a') + ".\n\n", second = "## Two\n" + std::string(300, 'b') + ".\n";
  auto passages = split_text(first + second, TextKind::prose);
  ASSERT_EQ(passages.size(), 2u);
  EXPECT_TRUE(passages[0].text.starts_with("# One"));
  EXPECT_TRUE(passages[1].text.starts_with("## Two"));
  // Very short sections stay together.
  EXPECT_EQ(split_text("# a\nx\n# b\ny\n# c\nz\n", TextKind::prose).size(), 1u);
  // A title with a line under it is a heading, a comment in a fence is none.
  auto underlined = "Title\n=====\n" + std::string(300, 'a') + "\n\nNext\n----\n" + std::string(300, 'b') + "\n";
  passages = split_text(underlined, TextKind::prose);
  ASSERT_EQ(passages.size(), 2u);
  EXPECT_TRUE(passages[1].text.starts_with("Next\n----"));
  auto fenced = "```\n" + std::string(300, 'a') + "\n# comment\n" + std::string(300, 'b') + "\n```\n";
  EXPECT_EQ(split_text(fenced, TextKind::prose).size(), 1u);
}

TEST(SearchPassages, CodeIsCutBetweenDefinitions) {
  std::string text;
  for (int i = 0; i < 20; ++i)
    text += "int f" + std::to_string(i) + "() {\n  first();\n\n  second(" + std::string(100, 'x') + ");\n}\n\n";
  auto passages = split_text(text, TextKind::code);
  ASSERT_GT(passages.size(), 2u);
  for (auto& passage : passages) EXPECT_TRUE(passage.text.starts_with("int f")) << passage.text.substr(0, 30);
  EXPECT_EQ(split_text("\n\n    indented();\n", TextKind::code)[0].text, "    indented();");
}

TEST(SearchPassages, LongLinesAreCutAtSentences) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "This is sentence number " + std::to_string(i) + " of many. ";
  auto passages = split_text(text, TextKind::prose);
  ASSERT_GT(passages.size(), 1u);
  for (auto& passage : passages) EXPECT_TRUE(passage.text.ends_with('.')) << passage.text;
}

TEST(SearchPassages, NothingIsLostAndNothingTooLong) {
  EXPECT_TRUE(split_text("", TextKind::prose).empty());
  EXPECT_TRUE(split_text(" \n\t\n", TextKind::code).empty());
  static const std::vector<std::string> kPieces = {"word ",
                                                   "\n",
                                                   "\n\n",
                                                   "# head\n",
                                                   "    ",
                                                   "数据库",
                                                   "👩‍👩‍👧",
                                                   "é",
                                                   "```\n",
                                                   ".",
                                                   "}\n",
                                                   std::string(700, 'x'),
                                                   "\xff",
                                                   "---\n"};
  EXPECT_TRUE(rc::check("split", [](const std::vector<std::uint16_t>& choices, bool code) {
    std::string text;
    for (auto choice : choices)
      for (int i = 0; i < choice % 37; ++i) text += kPieces[(choice / 37) % kPieces.size()];
    std::string all;
    for (auto& passage : split_text(text, code ? TextKind::code : TextKind::prose)) {
      RC_ASSERT(!passage.text.empty());
      RC_ASSERT(passage.text.size() <= passage_limit);
      if (ipld::valid_utf8(text)) RC_ASSERT(ipld::valid_utf8(passage.text));
      all += passage.text;
    }
    RC_ASSERT(without_blanks(all) == without_blanks(text));
  }));
}

// --- snippets ------------------------------------------------------------------------------------------------------

class SearchSnippet : public SearchText {
protected:
  Snippet snippet(std::string_view passage, std::string_view text, std::size_t limit) {
    auto terms = parse_terms(tokenizer, text);
    return make_snippet(tokenizer, passage, terms.all, std::vector<double>(terms.all.size(), 1.0), limit);
  }
  static std::string shown(const Snippet& snippet) {
    Hit hit;
    hit.snippet = snippet.text;
    hit.highlights = snippet.highlights;
    hit.cut_before = snippet.cut_before;
    hit.cut_after = snippet.cut_after;
    return marked(hit, "[", "]");
  }
};

TEST_F(SearchSnippet, ShowsTheMatches) {
  EXPECT_EQ(shown(snippet("The quick brown fox\n  jumps", "foxes jumping", 100)), "The quick brown [fox] [jumps]");
  EXPECT_EQ(shown(snippet("call getUserName here", "user", 100)), "call get[User]Name here");
  EXPECT_EQ(shown(snippet("we use zero copy, not copy zero", "\"zero copy\"", 100)),
            "we use [zero copy], not copy zero");
  EXPECT_EQ(shown(snippet("安装数据库软件", "数据库", 100)), "安装[数据库]软件");
  EXPECT_EQ(shown(snippet("nothing", "else", 100)), "nothing");
  EXPECT_EQ(shown(snippet("", "else", 100)), "");
}

TEST_F(SearchSnippet, TakesThePlaceWithMostWords) {
  std::string text = "apple at the start. " + std::string(500, '.') + " banana and apple and cherry together. " +
                     std::string(500, '.') + " cherry";
  auto made = snippet(text, "apple banana cherry", 80);
  EXPECT_LE(made.text.size(), 80u);
  EXPECT_EQ(made.highlights.size(), 3u);
  EXPECT_TRUE(made.cut_before);
  EXPECT_TRUE(made.cut_after);
}

TEST_F(SearchSnippet, ControlsAndDirectionMarksAreBlanks) {
  EXPECT_EQ(snippet("a\x1b[31m b\x07\0c\u202e d\u2066e\r\n\tf"s, "x", 100).text, "a [31m b c d e f");
}

TEST_F(SearchSnippet, NeverTearsCharacters) {
  std::string family = "👨‍👩‍👧‍👦", flag = "🇩🇪", accent = "e\u0301", arabic = "مرحبا بالعالم ";
  for (const auto& unit : {family, flag, accent, arabic, "数"s, "नि"s}) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += unit;
    text += " needle ";
    for (int i = 0; i < 40; ++i) text += unit;
    for (std::size_t limit = 1; limit < 120; ++limit) {
      auto made = snippet(text, "needle", limit);
      ASSERT_LE(made.text.size(), limit);
      ASSERT_TRUE(ipld::valid_utf8(made.text)) << limit;
      auto at = text.find(made.text);
      if (at != std::string::npos && limit > family.size() + 8) {
        EXPECT_TRUE(is_character_boundary(text, at)) << unit << limit;
        EXPECT_TRUE(is_character_boundary(text, at + made.text.size())) << unit << limit;
      }
    }
  }
  EXPECT_FALSE(is_character_boundary(flag + flag, 4));
  EXPECT_TRUE(is_character_boundary(flag + flag, 8));
}

TEST_F(SearchSnippet, KeepsItsBoundsForAnyText) {
  EXPECT_TRUE(rc::check("bounds", [&](const std::vector<std::uint8_t>& picks, std::uint8_t limit) {
    static const std::vector<std::string> kPieces = {
        "needle", " ", "數", "👍🏽", "\u0301", "x", "\n", "\u202e", "averyveryverylongword", "\u200d"};
    std::string text;
    for (auto pick : picks) text += kPieces[pick % kPieces.size()];
    auto made = snippet(text, "needle \"數 needle\" x", limit);
    RC_ASSERT(made.text.size() <= limit);
    RC_ASSERT(ipld::valid_utf8(made.text));
    std::uint32_t last = 0;
    for (auto range : made.highlights) {
      RC_ASSERT(range.begin >= last);
      RC_ASSERT(range.begin < range.end);
      RC_ASSERT(range.end <= made.text.size());
      last = range.end;
    }
  }));
}

TEST_F(SearchSnippet, OneVeryLongWord) {
  auto made = snippet(std::string(100'000, 'a'), std::string(100, 'a'), 200);
  EXPECT_EQ(made.text, std::string(200, 'a'));
  EXPECT_FALSE(made.cut_before);
  EXPECT_TRUE(made.cut_after);
}

}  // namespace
}  // namespace openmcp::context::search
