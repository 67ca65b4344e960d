// What the documents tell people to type works.
#include <fstream>

#include "e2e/program.hpp"

namespace openmcp::test {
namespace {

/// The lines of a Markdown file's ```sh blocks.
std::string commands_of(const std::string& file) {
  std::ifstream in(file);
  std::string out, line;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
    } else if (inside) {
      out += line + "\n";
    }
  }
  return out;
}

TEST(Documents, GettingStartedRunsFromTopToBottom) {
  Sandbox box;
  auto script = commands_of(OPENMCP_SOURCE_DIR "/docs/getting-started.md");
  ASSERT_GT(script.size(), 500u);
  auto outcome = box.shell("set -e\n" + script);
  EXPECT_CODE(outcome, 0);
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("all is well"));
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("harvest the garlic"));
}

}  // namespace
}  // namespace openmcp::test
