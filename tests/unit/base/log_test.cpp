#include "base/log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace openmcp::base {
namespace {

struct LogTest : testing::Test {
  LogTest() { set_log_level(LogLevel::info); }
  ~LogTest() override { set_log_level(LogLevel::warn); }
};

std::string caught(const std::function<void()>& act) {
  testing::internal::CaptureStderr();
  act();
  return testing::internal::GetCapturedStderr();
}

TEST_F(LogTest, ALineHasTimeLevelRoomAndText) {
  auto text = caught([] { log(LogLevel::warn, "storage", "segment {} is {}", 7, "torn"); });
  EXPECT_TRUE(std::regex_search(
      text, std::regex(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn\S*\s+storage: segment 7 is torn\n$)")))
      << text;
}

TEST_F(LogTest, DropsWhatIsBelowTheLevel) {
  EXPECT_EQ(caught([] { log(LogLevel::debug, "base", "x"); }), "");
  EXPECT_NE(caught([] { log(LogLevel::info, "base", "x"); }), "");
  set_log_level(LogLevel::off);
  EXPECT_EQ(caught([] {
              log(LogLevel::error, "base", "x");
              log(LogLevel::off, "base", "x");
            }),
            "");
}

TEST_F(LogTest, AStrangersTextCannotForgeALine) {
  auto text = caught([] { log(LogLevel::warn, "mesh", "peer says {}", "hi\n2025 error \x1b[31m"); });
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_NE(text.find("hi\\x0a2025 error \\x1b[31m"), std::string::npos) << text;
}

TEST_F(LogTest, AlsoWritesToAFileFromManyThreads) {
  auto path = std::filesystem::temp_directory_path() / ("openmcp-log-" + std::to_string(::getpid()));
  set_log_file(path);
  caught([] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([i] {
        for (int j = 0; j < 100; ++j) log(LogLevel::warn, "base", "thread {} line {} end", i, j);
      });
    }
    for (auto& thread : threads) thread.join();
  });
  std::ifstream file(path);
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) EXPECT_TRUE(line.ends_with(" end")) << line;
  EXPECT_EQ(lines, 400);
  std::filesystem::remove(path);
  EXPECT_THROW(set_log_file("/proc/absent/log"), Error);
}

}  // namespace
}  // namespace openmcp::base
