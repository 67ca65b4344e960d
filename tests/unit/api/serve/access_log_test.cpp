#include "api/serve/access_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/real_env.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::api::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

http::Request request() {
  http::Request made;
  made.method = "GET";
  made.path = "/api/v1/contexts";
  made.query = "token=omcp_secret";
  made.headers.add("Authorization", "Bearer omcp_secret");
  made.peer = {"127.0.0.1", 4000};
  made.id = "r1";
  return made;
}

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(AccessLog, ALineHasWhoAndWhatAndNoSecret) {
  auto asked = request();
  http::Done done{.request = asked, .route = "context_list", .caller = "laptop", .status = 200};
  done.sent = 77;
  done.took = std::chrono::microseconds(1500);
  auto line = access_line(done, "main", base::WallTime(std::chrono::seconds(0)));
  auto value = boost::json::parse(line);
  EXPECT_EQ(value.at("path").as_string(), "/api/v1/contexts");
  EXPECT_EQ(value.at("caller").as_string(), "laptop");
  EXPECT_EQ(value.at("ms").as_double(), 1.5);
  EXPECT_EQ(value.at("time").as_string(), "1970-01-01T00:00:00.000000Z");
  EXPECT_THAT(line, Not(HasSubstr("secret")));
}

TEST(AccessLog, LinesReachTheFileAndANewOneAfterItWasMoved) {
  test::TempDir temp;
  base::RealEnv env;
  AccessLog log(env, temp / "access.log");
  auto asked = request();
  http::Done done{.request = asked, .route = "context_list", .caller = "laptop", .status = 200};
  auto write = [&](int lines) -> base::Task<void> {
    for (int i = 0; i < lines; ++i) log.record(done, "main");
    co_await log.flush();
  };
  test::run(env, write(3));
  auto first = slurp(temp / "access.log");
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 3);
  std::filesystem::rename(temp / "access.log", temp / "access.log.1");
  log.reopen();
  test::run(env, write(2));
  auto second = slurp(temp / "access.log");
  EXPECT_EQ(std::count(second.begin(), second.end(), '\n'), 2);
  EXPECT_EQ(slurp(temp / "access.log.1"), first);
}

TEST(AccessLog, AFileThatCannotBeIsAnErrorAtTheStart) {
  base::RealEnv env;
  EXPECT_THROW(AccessLog(env, "/nowhere/at/all/access.log"), base::Error);
}

}  // namespace
}  // namespace openmcp::api::serve
