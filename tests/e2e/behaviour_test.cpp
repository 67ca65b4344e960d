// How the program behaves as a process: exit codes, pipes, signals, locks, terminals, settings.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "e2e/program.hpp"

namespace openmcp::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Behaviour : public ::testing::Test {
protected:
  Sandbox box;
};

TEST_F(Behaviour, ErrorsSayWhatToDo) {
  auto unknown = box.openmcp({"comit", "x"});
  EXPECT_CODE(unknown, 2);
  EXPECT_EQ(unknown.out, "");
  EXPECT_EQ(unknown.err, "openmcp: unknown command 'comit'\n  hint: did you mean 'openmcp commit'?\n");
  auto json = box.openmcp({"--json", "get", "nothing"});
  EXPECT_CODE(json, 3);
  EXPECT_EQ(json.out, "");
  auto error = boost::json::parse(json.err).at("error");
  EXPECT_EQ(text_of(error.at("code")), "not_found");
  EXPECT_FALSE(text_of(error.at("message")).empty());
  EXPECT_THAT(text_of(error.at("hint")), HasSubstr("openmcp"));
  auto typing = box.openmcp({"list", "--nonsense", "--json"});
  EXPECT_CODE(typing, 2);
  EXPECT_EQ(text_of(boost::json::parse(typing.err).at("error").at("code")), "invalid_argument");
}

TEST_F(Behaviour, HelpIsEverywhere) {
  EXPECT_THAT(box.openmcp({}).out, HasSubstr("Usage:"));
  EXPECT_EQ(box.openmcp({"--version"}).out.substr(0, 8), "openmcp ");
  EXPECT_THAT(box.openmcp({"commit", "--help"}).out, HasSubstr("--tag TAG"));
  EXPECT_THAT(box.openmcp({"help", "block", "get"}).out, HasSubstr("openmcp block get"));
  EXPECT_THAT(box.openmcp({"help", "pin"}).out, HasSubstr("pin add"));
  EXPECT_THAT(box.openmcp({"help", "config"}).out, HasSubstr("$OPENMCP_WORKSPACE_AUTHOR"));
  EXPECT_THAT(box.openmcp({"help", "exit-codes"}).out, HasSubstr("130"));
  EXPECT_CODE(box.openmcp({"help", "comit"}), 2);
  EXPECT_THAT(box.openmcp({"completion", "bash"}).out, HasSubstr("complete "));
  EXPECT_CODE(box.openmcp({"completion", "tcsh"}), 2);
}

TEST_F(Behaviour, SettingsMistakesAreNamedByLine) {
  box.openmcp({"init"});
  box.write(".openmcp/openmcp.toml", "[workspace]\nauthor = \"Anna\"\n\n[store]\nlock_wiat_seconds = 3\n");
  auto refused = box.openmcp({"list"});
  EXPECT_CODE(refused, 2);
  EXPECT_THAT(refused.err, HasSubstr("openmcp.toml:5"));
  EXPECT_THAT(refused.err, HasSubstr("lock_wait_seconds"));
  EXPECT_CODE(box.openmcp({"doctor"}), 1);
  box.write(".openmcp/openmcp.toml", "[workspace]\nauthor = \"Anna\"\n");
  box.openmcp({"commit", "--text", "x", "--title", "t"});
  EXPECT_EQ(text_of(box.json({"show", "t"}).at("current").at("author").at("name")), "Anna");
  box.variables["OPENMCP_WORKSPACE_AUTHOR"] = "Bert";
  box.openmcp({"commit", "--text", "y", "--title", "u"});
  EXPECT_EQ(text_of(box.json({"show", "u"}).at("current").at("author").at("name")), "Bert");
  box.variables["OPENMCP_STORE_SEGMENT_MIB"] = "many";
  auto bad = box.openmcp({"list"});
  EXPECT_CODE(bad, 2);
  EXPECT_THAT(bad.err, HasSubstr("OPENMCP_STORE_SEGMENT_MIB"));
}

