#include "cli/parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace openmcp::cli {
namespace {

using base::Errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

base::Task<int> nothing(Invocation&) { co_return 0; }

constexpr OptionSpec kSaveOptions[] = {
    {.name = "type", .letter = 't', .value = "TYPE", .help = "a type"},
    {.name = "tag", .value = "TAG", .help = "a tag", .repeatable = true},
    {.name = "quieter", .letter = 'Q', .help = "less"},
    {.name = "recursive", .letter = 'r', .help = "all"},
    {.name = "pin", .help = "pin it"},
    {.name = "quiet", .letter = 'q', .help = "its own quiet"},
    {.name = "mode", .value = "MODE", .help = "how", .choices = "fast|slow"},
    {.name = "limit", .value = "N", .help = "how many"},
};
constexpr PositionalSpec kSaveArguments[] = {{.name = "FILE", .help = "files", .repeatable = true}};
constexpr PositionalSpec kOneArgument[] = {{.name = "CID", .help = "a block"}};

constexpr Command kSave{.name = "save",
                        .group = Group::start,
                        .summary = "Save",
                        .options = kSaveOptions,
                        .positionals = kSaveArguments,
                        .run = nothing};
constexpr Command kBlockGet{
    .name = "block get", .group = Group::blocks, .summary = "Get", .positionals = kOneArgument, .run = nothing};
constexpr Command kBlockStat{
    .name = "block stat", .group = Group::blocks, .summary = "Stat", .positionals = kOneArgument, .run = nothing};
constexpr std::array<const Command*, 3> kCommands = {&kSave, &kBlockGet, &kBlockStat};

struct Outcome {
  Globals globals;
  base::Result<Parsed> parsed;
};

Outcome parse_words(std::vector<std::string_view> words) {
  Globals globals;
  auto parsed = parse(words, kCommands, globals);
  return {globals, std::move(parsed)};
}

std::string complaint(std::vector<std::string_view> words) {
  auto outcome = parse_words(std::move(words));
  if (outcome.parsed) return "no error";
  EXPECT_EQ(outcome.parsed.error().code(), Errc::invalid_argument);
  EXPECT_FALSE(outcome.parsed.error().hint().empty());
  return outcome.parsed.error().message() + " / " + outcome.parsed.error().hint();
}

TEST(Parser, OptionsMayStandAnywhereAndInEveryForm) {
  auto outcome = parse_words({"--home=/x", "save", "a", "-t", "code", "--tag=1", "b", "--tag", "2", "-Qr"});
  ASSERT_TRUE(outcome.parsed);
  auto& args = outcome.parsed->args;
  EXPECT_EQ(outcome.parsed->command, &kSave);
  EXPECT_EQ(outcome.globals.home, "/x");
  EXPECT_THAT(args.positionals(), ElementsAre("a", "b"));
  EXPECT_EQ(args.text("type"), "code");
  EXPECT_THAT(args.all("tag"), ElementsAre("1", "2"));
  EXPECT_TRUE(args.flag("quieter"));
  EXPECT_TRUE(args.flag("recursive"));
}

TEST(Parser, ShortOptionTakesTheRestOfItsWord) {
  EXPECT_EQ(parse_words({"save", "f", "-tcode"}).parsed->args.text("type"), "code");
  EXPECT_EQ(parse_words({"save", "f", "-t=code"}).parsed->args.text("type"), "code");
  EXPECT_EQ(parse_words({"save", "f", "-Qtcode"}).parsed->args.text("type"), "code");
}

TEST(Parser, SwitchesTakeTrueAndFalse) {
  EXPECT_FALSE(parse_words({"save", "f", "--pin=false"}).parsed->args.flag("pin", true));
  EXPECT_TRUE(parse_words({"save", "f", "--pin=true"}).parsed->args.flag("pin"));
  EXPECT_TRUE(parse_words({"save", "f"}).parsed->args.flag("pin", true));
  EXPECT_THAT(complaint({"save", "f", "--pin=maybe"}), HasSubstr("maybe"));
  EXPECT_THAT(parse_words({"save", "--pin", "false"}).parsed->args.positionals(), ElementsAre("false"));
}

TEST(Parser, LastOfSeveralValuesCounts) {
  EXPECT_EQ(parse_words({"save", "f", "-ta", "-tb"}).parsed->args.text("type"), "b");
  EXPECT_FALSE(parse_words({"save", "f", "-Q", "--quieter=false"}).parsed->args.flag("quieter"));
}

TEST(Parser, DashAloneAndWordsBehindTwoDashesAreArguments) {
  EXPECT_THAT(parse_words({"save", "-"}).parsed->args.positionals(), ElementsAre("-"));
  EXPECT_THAT(parse_words({"save", "--", "--tag", "-Q"}).parsed->args.positionals(), ElementsAre("--tag", "-Q"));
}

TEST(Parser, CommandsOwnOptionsHideGlobalOnes) {
  auto own = parse_words({"save", "f", "-q"});
  EXPECT_TRUE(own.parsed->args.flag("quiet"));
  EXPECT_FALSE(own.globals.quiet);
  auto global = parse_words({"-q", "save", "f"});
  EXPECT_FALSE(global.parsed->args.flag("quiet"));
  EXPECT_TRUE(global.globals.quiet);
}

TEST(Parser, VerboseCounts) { EXPECT_EQ(parse_words({"-vv", "save", "f", "-v"}).globals.verbose, 3); }

TEST(Parser, FamiliesHaveMembers) {
  auto outcome = parse_words({"block", "get", "bafkqaaa"});
  ASSERT_TRUE(outcome.parsed);
  EXPECT_EQ(outcome.parsed->command, &kBlockGet);
  EXPECT_THAT(complaint({"block"}), HasSubstr("get, stat"));
  EXPECT_THAT(complaint({"block", "gte"}), HasSubstr("did you mean 'openmcp block get'"));
  EXPECT_THAT(complaint({"block", "zzzzzz"}), HasSubstr("one of: get, stat"));
}

TEST(Parser, UnknownNamesGetTheNearest) {
  EXPECT_THAT(complaint({"svae", "f"}), HasSubstr("did you mean 'openmcp save'"));
  EXPECT_THAT(complaint({"rm", "f"}), HasSubstr("did you mean 'openmcp forget'"));
  EXPECT_THAT(complaint({"xyzzyplugh"}), HasSubstr("openmcp help"));
  EXPECT_THAT(complaint({"save", "f", "--tpye", "x"}), HasSubstr("did you mean --type?"));
  EXPECT_THAT(complaint({"save", "f", "--no-colour"}), HasSubstr("did you mean --no-color?"));
  EXPECT_THAT(complaint({"save", "f", "-Z"}), HasSubstr("-Z of 'save'"));
}

TEST(Parser, MissingThingsAreNamed) {
  EXPECT_THAT(complaint({"save"}), HasSubstr("'save' needs FILE"));
  EXPECT_THAT(complaint({"save", "f", "--type"}), HasSubstr("--type needs a value: TYPE"));
  EXPECT_THAT(complaint({"save", "f", "-t"}), HasSubstr("-t needs a value: TYPE"));
  EXPECT_THAT(complaint({"block", "get", "a", "b"}), HasSubstr("does not take the argument 'b'"));
}

TEST(Parser, ChoicesAreHeldTo) {
  EXPECT_EQ(parse_words({"save", "f", "--mode=slow"}).parsed->args.text("mode"), "slow");
  EXPECT_THAT(complaint({"save", "f", "--mode", "quick"}), HasSubstr("one of: fast, slow"));
}

TEST(Parser, NumbersAreWholeAndBounded) {
  auto limit = [](std::string_view text) {
    auto outcome = parse_words({"save", "f", "--limit", text});
    return outcome.parsed->args.number("limit", 100);
  };
  EXPECT_EQ(limit("0"), 0u);
  EXPECT_EQ(limit("100"), 100u);
  EXPECT_EQ(parse_words({"save", "f"}).parsed->args.number("limit"), std::nullopt);
  for (auto bad : {"101", "-1", "1x", "", "0x10", "99999999999999999999999"}) {
    EXPECT_THROW(limit(bad), base::Error) << bad;
  }
}

TEST(Parser, HelpAndVersionNeedNothingElse) {
  auto help = parse_words({"save", "--help"});
  ASSERT_TRUE(help.parsed);
  EXPECT_TRUE(help.globals.help);
  EXPECT_EQ(help.parsed->command, &kSave);
  EXPECT_TRUE(parse_words({"--version"}).globals.version);
  EXPECT_TRUE(parse_words({"block", "-h"}).globals.help);
}

TEST(Parser, JsonIsKnownEvenWhenParsingFailsLater) {
  EXPECT_TRUE(parse_words({"--json", "save", "--nonsense"}).globals.json);
}

TEST(Parser, AskingForAnUndeclaredOptionIsABug) {
  auto outcome = parse_words({"save", "f"});
  EXPECT_THROW(outcome.parsed->args.flag("no-such-option"), base::Error);
}

}  // namespace
}  // namespace openmcp::cli
