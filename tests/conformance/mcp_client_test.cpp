// Clients written by others, doing what people do with them.
#include "conformance/server_under_test.hpp"
#include "conformance/suite.hpp"

namespace openmcp::test {

namespace {

const std::string kScript = "'" OPENMCP_SOURCE_DIR "/tests/conformance/client_session.mjs' ";

class McpClient : public testing::TestWithParam<std::string> {};

TEST_P(McpClient, AWholeSessionOverHttp) {
  OPENMCP_NEED_CONFORMANCE();
  ServerUnderTest server(ServerUnderTest::Mode::product);
  const auto ran = run_node(kScript + GetParam() + " http " + server.url() + " " + server.token());
  EXPECT_EQ(ran.exit, 0) << ran.output;
  EXPECT_NE(ran.output.find("session ok"), std::string::npos);
}

TEST_P(McpClient, AWholeSessionOverStdio) {
  OPENMCP_NEED_CONFORMANCE();
  const std::string program = OPENMCP_BINARY_DIR "/openmcp";
  if (!std::filesystem::exists(program)) GTEST_SKIP() << "no " << program << " (build the program first)";
  const TempDirectory home;
  const auto start = "'" + program + "' --home '" + (home.path() / ".openmcp").string() + "' ";
  const auto help = std::system((start + "mcp --help > /dev/null 2>&1").c_str());
  if (help != 0) GTEST_SKIP() << "this openmcp has no command mcp";
  ASSERT_EQ(std::system((start + "init > /dev/null 2>&1").c_str()), 0);
  const auto ran = run_node(kScript + GetParam() + " stdio " + start + "mcp");
  EXPECT_EQ(ran.exit, 0) << ran.output;
  EXPECT_NE(ran.output.find("session ok"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Eras, McpClient, testing::Values("legacy", "modern"), [](auto& info) { return info.param; });

/// The Inspector's command line: what people debug servers with.
TEST(McpInspector, ListsToolsStrictlyAndCallsOne) {
  OPENMCP_NEED_CONFORMANCE();
  ServerUnderTest server(ServerUnderTest::Mode::open);
  const auto program = "node_modules/.bin/mcp-inspector --cli " + server.url() + " --transport http ";
  for (const std::string era : {"legacy", "modern"}) {
    const auto listed = run_node(program + "--protocol-era " + era + " --method tools/list --strict --format json");
    EXPECT_EQ(listed.exit, 0) << listed.output;
    EXPECT_NE(listed.output.find("context_search"), std::string::npos) << listed.output;
    const auto called = run_node(program + "--protocol-era " + era +
                                 " --method tools/call --tool-name context_save --tool-arg content=hello-" + era);
    EXPECT_EQ(called.exit, 0) << called.output;
    EXPECT_NE(called.output.find("Saved hello-" + era), std::string::npos) << called.output;
  }
}

}  // namespace

}  // namespace openmcp::test