TEST_F(Behaviour, AReaderThatGoesAwayIsQuiet) {
  box.write("big", noise(20'000'000, 1));
  auto cid = box.openmcp({"add", "-Q", "big"}).out;
  cid.pop_back();
  auto head = box.shell("openmcp cat " + cid + " | head -c 5 | wc -c; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(head.out, "5\n141\n");
  EXPECT_EQ(head.err, "");
  auto help = box.shell("openmcp help --markdown | head -1");
  EXPECT_THAT(help.out, HasSubstr("#"));
  EXPECT_EQ(help.err, "");
}

TEST_F(Behaviour, AFullOutputIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  auto full = box.shell("openmcp help > /dev/full");
  EXPECT_CODE(full, 7);
  EXPECT_THAT(full.err, HasSubstr("no space"));
}

TEST_F(Behaviour, ClosedDescriptorsHarmNothing) {
  box.write("a", "a");
  EXPECT_CODE(box.shell("openmcp add -Q a <&- >&- 2>&-"), 0);
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Behaviour, AWriterWaitsAndThenNamesTheHolder) {
  box.openmcp({"init"});
  box.variables["OPENMCP_STORE_LOCK_WAIT_SECONDS"] = "1";
  auto holder = box.start({openmcp_program(), "commit", "-", "--title", "slow"}, true);
  holder.write("the beginning");
  // It holds the lock once a second writer cannot get it.
  Outcome busy;
  for (int i = 0; i < 20; ++i) {
    busy = box.openmcp({"commit", "--text", "x", "--title", "quick"});
    if (busy.code != 0) break;
  }
  EXPECT_CODE(busy, 6);
  EXPECT_THAT(busy.err, HasSubstr("openmcp commit"));
  EXPECT_THAT(busy.err, HasSubstr("hint:"));

  // Readers need no lock.
  EXPECT_CODE(box.openmcp({"list"}), 0);
  EXPECT_CODE(box.openmcp({"pin", "ls"}), 0);
  EXPECT_CODE(box.openmcp({"status"}), 0);
  EXPECT_CODE(box.openmcp({"doctor"}), 0);

  // A writer that waits gets its turn.
  box.variables["OPENMCP_STORE_LOCK_WAIT_SECONDS"] = "60";
  auto waiting = box.start({openmcp_program(), "commit", "--text", "y", "--title", "patient"});
  usleep(300'000);
  holder.write(", the end");
  holder.close_input();
  EXPECT_CODE(holder.wait(), 0);
  EXPECT_CODE(waiting.wait(), 0);
  EXPECT_EQ(box.openmcp({"get", "slow"}).out, "the beginning, the end");
  EXPECT_EQ(box.openmcp({"get", "patient"}).out, "y");
}

TEST_F(Behaviour, ReadersBesideAWriterNeverDisturbIt) {
  box.openmcp({"init"});
  box.openmcp({"commit", "--text", "the anchor", "--title", "first"});
  auto writer = box.start({"bash", "-c",
                           "for i in $(seq 25); do '" + openmcp_program() +
                               "' commit --text \"number $i\" --title n$i >/dev/null || exit 1; done"});
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(box.openmcp({"get", "first"}).out, "the anchor");
    EXPECT_CODE(box.openmcp({"list"}), 0);
    EXPECT_FALSE(box.json({"search", "anchor"}).at("contexts").as_array().empty());
  }
  EXPECT_CODE(writer.wait(), 0);
  EXPECT_EQ(box.json({"list"}).at("contexts").as_array().size(), 26u);
  EXPECT_EQ(box.json({"search", "number", "--limit", "100"}).at("contexts").as_array().size(), 25u);
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Behaviour, SignalsEndCleanly) {
  box.openmcp({"init"});
  for (int number : {SIGINT, SIGTERM}) {
    auto running = box.start({openmcp_program(), "commit", "-", "--title", "never"}, true);
    running.write(noise(3'000'000, 5));
    usleep(200'000);
    running.signal(number);
    auto outcome = running.wait(std::chrono::seconds(20));
    EXPECT_CODE(outcome, 128 + number);
  }
  EXPECT_CODE(box.openmcp({"get", "never"}), 3);
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Behaviour, OnATerminalStrangersTextIsHarmless) {
  box.openmcp({"init"});
  box.input = "evil \x1b[2J content \xff\n";
  box.openmcp({"commit", "-", "--title", "evil \x1b]0;owned\x07 title", "--tag", "t\x1b[31m"});
  for (auto words : std::vector<std::vector<std::string>>{{"list"},
                                                          {"search", "evil"},
                                                          {"show", "evil \x1b]0;owned\x07 title"},
                                                          {"get", "evil \x1b]0;owned\x07 title"}}) {
    auto seen = on_terminal(box, words);
    EXPECT_THAT(seen, HasSubstr("evil"));
    EXPECT_THAT(seen, Not(HasSubstr("\x1b]"))) << words[0];
    EXPECT_THAT(seen, Not(HasSubstr("\x1b[2J"))) << words[0];
    EXPECT_THAT(seen, Not(HasSubstr("\x07"))) << words[0];
  }
  // In a pipe the content is exact.
  EXPECT_EQ(box.shell("openmcp get $(openmcp list -q)").out, "evil \x1b[2J content \xff\n");
}

TEST_F(Behaviour, TablesFitTheTerminalAndColoursAreOnlyThere) {
  box.openmcp({"init"});
  box.openmcp({"commit", "--text", "x", "--title", std::string(200, 'w')});
  auto seen = on_terminal(box, {"list"});
  EXPECT_THAT(seen, HasSubstr("\x1b["));
  EXPECT_THAT(seen, HasSubstr("…"));
  EXPECT_THAT(seen, Not(HasSubstr(std::string(61, 'w'))));
  auto plain = on_terminal(box, {"list", "--no-color"});
  EXPECT_THAT(plain, Not(HasSubstr("\x1b[3")));
  auto piped = box.openmcp({"list"});
  EXPECT_THAT(piped.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(piped.out, HasSubstr(std::string(200, 'w')));
}

TEST_F(Behaviour, ForgettingAsksOnATerminal) {
  box.openmcp({"init"});
  box.openmcp({"commit", "--text", "x", "--title", "t"});
  EXPECT_THAT(on_terminal(box, {"forget", "t"}, "n\n"), HasSubstr("nothing was forgotten"));
  EXPECT_CODE(box.openmcp({"get", "t"}), 0);
  EXPECT_THAT(on_terminal(box, {"forget", "t"}, "y\n"), HasSubstr("forgot 1 context"));
  EXPECT_CODE(box.openmcp({"get", "t"}), 3);
}

TEST_F(Behaviour, ProgressIsOnlyOnTerminals) {
  box.write("big", noise(200'000'000, 3));
  auto seen = on_terminal(box, {"add", "-Q", "big"});
  EXPECT_THAT(seen, HasSubstr("adding"));
  EXPECT_THAT(seen, HasSubstr("%"));
  EXPECT_EQ(box.openmcp({"add", "-Q", "big"}).err, "");
  EXPECT_THAT(on_terminal(box, {"add", "-Q", "--no-progress", "big"}), Not(HasSubstr("adding")));
}

TEST_F(Behaviour, AnotherDirectorysStoreNeedsNoHome) {
  box.variables.erase("HOME");
  auto refused = box.openmcp({"list"});
  EXPECT_CODE(refused, 3);
  EXPECT_THAT(refused.err, HasSubstr("--home"));
  EXPECT_CODE(box.openmcp({"--home", "store", "commit", "--text", "x", "--title", "t"}), 0);
  box.variables["OPENMCP_HOME"] = box.path("store");
  EXPECT_EQ(box.openmcp({"get", "t"}).out, "x");
}

TEST_F(Behaviour, WhatWasDoneBeforeAnErrorIsStillSaid) {
  box.write("good", "x");
  auto outcome = box.openmcp({"add", "good", "bafy"});
  EXPECT_CODE(outcome, 3);
  EXPECT_EQ(outcome.out, "");  // found before anything was done
  EXPECT_CODE(box.shell("mkfifo late && openmcp add good late"), 1);
  auto partly = box.openmcp({"add", "good", "late"});
  EXPECT_THAT(partly.out, HasSubstr("added bafkrei"));
  EXPECT_THAT(partly.err, HasSubstr("late"));
}

TEST_F(Behaviour, AnotherUsersStoreIsNotUsedByAccident) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make another user's store";
  box.openmcp({"init"});
  EXPECT_EQ(chown(box.path(".openmcp").c_str(), 65534, 65534), 0);
  auto refused = box.openmcp({"list"});
  EXPECT_CODE(refused, 8);
  EXPECT_THAT(refused.err, HasSubstr("--home"));
  EXPECT_CODE(box.openmcp({"--home", ".openmcp", "list"}), 0);
}

TEST_F(Behaviour, NoPermissionIsItsOwnCode) {
  if (geteuid() == 0) {
    // Root may read everything: try as nobody, when there is a way.
    if (box.run({"setpriv", "--reuid=65534", "--clear-groups", "true"}).code != 0) {
      GTEST_SKIP() << "running as root, and setpriv cannot become another user";
    }
  }
  box.write("private", "x");
  std::filesystem::permissions(box.path("private"), std::filesystem::perms::none);
  std::vector<std::string> words = {openmcp_program(), "add", "-n", "private"};
  if (geteuid() == 0) words.insert(words.begin(), {"setpriv", "--reuid=65534", "--clear-groups"});
  std::filesystem::permissions(box.path(), std::filesystem::perms::all);
  std::filesystem::permissions(box.path() + "/..", std::filesystem::perms::all);
  auto refused = box.run(words);
  EXPECT_CODE(refused, 8);
  EXPECT_THAT(refused.err, HasSubstr("private"));
}

}  // namespace
}  // namespace openmcp::test
