// The whole table of commands: what is declared must be consistent, and the documents must say the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "base/real_env.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/metadata.hpp"
#include "cli/refs.hpp"
#include "cli/settings.hpp"
#include "support/temp_dir.hpp"
#include "support/vectors.hpp"

namespace openmcp::cli {
namespace {

using ::testing::HasSubstr;

TEST(Commands, AreDeclaredConsistently) {
  std::set<std::string_view> names;
  for (auto* command : all_commands()) {
    SCOPED_TRACE(command->name);
    EXPECT_TRUE(names.insert(command->name).second);
    EXPECT_NE(command->run, nullptr);
    EXPECT_FALSE(command->summary.empty());
    EXPECT_FALSE(command->summary.ends_with('.'));
    std::set<std::string_view> options;
    std::set<char> letters;
    for (auto& option : command->options) {
      SCOPED_TRACE(option.name);
      EXPECT_TRUE(options.insert(option.name).second);
      if (option.letter) EXPECT_TRUE(letters.insert(option.letter).second) << option.letter;
      EXPECT_FALSE(option.help.empty());
      EXPECT_TRUE(option.choices.empty() || !option.value.empty());
      for (auto& global : global_options()) {
        // A command may take over the letter of a global option only together with its name.
        if (option.letter && option.letter == global.letter) EXPECT_EQ(option.name, global.name);
      }
    }
    bool optional = false;
    for (std::size_t i = 0; i < command->positionals.size(); ++i) {
      auto& positional = command->positionals[i];
      EXPECT_FALSE(optional && positional.required) << "a required argument behind an optional one";
      optional = optional || !positional.required;
      EXPECT_TRUE(!positional.repeatable || i + 1 == command->positionals.size());
    }
  }
}

TEST(Commands, ReferenceInTheDocumentsIsTheProgramsOwn) {
  auto written = test::slurp_text(OPENMCP_SOURCE_DIR "/docs/cli.md");
  EXPECT_EQ(written, reference_markdown(all_commands(), all_settings()))
      << "make it anew: openmcp help --markdown >docs/cli.md";
}

TEST(Commands, VersionIsTheProjects) {
  auto text = test::slurp_text(OPENMCP_SOURCE_DIR "/CMakeLists.txt");
  EXPECT_THAT(text, HasSubstr("project(openmcp VERSION " + std::string(kVersion) + " "));
}

TEST(Commands, EveryKindOfErrorHasAnExitCodeInTheTable) {
  for (unsigned code = 0; code <= static_cast<unsigned>(base::Errc::internal); ++code) {
    int exit = exit_code_for(static_cast<base::Errc>(code));
    EXPECT_NE(exit, 0);
    EXPECT_TRUE(std::ranges::any_of(exit_codes(), [&](auto& info) { return info.code == exit; })) << code;
  }
}

std::string bash_answer(const std::string& words) {
  test::TempDir temp;
  std::ofstream(temp / "c.sh") << bash_completion(all_commands()) << R"(
COMP_WORDS=(openmcp "$@"); COMP_CWORD=$#
_openmcp; printf '%s ' "${COMPREPLY[@]}"
)";
  auto command = "cd '" + temp.path() + "' && touch file.md && bash c.sh " + words + " 2>&1";
  std::string out;
  auto* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (auto got = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, got);
  EXPECT_EQ(pclose(pipe), 0) << out;
  return out;
}

TEST(Completion, BashOffersWhatFits) {
  EXPECT_THAT(bash_answer("com"), HasSubstr("commit completion"));
  EXPECT_EQ(bash_answer("block ''"), "get put stat rm ");
  EXPECT_THAT(bash_answer("commit --ti"), HasSubstr("--title --time"));
  EXPECT_EQ(bash_answer("--home x hist"), "history ");
  EXPECT_EQ(bash_answer("add --cid-version ''"), "0 1 ");
  EXPECT_EQ(bash_answer("commit fil"), "file.md ");
  EXPECT_EQ(bash_answer("pin add --type dir"), "direct ");
  EXPECT_THAT(bash_answer("help comm"), HasSubstr("commit"));
}

TEST(Completion, OtherShellsNameEveryCommand) {
  auto zsh = zsh_completion(all_commands()), fish = fish_completion(all_commands());
  for (auto* command : all_commands()) {
    auto last = std::string(command->name.substr(command->name.rfind(' ') + 1));
    EXPECT_THAT(zsh, HasSubstr(last));
    EXPECT_THAT(fish, HasSubstr("-a " + last));
  }
}

TEST(Metadata, FieldsAreSetInTheObject) {
  EXPECT_EQ(metadata_with("{}", {"a=1", "b=x=y"}), R"({"a":"1","b":"x=y"})");
  EXPECT_EQ(metadata_with(R"({"a": {"k": [1, 2]}})", {"a=z"}), R"({"a":"z"})");
  EXPECT_EQ(metadata_with(R"({"n": 2.5})", {}).value(), R"({"n":2.5E0})");
  for (auto bad : {"[1]", "{", "", "1"}) EXPECT_FALSE(metadata_with(bad, {})) << bad;
  for (auto bad : {"novalue", "=x"}) EXPECT_FALSE(metadata_with("{}", {bad})) << bad;
}

TEST(Refs, SourcesLieBelowTheRoot) {
  EXPECT_EQ(source_below("/a", "/a/b/c"), "b/c");
  EXPECT_EQ(source_below("/a", "/ab/c"), std::nullopt);
  EXPECT_EQ(source_below("/a", "/a"), std::nullopt);
  EXPECT_EQ(source_below("/", "/a"), "a");
  EXPECT_EQ(source_below("", "/a"), std::nullopt);
}

TEST(Refs, VersionsBecomeSuffixes) {
  EXPECT_EQ(version_suffix(""), "");
  EXPECT_EQ(version_suffix("v3"), "@v3");
  EXPECT_EQ(version_suffix("3"), "@3");
  EXPECT_EQ(version_suffix("~1"), "~1");
}

TEST(Refs, CidsMayBePaths) {
  EXPECT_EQ(parse_cid("/ipfs/bafkqaaa").text(), "bafkqaaa");
  EXPECT_THROW(parse_cid("bafkqaaa/x"), base::Error);
  EXPECT_THROW(parse_cid("nonsense"), base::Error);
}

class SettingsFile : public ::testing::Test {
protected:
  base::Config read(const std::string& toml, const char* level = nullptr) {
    std::ofstream(temp / "openmcp.toml") << toml;
    auto variable = [level](const char* name) -> const char* {
      return std::string_view(name) == "OPENMCP_LOG_LEVEL" ? level : nullptr;
    };
    return read_settings(*disk, temp.path(), variable);
  }
  std::string complaint(const std::string& toml) {
    try {
      read(toml);
      return "no error";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::Errc::invalid_argument);
      return error.message() + " / " + error.hint();
    }
  }
  test::TempDir temp;
  std::unique_ptr<base::Disk> disk = base::make_real_disk();
};

TEST_F(SettingsFile, FileThenEnvironment) {
  auto config = read("[workspace]\nauthor = \"Anna\"\n[log]\nlevel = \"info\"\n", "debug");
  EXPECT_EQ(config.text("workspace.author"), "Anna");
  EXPECT_EQ(config.text("log.level"), "debug");
  EXPECT_EQ(config.integer("store.lock_wait_seconds"), 5);
}

TEST_F(SettingsFile, MistakesAreNamedWithTheirLine) {
  auto unknown = complaint("[workspace]\n\nauthro = \"Anna\"\n");
  EXPECT_THAT(unknown, HasSubstr("authro"));
  EXPECT_THAT(unknown, HasSubstr("openmcp.toml:3"));
  EXPECT_THAT(unknown, HasSubstr("workspace.author"));
  EXPECT_THAT(complaint("[store]\nsegment_mib = 1\n"), HasSubstr("out of range"));
  EXPECT_THAT(complaint("[store]\ncompact_below = 1.5\n"), HasSubstr("out of range"));
  EXPECT_THAT(complaint("[store\n"), HasSubstr("openmcp.toml:1"));
}

}  // namespace
}  // namespace openmcp::cli
