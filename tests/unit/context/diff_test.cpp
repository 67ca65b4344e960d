#include "context/diff.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "context/myers.hpp"

namespace openmcp::context {
namespace {

/// Deletions and insertions of a shortest script, by the textbook table.
std::size_t distance(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0)
        d[i][j] = i + j;
      else if (a[i - 1] == b[j - 1])
        d[i][j] = d[i - 1][j - 1];
      else
        d[i][j] = 1 + std::min(d[i - 1][j], d[i][j - 1]);
    }
  return d[a.size()][b.size()];
}

std::vector<std::uint32_t> applied(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b,
                                   const std::vector<Edit>& edits) {
  std::vector<std::uint32_t> out;
  std::size_t at = 0;
  for (const auto& edit : edits) {
    out.insert(out.end(), a.begin() + at, a.begin() + edit.old_begin);
    out.insert(out.end(), b.begin() + edit.new_begin, b.begin() + edit.new_end);
    at = edit.old_end;
  }
  out.insert(out.end(), a.begin() + at, a.end());
  return out;
}

RC_GTEST_PROP(Myers, FindsAShortestScriptThatWorks, ()) {
  auto values = rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 4));
  auto a = *values, b = *values;
  auto found = compare(a, b, 1000);
  RC_ASSERT(!found.coarse);
  RC_ASSERT(applied(a, b, found.edits) == b);
  std::size_t cost = 0;
  for (const auto& edit : found.edits) cost += edit.old_end - edit.old_begin + edit.new_end - edit.new_begin;
  RC_ASSERT(cost == distance(a, b));
}

RC_GTEST_PROP(Myers, IsRightWhenCoarseToo, ()) {
  auto values = rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 50));
  auto a = *values, b = *values;
  auto found = compare(a, b, 4);
  RC_ASSERT(applied(a, b, found.edits) == b);
}

TEST(Myers, EndsSoonOnWhatIsNothingAlike) {
  std::vector<std::uint32_t> a(200'000), b(200'000);
  for (std::uint32_t i = 0; i < a.size(); ++i) a[i] = 2 * i, b[i] = 2 * i + 1;
  auto found = compare(a, b, 4096);
  EXPECT_TRUE(found.coarse);
  ASSERT_EQ(found.edits.size(), 1u);
  EXPECT_EQ(found.edits[0], (Edit{0, a.size(), 0, b.size()}));
}

TEST(Diff, LooksLikeUnifiedDiff) {
  auto diff = diff_lines("one\ntwo\nthree\nfour\nfive\nsix\n", "one\ntwo\n3\nfour\nfive\nsix\nseven", {.context = 1});
  EXPECT_EQ(diff.added, 2u);
  EXPECT_EQ(diff.removed, 1u);
  EXPECT_EQ(unified(diff, "a", "b"),
            "--- a\n+++ b\n"
            "@@ -2,3 +2,3 @@\n two\n-three\n+3\n four\n"
            "@@ -6 +6,2 @@\n six\n+seven\n\\ No newline at end of file\n");
}

TEST(Diff, EqualTextsHaveNoHunks) {
  EXPECT_TRUE(diff_lines("a\nb", "a\nb").hunks.empty());
  EXPECT_TRUE(diff_lines("", "").hunks.empty());
  EXPECT_EQ(unified(diff_lines("", ""), "a", "b"), "");
}

TEST(Diff, FromNothingAndToNothing) {
  EXPECT_EQ(unified(diff_lines("", "x\n"), "a", "b"), "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
  EXPECT_EQ(unified(diff_lines("x\n", ""), "a", "b"), "--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n");
}

TEST(Diff, ANewlineAtTheEndIsADifference) {
  auto diff = diff_lines("x", "x\n");
  EXPECT_EQ(diff.added, 1u);
  EXPECT_EQ(diff.removed, 1u);
}

TEST(Diff, NamesChangedFields) {
  Manifest a, b;
  a.tags = {"old", "same"};
  b.tags = {"new", "same"};
  a.metadata = R"({"gone":1,"kept":[1],"number":1})";
  b.metadata = R"({"fresh":{"x":2},"kept":[1],"number":2})";
  a.title = "before";
  b.title = "after";
  auto diff = diff_fields(a, b);
  EXPECT_EQ(diff.tags_added, std::vector<std::string>{"new"});
  EXPECT_EQ(diff.tags_removed, std::vector<std::string>{"old"});
  ASSERT_EQ(diff.metadata.size(), 3u);
  EXPECT_EQ(diff.metadata[0].key, "fresh");
  EXPECT_EQ(diff.metadata[0].before, std::nullopt);
  EXPECT_EQ(diff.metadata[0].after, R"({"x":2})");
  EXPECT_EQ(diff.metadata[2].before, "1");
  EXPECT_EQ(diff.title, std::pair(std::string("before"), std::string("after")));
  EXPECT_FALSE(diff.type);
  EXPECT_TRUE(diff_fields(a, a).empty());
}

}  // namespace
}  // namespace openmcp::context
