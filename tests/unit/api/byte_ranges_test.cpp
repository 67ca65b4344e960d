// Which bytes a Range field asks for. How they are answered, the tests of REST and the gateway say.
#include "api/byte_ranges.hpp"

#include <gtest/gtest.h>

namespace openmcp::api {
namespace {

using Spans = std::vector<ByteSpan>;

Spans spans(std::string_view field, std::uint64_t size = 10) {
  auto choice = choose_ranges(field, size);
  EXPECT_TRUE(choice.satisfiable) << field;
  return choice.spans;
}

TEST(ByteRanges, OneRange) {
  EXPECT_EQ(spans("bytes=0-0"), (Spans{{0, 1}}));
  EXPECT_EQ(spans("bytes=5-"), (Spans{{5, 5}}));
  EXPECT_EQ(spans("bytes=-3"), (Spans{{7, 3}}));
  EXPECT_EQ(spans("bytes=-30"), (Spans{{0, 10}}));
  EXPECT_EQ(spans("bytes=3-99999999999999999999999"), (Spans{{3, 7}}));
  EXPECT_EQ(spans("bytes=0-", ~std::uint64_t{0}), (Spans{{0, ~std::uint64_t{0}}}));
}

TEST(ByteRanges, WhatCannotBeIsNotSatisfiable) {
  for (auto field : {"bytes=10-", "bytes=-0", "bytes=99999999999999999999999-", "bytes=10-,-0"})
    EXPECT_FALSE(choose_ranges(field, 10).satisfiable) << field;
  EXPECT_FALSE(choose_ranges("bytes=0-", 0).satisfiable);
  EXPECT_FALSE(choose_ranges("bytes=-5", 0).satisfiable);
}

TEST(ByteRanges, BadSyntaxAndOtherUnitsMeanTheWhole) {
  for (auto field : {"", "bytes=", "bytes=a-b", "bytes=5-3", "items=0-1", "bytes=--1", "bytes=1", "bytes=0x1-2",
                     "bytes=-", "bytes=0-1,x", "bytes=20-30,5-3"})
    EXPECT_TRUE(spans(field).empty()) << field;
}

TEST(ByteRanges, SeveralStayInTheirOrder) {
  EXPECT_EQ(spans("bytes=20-30, 4-5,1-2"), (Spans{{4, 2}, {1, 2}})) << "what is not there is left out";
  EXPECT_EQ(spans("bytes=0-3,4-9"), (Spans{{0, 4}, {4, 6}})) << "neighbours do not overlap";
}

TEST(ByteRanges, ThoseThatOverlapOrAreTooManyMeanTheWhole) {
  for (auto field : {"bytes=0-3,3-9", "bytes=5-9,0-5", "bytes=0-,0-", "bytes=2-3,0-9", "bytes=-5,7-"})
    EXPECT_TRUE(spans(field).empty()) << field;
  auto many = [](std::size_t count) {
    std::string field = "bytes=";
    for (std::size_t i = 0; i < count; ++i) field += std::to_string(2 * i) + "-" + std::to_string(2 * i) + ",";
    return field;
  };
  EXPECT_EQ(spans(many(kMaxRanges), 1000).size(), kMaxRanges);
  EXPECT_TRUE(spans(many(kMaxRanges + 1), 1000).empty());
  EXPECT_TRUE(spans(many(kMaxRanges + 1), 3).empty()) << "those that are not there count too";
}

}  // namespace
}  // namespace openmcp::api
