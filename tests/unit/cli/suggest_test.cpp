#include "cli/suggest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace openmcp::cli {
namespace {

TEST(Suggest, DistanceCountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("commit", "commit"), 0u);
  EXPECT_EQ(edit_distance("comit", "commit"), 1u);
  EXPECT_EQ(edit_distance("ocmmit", "commit"), 1u);  // neighbours swapped
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

RC_GTEST_PROP(Suggest, DistanceIsAMetricOfSorts, (const std::string& a, const std::string& b)) {
  RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
  RC_ASSERT((edit_distance(a, b) == 0) == (a == b));
  auto longer = std::max(a.size(), b.size()), shorter = std::min(a.size(), b.size());
  RC_ASSERT(edit_distance(a, b) <= longer);
  RC_ASSERT(edit_distance(a, b) >= longer - shorter);
}

TEST(Suggest, NearestIsCloseOrNothing) {
  constexpr std::array<std::string_view, 4> names = {"commit", "completion", "cat", "history"};
  EXPECT_EQ(nearest("comit", names), "commit");
  EXPECT_EQ(nearest("hist", names), "history");  // an abbreviation
  EXPECT_EQ(nearest("cta", names), "cat");
  EXPECT_EQ(nearest("zzz", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(100, 'c'), names), "");
}

}  // namespace
}  // namespace openmcp::cli
