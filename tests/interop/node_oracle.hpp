// Asks a script that runs under Node with the packages of tests/interop/package.json, both as set up by ./dev:
// $OPENMCP_NODE is the program, $OPENMCP_NODE_MODULES the folder of packages.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace openmcp::test {

inline bool have_node() { return std::getenv("OPENMCP_NODE") && std::getenv("OPENMCP_NODE_MODULES"); }

/// Sends all requests, one JSON line each, to tests/interop/<script>; returns its answers, one for each.
inline std::vector<boost::json::object> ask_node(std::string_view script,
                                                 const std::vector<boost::json::object>& requests) {
  std::string folder = std::filesystem::temp_directory_path() / "openmcp-oracle-XXXXXX";
  if (!mkdtemp(folder.data())) throw std::runtime_error("cannot make a folder for the oracle's input");
  const std::string input = folder + "/requests";
  {
    std::ofstream out(input);
    for (const auto& request : requests) out << boost::json::serialize(request) << '\n';
  }
  const std::string command =
      "\"$OPENMCP_NODE\" '" OPENMCP_SOURCE_DIR "/tests/interop/" + std::string(script) + "' < " + input;
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot start the oracle");
  for (char buffer[1 << 16]; std::size_t size = fread(buffer, 1, sizeof buffer, pipe);) text.append(buffer, size);
  const int status = pclose(pipe);
  std::filesystem::remove_all(folder);
  if (status != 0) throw std::runtime_error("the oracle failed: " + command);

  std::vector<boost::json::object> answers;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    answers.push_back(boost::json::parse(text.substr(at, end - at)).as_object());
  if (answers.size() != requests.size()) throw std::runtime_error("the oracle did not answer every request");
  return answers;
}

}  // namespace openmcp::test

/// Skips the test where Node and its packages are not set up.
#define OPENMCP_NEED_NODE() \
  if (!::openmcp::test::have_node()) GTEST_SKIP() << "no Node packages (set OPENMCP_NODE and OPENMCP_NODE_MODULES)"
