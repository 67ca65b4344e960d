#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace openmcp::base {
namespace {

TEST(Bytes, HexIsLowerCase) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0x0f, 0xa0, 0xff}), "000fa0ff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(Bytes, EqualComparesLengthAndContent) {
  EXPECT_TRUE(equal({}, {}));
  EXPECT_TRUE(equal(as_bytes("abc"), to_bytes("abc")));
  EXPECT_FALSE(equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(equal(as_bytes("abc"), as_bytes("ab")));
}

TEST(SharedBytes, SlicesKeepTheBufferAlive) {
  SharedBytes part;
  {
    SharedBytes whole(to_bytes("hello world"));
    part = whole.slice(6, 5).slice(1, 3);
  }
  EXPECT_EQ(as_text(part), "orl");
  EXPECT_TRUE(SharedBytes().empty());
}

TEST(SharedBytes, LetsItsOwnerGoWithTheLastView) {
  auto owner = std::make_shared<Bytes>(to_bytes("x"));
  std::weak_ptr<Bytes> watch = owner;
  SharedBytes first(owner, *owner);
  SharedBytes second = first;
  owner.reset();
  first = {};
  EXPECT_FALSE(watch.expired());
  second = {};
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace openmcp::base
