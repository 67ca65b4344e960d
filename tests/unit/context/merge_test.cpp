#include "context/merge.hpp"

#include <gtest/gtest.h>

namespace openmcp::context {
namespace {

ipld::Cid content(const std::string& text) {
  return ipld::make_block(ipld::Codec::raw, base::SharedBytes(base::to_bytes(text))).cid;
}

Manifest start() {
  Manifest m;
  m.type = "other";
  m.title = "t";
  m.content = content("a");
  m.tags = {"x", "y"};
  m.metadata = R"({"k":1})";
  m.time = 1;
  return m;
}

TEST(Merge, TakesTheSideThatChanged) {
  auto base = start();
  std::vector<Manifest> heads{base, base};
  heads[0].title = "new title";
  heads[1].content = content("b");
  heads[1].metadata = R"({"k":1,"n":2})";
  auto merged = merge(&base, heads, {});
  EXPECT_EQ(merged.title, "new title");
  EXPECT_EQ(merged.content_from, 1u);
  EXPECT_EQ(merged.metadata, R"({"k":1,"n":2})");
  EXPECT_TRUE(merged.conflicts.empty());
}

TEST(Merge, SetsTakeEveryAdditionAndRemoval) {
  auto base = start();
  std::vector<Manifest> heads{base, base, base};
  heads[0].tags = {"x"};
  heads[1].tags = {"new", "x", "y"};
  heads[2].tags = {"other", "x", "y"};
  auto merged = merge(&base, heads, {});
  EXPECT_EQ(merged.tags, (std::vector<std::string>{"new", "other", "x"}));
}

TEST(Merge, WithoutAncestorSetsAreUnited) {
  std::vector<Manifest> heads{start(), start()};
  heads[0].tags = {"a"};
  heads[1].tags = {"b"};
  auto merged = merge(nullptr, heads, {});
  EXPECT_EQ(merged.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(merged.content_from.has_value());
  EXPECT_TRUE(merged.conflicts.empty());
}

TEST(Merge, TheLatestWinsAndIsNamed) {
  auto base = start();
  std::vector<Manifest> heads{base, base};
  heads[0].title = "zero";
  heads[0].metadata = R"({"k":"zero"})";
  heads[0].time = 9;
  heads[1].title = "one";
  heads[1].metadata = "{}";
  heads[1].time = 8;
  auto merged = merge(&base, heads, {});
  EXPECT_EQ(merged.title, "zero");
  EXPECT_EQ(merged.metadata, R"({"k":"zero"})");
  EXPECT_EQ(merged.conflicts, (std::vector<std::string>{"title", "metadata.k"}));
  auto preferred = merge(&base, heads, 1);
  EXPECT_EQ(preferred.title, "one");
  EXPECT_EQ(preferred.metadata, "{}");
}

TEST(Merge, DifferentContentsNeedAChoice) {
  auto base = start();
  std::vector<Manifest> heads{base, base};
  heads[0].content = content("b");
  heads[1].content = content("c");
  auto merged = merge(&base, heads, {});
  EXPECT_EQ(merged.content_from, std::nullopt);
  EXPECT_EQ(merged.conflicts, std::vector<std::string>{"content"});
  EXPECT_EQ(merge(&base, heads, 1).content_from, 1u);
}

TEST(Merge, TheSameChangeOnBothSidesIsNoConflict) {
  auto base = start();
  std::vector<Manifest> heads{base, base};
  for (auto& head : heads) {
    head.title = "same";
    head.content = content("same");
  }
  auto merged = merge(&base, heads, {});
  EXPECT_EQ(merged.title, "same");
  EXPECT_TRUE(merged.content_from.has_value());
  EXPECT_TRUE(merged.conflicts.empty());
}

}  // namespace
}  // namespace openmcp::context
