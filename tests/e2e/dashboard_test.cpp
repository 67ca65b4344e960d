// The web page in a real browser, against the real server: dashboard/e2e has the tests.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "e2e/program.hpp"
#include "e2e/served.hpp"

namespace openmcp::test {
namespace {

constexpr const char* kChromium = "/usr/bin/chromium";

TEST(Dashboard, InABrowser) {
  auto* node = std::getenv("OPENMCP_DASHBOARD_NODE");
  if (!node || access(node, X_OK) != 0) GTEST_SKIP() << "the web page in a browser: npm could not install its packages";
  if (access(kChromium, X_OK) != 0) GTEST_SKIP() << "the web page in a browser: chromium is not installed";
  if (!std::filesystem::exists(OPENMCP_SOURCE_DIR "/build/dashboard/index.html"))
    GTEST_SKIP() << "the web page in a browser: it was not built";
  Sandbox box;
  Served server(box);
  ASSERT_FALSE(server.token.empty());
  auto browser = box.start({node, OPENMCP_SOURCE_DIR "/dashboard/e2e/run.mjs", server.url, server.token});
  auto outcome = browser.wait(std::chrono::minutes(15));
  EXPECT_CODE(outcome, 0);
  EXPECT_THAT(outcome.out, ::testing::HasSubstr(" passed, 0 failed"));
  // Whatever the page did, no secret of it went into the server's log.
  auto stopped = server.stop();
  EXPECT_CODE(stopped, 0);
  EXPECT_EQ(stopped.err.find(server.token), std::string::npos);
}

}  // namespace
}  // namespace openmcp::test
