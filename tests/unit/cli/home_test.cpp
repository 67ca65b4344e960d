#include "cli/home.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/real_env.hpp"
#include "base/result.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::cli {
namespace {

class HomeLookup : public ::testing::Test {
protected:
  Home find(std::string working_directory) {
    HomeQuestion question;
    question.option = option;
    question.variable = [this](const char* name) -> const char* {
      auto known = variables.find(name);
      return known == variables.end() ? nullptr : known->second.c_str();
    };
    question.working_directory = std::move(working_directory);
    question.trusted = [this](const base::Path&) { return trusted; };
    return find_home(*disk, question);
  }

  test::TempDir temp;
  std::unique_ptr<base::Disk> disk = base::make_real_disk();
  std::optional<std::string> option;
  std::map<std::string, std::string> variables{{"HOME", "/home/anna"}};
  bool trusted = true;
};

TEST_F(HomeLookup, TheOptionWins) {
  option = "elsewhere/./x/..";
  variables["OPENMCP_HOME"] = "/variable";
  auto home = find("/place/dir");
  EXPECT_EQ(home.path, "/place/dir/elsewhere");
  EXPECT_EQ(home.from, HomeFrom::option);
  EXPECT_EQ(home.root, "/");
  EXPECT_FALSE(home.exists);
}

TEST_F(HomeLookup, ThenTheVariable) {
  variables["OPENMCP_HOME"] = "/variable/.openmcp/";
  disk->make_directories(temp.path() + "/.openmcp");
  auto home = find(temp.path());
  EXPECT_EQ(home.path, "/variable/.openmcp");
  EXPECT_EQ(home.from, HomeFrom::environment);
  EXPECT_EQ(home.root, "/variable");
}

TEST_F(HomeLookup, ThenTheNearestAbove) {
  disk->make_directories(temp.path() + "/.openmcp");
  disk->make_directories(temp.path() + "/a/b/c");
  disk->make_directories(temp.path() + "/a/.openmcp");
  auto home = find(temp.path() + "/a/b/c");
  EXPECT_EQ(home.path, temp.path() + "/a/.openmcp");
  EXPECT_EQ(home.from, HomeFrom::nearest);
  EXPECT_EQ(home.root, temp.path() + "/a");
  EXPECT_TRUE(home.exists);
}

TEST_F(HomeLookup, AFileOfThatNameIsNoStore) {
  disk->open(temp.path() + "/.openmcp", base::OpenMode::create);
  EXPECT_EQ(find(temp.path()).from, HomeFrom::user);
}

TEST_F(HomeLookup, AnotherUsersStoreIsRefusedUnlessNamed) {
  disk->make_directories(temp.path() + "/.openmcp");
  trusted = false;
  try {
    find(temp.path());
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Errc::permission);
    EXPECT_THAT(error.hint(), ::testing::HasSubstr("--home"));
  }
  option = temp.path() + "/.openmcp";
  EXPECT_TRUE(find(temp.path()).exists);
}

TEST_F(HomeLookup, LastTheUsersDataDirectory) {
  auto home = find("/");
  EXPECT_EQ(home.path, "/home/anna/.local/share/openmcp");
  EXPECT_EQ(home.root, "/home/anna");
  variables["XDG_DATA_HOME"] = "/data";
  EXPECT_EQ(find("/").path, "/data/openmcp");
  variables["XDG_DATA_HOME"] = "relative";  // the XDG specification: relative paths are ignored
  EXPECT_EQ(find("/").path, "/home/anna/.local/share/openmcp");
}

TEST_F(HomeLookup, WithoutAnyHomeTheErrorSaysWhatToDo) {
  variables.clear();
  EXPECT_THROW(find("/"), base::Error);
}

TEST_F(HomeLookup, AnEmptyOptionIsAnError) {
  option = "";
  EXPECT_THROW(find("/"), base::Error);
}

TEST(AbsolutePath, IsLexical) {
  EXPECT_EQ(absolute_path("/a/b", "c"), "/a/b/c");
  EXPECT_EQ(absolute_path("/a/b", "../c"), "/a/c");
  EXPECT_EQ(absolute_path("/a/b", "/x//y/./z/"), "/x/y/z");
  EXPECT_EQ(absolute_path("/", "../../.."), "/");
  EXPECT_EQ(absolute_path("/a", "."), "/a");
}

}  // namespace
}  // namespace openmcp::cli
