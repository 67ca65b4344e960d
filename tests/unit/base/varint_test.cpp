#include "base/varint.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace openmcp::base {
namespace {

Bytes encoded(std::uint64_t value) {
  Bytes out;
  put_varint(out, value);
  return out;
}

// The examples of https://github.com/multiformats/unsigned-varint.
TEST(Varint, EncodesTheExamplesOfTheSpecification) {
  EXPECT_EQ(to_hex(encoded(1)), "01");
  EXPECT_EQ(to_hex(encoded(127)), "7f");
  EXPECT_EQ(to_hex(encoded(128)), "8001");
  EXPECT_EQ(to_hex(encoded(255)), "ff01");
  EXPECT_EQ(to_hex(encoded(300)), "ac02");
  EXPECT_EQ(to_hex(encoded(16384)), "808001");
}

RC_GTEST_PROP(Varint, RoundTrips, (std::uint64_t any, Bytes tail)) {
  std::uint64_t value = any >> *rc::gen::inRange(1, 64);
  Bytes bytes = encoded(value);
  RC_ASSERT(bytes.size() == varint_size(value));
  RC_ASSERT(bytes.size() <= kVarintMax);
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  BytesView in(bytes);
  auto back = take_varint(in);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == value);
  RC_ASSERT(equal(in, tail));
}

RC_GTEST_PROP(Varint64, RoundTripsAllBits, (std::uint64_t value)) {
  Bytes bytes;
  put_varint64(bytes, value);
  RC_ASSERT(bytes.size() == varint_size(value));
  BytesView in(bytes);
  auto back = take_varint64(in, true);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == value);
  RC_ASSERT(in.empty());
}

struct Refused {
  const char* what;
  Bytes bytes;
  const char* message;
};

class VarintRefuses : public testing::TestWithParam<Refused> {};

TEST_P(VarintRefuses, AndLeavesTheInput) {
  BytesView in(GetParam().bytes);
  auto result = take_varint(in);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::corrupt);
  EXPECT_NE(result.error().message().find(GetParam().message), std::string::npos) << result.error().message();
  EXPECT_EQ(in.size(), GetParam().bytes.size());
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, VarintRefuses,
    testing::Values(Refused{"nothing", {}, "cut off"}, Refused{"cut", {0x80}, "cut off"},
                    Refused{"zero in two bytes", {0x80, 0x00}, "shortest"},
                    Refused{"one in three bytes", {0x81, 0x80, 0x00}, "shortest"},
                    Refused{"64 bits", {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, "too long"},
                    Refused{"endless", Bytes(20, 0xff), "too long"}));

TEST(Varint, TakesTheGreatestValue) {
  Bytes bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
  BytesView in(bytes);
  EXPECT_EQ(*take_varint(in), (1ull << 63) - 1);
}

TEST(Varint64, LongerFormsOnlyWhenNotStrict) {
  Bytes bytes{0x81, 0x80, 0x00};
  BytesView in(bytes), strict(bytes);
  EXPECT_EQ(*take_varint64(in, false), 1u);
  EXPECT_TRUE(in.empty());
  EXPECT_FALSE(take_varint64(strict, true));
  Bytes most{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  BytesView greatest(most);
  EXPECT_EQ(*take_varint64(greatest, true), ~0ull);
  most.back() = 0x02;
  BytesView over(most);
  EXPECT_FALSE(take_varint64(over, false)) << "the 65th bit";
}

}  // namespace
}  // namespace openmcp::base
