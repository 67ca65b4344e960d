#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace openmcp::base {
namespace {

TEST(Error, EveryCodeHasAName) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    names.insert(to_string(static_cast<Errc>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Errc::internal) + 1);
  EXPECT_FALSE(names.contains("unknown error"));
}

TEST(Error, WithinPutsTheContextInFront) {
  Error error(Errc::io, "disk on fire", "run");
  error.within("reading a.md").within("importing notes");
  EXPECT_STREQ(error.what(), "importing notes: reading a.md: disk on fire");
  EXPECT_EQ(error.hint(), "run");
}

TEST(Result, UnwrapGivesTheValueOrThrowsTheError) {
  EXPECT_EQ(*unwrap(Result<std::unique_ptr<int>>(std::make_unique<int>(3))), 3);
  EXPECT_NO_THROW(unwrap(Result<void>()));
  try {
    unwrap(Result<int>(fail(Errc::conflict, "no", "yes")));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::conflict);
    EXPECT_EQ(error.hint(), "yes");
  }
}

}  // namespace
}  // namespace openmcp::base
