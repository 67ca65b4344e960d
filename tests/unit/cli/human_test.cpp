#include "cli/human.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace openmcp::cli {
namespace {

using namespace std::chrono;
using base::WallTime;

WallTime at(std::string_view text) { return base::unwrap(parse_time(text, WallTime())); }

TEST(Human, Sizes) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(1023), "1023 B");
  EXPECT_EQ(human_size(1024), "1.0 KiB");
  EXPECT_EQ(human_size(10 * 1024), "10 KiB");
  EXPECT_EQ(human_size(1024 * 1024 - 1), "1.0 MiB");  // never "1024 KiB"
  EXPECT_EQ(human_size(1ull << 30), "1.0 GiB");
  EXPECT_EQ(human_size(~0ull), "16 EiB");
}

TEST(Human, Counts) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1 000");
  EXPECT_EQ(human_count(1234567), "1 234 567");
  EXPECT_EQ(counted(1, "block"), "1 block");
  EXPECT_EQ(counted(0, "block"), "0 blocks");
  EXPECT_EQ(counted(2, "copy", "copies"), "2 copies");
}

TEST(Human, Durations) {
  EXPECT_EQ(human_duration(0s), "0 s");
  EXPECT_EQ(human_duration(59s), "59 s");
  EXPECT_EQ(human_duration(125s), "2 min 5 s");
  EXPECT_EQ(human_duration(3720s), "1 h 2 min");
  EXPECT_EQ(human_duration(90000s), "1 d 1 h");
}

TEST(Human, Ages) {
  auto now = at("2026-11-23T12:00:00Z");
  EXPECT_EQ(human_age(now, now), "just now");
  EXPECT_EQ(human_age(now - 30s, now), "30 s ago");
  EXPECT_EQ(human_age(now - 5min, now), "5 min ago");
  EXPECT_EQ(human_age(now - 3h, now), "3 h ago");
  EXPECT_EQ(human_age(now - 30h, now), "yesterday");
  EXPECT_EQ(human_age(now - days(5), now), "5 days ago");
  EXPECT_EQ(human_age(now - days(100), now), "2026-08-15");
  EXPECT_EQ(human_age(now + days(1), now), "2026-11-24 12:00");  // a clock that is ahead
}

TEST(Human, TimesRoundTrip) {
  EXPECT_EQ(iso_time(at("2026-11-23T08:35:07.123456Z")), "2026-11-23T08:35:07.123456Z");
  EXPECT_EQ(iso_time(at("2026-11-23")), "2026-11-23T00:00:00.000000Z");
  EXPECT_EQ(iso_time(at("2026-11-23 08:35")), "2026-11-23T08:35:00.000000Z");
  EXPECT_EQ(iso_time(at("2026-11-23T08:35:07+02:00")), "2026-11-23T06:35:07.000000Z");
  EXPECT_EQ(iso_time(at("1969-12-31T23:59:59.5Z")), "1969-12-31T23:59:59.500000Z");
  EXPECT_EQ(iso_time(at("2024-02-29")), "2024-02-29T00:00:00.000000Z");
}

RC_GTEST_PROP(Human, EveryTimeRoundTrips, ()) {
  auto micros = *rc::gen::inRange<std::int64_t>(-62'000'000'000'000'000, 250'000'000'000'000'000);
  WallTime time{microseconds(micros)};
  RC_ASSERT(at(iso_time(time)) == time);
}

TEST(Human, AgesAsTimes) {
  auto now = at("2026-11-23T12:00:00Z");
  auto ago = [&](std::string_view text) { return now - base::unwrap(parse_time(text, now)); };
  EXPECT_EQ(ago("90s"), 90s);
  EXPECT_EQ(ago("15m"), 15min);
  EXPECT_EQ(ago("3h"), 3h);
  EXPECT_EQ(ago("2d"), days(2));
  EXPECT_EQ(ago("4w"), weeks(4));
}

TEST(Human, NonsenseIsNoTime) {
  for (auto text : {"", "soon", "2026-13-01", "2026-02-30", "2026-11-23T25:00", "2026-11-23T08:35:07x", "-3d", "3y",
                    "2026-11-23T08:35:07.", "99999999999d"}) {
    EXPECT_FALSE(parse_time(text, WallTime())) << text;
  }
}

TEST(Human, SizesAreRead) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("64KiB"), 65536u);
  EXPECT_EQ(parse_size("1MiB"), 1048576u);
  EXPECT_EQ(parse_size("2GB"), 2'000'000'000u);
  for (auto text : {"", "KiB", "-1", "1.5MiB", "1XB", "99999999999GiB"}) EXPECT_FALSE(parse_size(text)) << text;
}

}  // namespace
}  // namespace openmcp::cli
