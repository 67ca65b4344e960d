#include "crypto/secret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace openmcp::crypto {
namespace {

TEST(Secret, MovesAndIsCopiedByNameOnly) {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  Secret first(base::as_bytes("open sesame"));
  Secret second(std::move(first));
  EXPECT_EQ(base::as_text(second.view()), "open sesame");
  EXPECT_TRUE(first.empty());  // NOLINT: moved from, and empty by promise
  auto copy = second.clone();
  second = Secret(3);
  EXPECT_THAT(second.view(), testing::ElementsAre(0, 0, 0));
  EXPECT_EQ(base::as_text(copy.view()), "open sesame");
  EXPECT_EQ(base::as_text(copy.fixed<4>()), "open");
}

TEST(Secret, WipeLeavesZeros) {
  base::Bytes bytes(100, 0xaa);
  wipe(bytes);
  EXPECT_THAT(bytes, testing::Each(0));
  wipe({});
}

TEST(Secret, ConstantTimeEqual) {
  const base::Bytes a = {1, 2, 3}, b = {1, 2, 4}, c = {1, 2};
  EXPECT_TRUE(constant_time_equal(a, base::Bytes(a)));
  EXPECT_FALSE(constant_time_equal(a, b));
  EXPECT_FALSE(constant_time_equal(a, c));
  EXPECT_TRUE(constant_time_equal({}, {}));
}

}  // namespace
}  // namespace openmcp::crypto
