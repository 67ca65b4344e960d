#include "cli/progress.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/sim_env.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

ProgressState half() { return {"adding", Unit::bytes, 512u << 20, 1u << 30, 256.0 * (1u << 20), 2s}; }

TEST(ProgressLine, HasBarRateAndEta) {
  auto line = progress_line(half(), 100);
  EXPECT_THAT(line, HasSubstr("adding"));
  EXPECT_THAT(line, HasSubstr(" 50%"));
  EXPECT_THAT(line, HasSubstr("512 MiB / 1.0 GiB"));
  EXPECT_THAT(line, HasSubstr("256 MiB/s"));
  EXPECT_THAT(line, HasSubstr("ETA 2 s"));
  EXPECT_THAT(line, HasSubstr("[===="));
}

TEST(ProgressLine, FitsEveryWidth) {
  for (std::size_t columns = 0; columns < 130; ++columns) EXPECT_LE(width(progress_line(half(), columns)), columns);
  EXPECT_THAT(progress_line(half(), 60), Not(HasSubstr("[")));  // no room for a bar
}

TEST(ProgressLine, UnknownTotalShowsWhatIsDone) {
  ProgressState state{"reading", Unit::bytes, 3u << 20, 0, 0, 5s};
  EXPECT_EQ(progress_line(state, 80), "reading  3.0 MiB  5 s");
}

TEST(ProgressLine, CountsThings) {
  ProgressState state{"committing", Unit::things, 1500, 3000, 500, 3s};
  EXPECT_THAT(progress_line(state, 100), HasSubstr("1 500 / 3 000  500/s  ETA 3 s"));
}

TEST(ProgressLine, NeverMoreThanAll) {
  ProgressState state{"adding", Unit::bytes, 300, 200, 10, 1s};  // a file grew
  auto line = progress_line(state, 100);
  EXPECT_THAT(line, HasSubstr("100%"));
  EXPECT_THAT(line, Not(HasSubstr("ETA")));
}

TEST(ProgressBar, WithoutATerminalNothingIsWritten) {
  base::SimWorld world(1);
  Progress bar(world.node("a"), nullptr, "x", Unit::bytes);
  bar.update(1, 2);
  bar.finish();
}

TEST(ProgressBar, DrawsAtMostTenTimesASecond) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  base::SimWorld world(1);
  auto& env = world.node("a");
  Output out(ends[1], false);
  auto work = [](base::Env& clock, Output& target) -> base::Task<void> {
    Progress bar(clock, &target, "working", Unit::things);
    for (std::uint64_t i = 1; i <= 1000; ++i) {
      co_await clock.sleep(1ms);
      bar.update(i, 1000);
    }
  };
  world.run(work(env, out));
  std::string text(1 << 16, 0);
  auto got = read(ends[0], text.data(), text.size());
  ASSERT_GT(got, 0);
  text.resize(static_cast<std::size_t>(got));
  auto lines = std::count(text.begin(), text.end(), '\r');
  EXPECT_GE(lines, 9);
  EXPECT_LE(lines, 11);  // ten drawings, and the one that removes the line
  EXPECT_TRUE(text.ends_with("\r\x1b[K"));
  close(ends[0]), close(ends[1]);
}

}  // namespace
}  // namespace openmcp::cli
