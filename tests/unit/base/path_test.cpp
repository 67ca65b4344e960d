#include <gtest/gtest.h>

#include "base/disk.hpp"

namespace openmcp::base {
namespace {

TEST(Path, Join) {
  EXPECT_EQ(join("a", "b"), "a/b");
  EXPECT_EQ(join("a/", "b"), "a/b");
  EXPECT_EQ(join("/", "b"), "/b");
  EXPECT_EQ(join("a", "/b"), "/b");
  EXPECT_EQ(join("", "b"), "b");
  EXPECT_EQ(join("a", ""), "a");
}

TEST(Path, Parent) {
  EXPECT_EQ(parent("a/b"), "a");
  EXPECT_EQ(parent("/a/b/c"), "/a/b");
  EXPECT_EQ(parent("a/b/"), "a");
  EXPECT_EQ(parent("a//b"), "a");
  EXPECT_EQ(parent("a"), ".");
  EXPECT_EQ(parent("/a"), "/");
  EXPECT_EQ(parent("//a"), "/");
  EXPECT_EQ(parent("/"), "/");
  EXPECT_EQ(parent("."), ".");
  EXPECT_EQ(parent(""), ".");
}

}  // namespace
}  // namespace openmcp::base
