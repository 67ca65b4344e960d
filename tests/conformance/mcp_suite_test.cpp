// The official conformance suite of the Model Context Protocol against our server, both eras.
#include "conformance/server_under_test.hpp"
#include "conformance/suite.hpp"

namespace openmcp::test {

namespace {

std::string explain(const SuiteRun& run) {
  std::string out;
  for (auto& [name, scenario] : run.scenarios)
    for (auto& failure : scenario.failures) out += name + ": " + failure.check + ": " + failure.message + "\n";
  return out.empty() ? run.output : out;
}

class McpConformance : public testing::TestWithParam<std::string> {};

TEST_P(McpConformance, EveryScoredScenarioPasses) {
  OPENMCP_NEED_CONFORMANCE();
  ServerUnderTest server(ServerUnderTest::Mode::conformance);
  const auto run = run_suite(server.url(), GetParam());
  EXPECT_EQ(run.exit, 0) << explain(run);
  for (auto& name : scored_scenarios(GetParam())) {
    auto found = run.scenarios.find(name);
    ASSERT_NE(found, run.scenarios.end()) << name << " did not run\n" << run.output;
    EXPECT_TRUE(found->second.failures.empty()) << name << ": " << testing::PrintToString(found->second.failures);
    // What the specification only recommends: we do that too.
    EXPECT_TRUE(found->second.warnings.empty()) << name << ": " << testing::PrintToString(found->second.warnings);
    EXPECT_GT(found->second.passed, 0u) << name;
  }
  // Those that the suite runs but does not score: we pass them, except for the tasks extension, which we do not have.
  for (auto& [name, scenario] : run.scenarios) {
    if (name.starts_with("tasks-")) continue;
    EXPECT_TRUE(scenario.failures.empty()) << name << ": " << testing::PrintToString(scenario.failures);
  }
}

// Without the fixtures, what needs a fixture fails and everything else passes.
TEST_P(McpConformance, TheProductAloneFailsOnlyWhereFixturesAreMissing) {
  OPENMCP_NEED_CONFORMANCE();
  const std::set<std::string> both = {
      "completion-complete",      "tools-call-image",         "tools-call-audio",      "tools-call-embedded-resource",
      "tools-call-mixed-content", "tools-call-with-progress", "resources-read-text",   "resources-read-binary",
      "resources-templates-read", "prompts-get-simple",       "prompts-get-with-args", "prompts-get-embedded-resource",
      "prompts-get-with-image",   "tools-call-simple-text",   "tools-call-error"};
  std::map<std::string, std::set<std::string>> only = {
      {"2025-11-25",
       {"tools-call-with-logging", "tools-call-sampling", "tools-call-elicitation", "elicitation-sep1034-defaults",
        "elicitation-sep1330-enums"}},
      {"2026-07-28",
       {"server-stateless", "input-required-result-basic-elicitation", "input-required-result-basic-sampling",
        "input-required-result-basic-list-roots", "input-required-result-request-state",
        "input-required-result-multiple-input-requests", "input-required-result-multi-round",
        "input-required-result-non-tool-request", "input-required-result-result-type",
        "input-required-result-tampered-state", "input-required-result-capability-check"}}};
  auto expected = only.at(GetParam());
  expected.insert(both.begin(), both.end());
  ServerUnderTest server(ServerUnderTest::Mode::open);
  const auto run = run_suite(server.url(), GetParam());
  const auto scored = scored_scenarios(GetParam());
  std::set<std::string> failed;
  for (auto& [name, scenario] : run.scenarios)
    if (scored.contains(name) && !scenario.failures.empty()) failed.insert(name);
  EXPECT_EQ(failed, expected) << explain(run);
  // Of this long scenario only the checks that call a fixture.
  std::set<std::string> checks;
  if (auto found = run.scenarios.find("server-stateless"); found != run.scenarios.end())
    for (auto& failure : found->second.failures) checks.insert(failure.check);
  if (GetParam() == "2026-07-28")
    EXPECT_EQ(checks, (std::set<std::string>{"sep-2575-server-rejects-undeclared-capability",
                                             "sep-2575-missing-capability-http-400",
                                             "sep-2575-http-server-no-independent-requests-on-stream",
                                             "sep-2575-server-no-log-without-loglevel"}));
}

INSTANTIATE_TEST_SUITE_P(Revisions, McpConformance, testing::Values("2025-11-25", "2026-07-28"), [](auto& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return "Of" + name;
});

}  // namespace

}  // namespace openmcp::test
