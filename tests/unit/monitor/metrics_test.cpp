#include "monitor/metrics.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/real_env.hpp"
#include "base/result.hpp"
#include "base/sim_env.hpp"
#include "monitor/process.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::monitor {
namespace {

bool has(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

/// A registry with one of everything.
void fill(Metrics& metrics) {
  metrics.set_build("1.2.3", "abc");
  metrics.counter("things_total", "Things", {{"kind", "a\"b\\c\nd"}}).add(3);
  metrics.counter("things_total", "Other help", {{"kind", "plain"}});
  metrics.gauge("level_bytes", "A level\nwith a \\ in it").set(-2.5);
  auto seconds = metrics.histogram("wait_seconds", "Waits", {0.1, 1, 10});
  for (double value : {0.05, 0.5, 0.7, 20.0}) seconds.observe(value);
}

TEST(Metrics, WriteTheTextFormat) {
  Metrics metrics;
  fill(metrics);
  auto page = metrics.page(false);
  EXPECT_TRUE(has(page, "# HELP openmcp_things_total Things"));
  EXPECT_TRUE(has(page, "# TYPE openmcp_things_total counter"));
  EXPECT_TRUE(has(page, R"(openmcp_things_total{kind="a\"b\\c\nd"} 3)"));
  EXPECT_TRUE(has(page, "openmcp_things_total{kind=\"plain\"} 0"));
  EXPECT_TRUE(has(page, R"(# HELP openmcp_level_bytes A level\nwith a \\ in it)"));
  EXPECT_TRUE(has(page, "openmcp_level_bytes -2.5"));
  EXPECT_TRUE(has(page, "openmcp_wait_seconds_bucket{le=\"0.1\"} 1"));
  EXPECT_TRUE(has(page, "openmcp_wait_seconds_bucket{le=\"1.0\"} 3"));
  EXPECT_TRUE(has(page, "openmcp_wait_seconds_bucket{le=\"+Inf\"} 4"));
  EXPECT_TRUE(has(page, "openmcp_wait_seconds_sum 21.25"));
  EXPECT_TRUE(has(page, "openmcp_wait_seconds_count 4"));
  EXPECT_TRUE(has(page, "openmcp_build_info{commit=\"abc\",version=\"1.2.3\"} 1"));
  EXPECT_EQ(page.find("# EOF"), std::string::npos);
  EXPECT_EQ(page, metrics.page(false));  // the same order each time
}

TEST(Metrics, WriteOpenMetrics) {
  Metrics metrics;
  fill(metrics);
  auto page = metrics.page(true);
  EXPECT_TRUE(has(page, "# TYPE openmcp_things counter"));
  EXPECT_TRUE(has(page, "openmcp_things_total{kind=\"plain\"} 0"));
  EXPECT_TRUE(page.ends_with("\n# EOF\n"));
}

TEST(Metrics, GiveTheSameSeriesForTheSameName) {
  Metrics metrics;
  auto one = metrics.counter("x_total", "X", {{"a", "1"}});
  auto two = metrics.counter("x_total", "X", {{"a", "1"}});
  one.add();
  two.add();
  EXPECT_TRUE(has(metrics.page(false), "openmcp_x_total{a=\"1\"} 2"));
  EXPECT_THROW(metrics.gauge("x_total", "X"), base::Error);  // of another kind
  EXPECT_THROW(metrics.counter("no good", "X"), base::Error);
  EXPECT_THROW(metrics.counter("y_total", "X", {{"no-good", "1"}}), base::Error);
  Counter().add();  // of no registry: nothing happens
  Gauge().set(1);
  Histogram().observe(1);
}

TEST(Metrics, AskBeforeEachPage) {
  Metrics metrics;
  int asked = 0;
  auto gauge = metrics.gauge("asked", "Asked");
  metrics.on_collect([&] { gauge.set(++asked); });
  EXPECT_TRUE(has(metrics.page(false), "openmcp_asked 1"));
  EXPECT_TRUE(has(metrics.page(true), "openmcp_asked 2"));
}

TEST(ProcessMetrics, AreThoseOfThisProcess) {
  base::RealEnv env;
  Metrics metrics;
  ProcessMetrics process(metrics);
  auto figures = test::run(env, read_process(env));
  ASSERT_TRUE(figures);
  EXPECT_GT(figures->resident_bytes, 1e6);
  EXPECT_GE(figures->open_files, 3);
  EXPECT_GE(figures->threads, 1);
  const auto now = std::chrono::duration<double>(env.now().time_since_epoch()).count();
  EXPECT_NEAR(figures->start_seconds, now, 3600);
  process.set(*figures);
  auto page = metrics.page(false);
  EXPECT_NE(page.find("\nprocess_resident_memory_bytes "), std::string::npos);
  EXPECT_EQ(page.find("openmcp_process"), std::string::npos);

  base::SimWorld world(1);
  auto none = [](base::Env& sim) -> base::Task<void> {
    auto there = co_await read_process(sim);
    EXPECT_FALSE(there);
  };
  world.run(none(world.node("a")));
}

TEST(ProcessMetrics, ReadNamesThatLookLikeFields) {
  const std::string stat =
      "7 (a) R 1) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 4 0 1000 8192 10 18446744073709551615\n";
  auto figures = parse_process(stat, "20.50 40.00\n",
                               "Limit  Soft  Hard  Units\nMax open files            1024  524288  files\n", 1000);
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->cpu_seconds, 3);
  EXPECT_EQ(figures->threads, 4);
  EXPECT_EQ(figures->start_seconds, 1000 - 20.5 + 10);
  EXPECT_EQ(figures->virtual_bytes, 8192);
  EXPECT_EQ(figures->resident_bytes, 40960);
  EXPECT_EQ(figures->max_files, 1024);
  EXPECT_FALSE(parse_process(stat, "20.5", "Max open files  unlimited unlimited", 0)->max_files);
  EXPECT_FALSE(parse_process("", "1 1", "", 0));
  EXPECT_FALSE(parse_process("7 (a) S 1", "1 1", "", 0));
}

/// The linter of Prometheus itself.
TEST(Metrics, PassPromtool) {
  if (std::system("promtool --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
  base::RealEnv env;
  Metrics metrics;
  ProcessMetrics process(metrics);
  process.set(*test::run(env, read_process(env)));
  fill(metrics);
  test::TempDir directory;
  std::ofstream(directory / "page") << metrics.page(false);
  const auto command = "promtool check metrics < '" + (directory / "page") + "' > '" + (directory / "out") + "' 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream out(directory / "out");
  EXPECT_EQ(status, 0) << std::string(std::istreambuf_iterator<char>(out), {});
}

}  // namespace
}  // namespace openmcp::monitor
