#include "base/config.hpp"

#include <gtest/gtest.h>

#include <map>

namespace openmcp::base {
namespace {

Config example() {
  return Config({
      {"store.sync", true, "whether commits wait for the disk"},
      {"store.cache_mib", std::int64_t{64}, "memory for blocks, MiB"},
      {"search.weight", 1.5, "weight of the title"},
      {"name", std::string("node"), "what others see"},
      {"s3.endpoints", std::vector<std::string>{"a"}, "where the buckets are"},
  });
}

TEST(Config, HasTheDefaultsUntilSomethingIsRead) {
  Config config = example();
  EXPECT_TRUE(config.flag("store.sync"));
  EXPECT_EQ(config.integer("store.cache_mib"), 64);
  EXPECT_EQ(config.number("search.weight"), 1.5);
  EXPECT_EQ(config.text("name"), "node");
  EXPECT_EQ(config.list("s3.endpoints"), std::vector<std::string>{"a"});
  EXPECT_EQ(config.origin("name"), "default");
}

TEST(Config, ReadsEveryType) {
  Config config = example();
  auto done = config.read_toml(
      "name = 'x'\n"
      "[store]\n"
      "sync = false\n"
      "cache_mib = 1_000\n"
      "[search]\n"
      "weight = 2\n"
      "[s3]\n"
      "endpoints = ['u', \"v\"]\n",
      "openmcp.toml");
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_FALSE(config.flag("store.sync"));
  EXPECT_EQ(config.integer("store.cache_mib"), 1000);
  EXPECT_EQ(config.number("search.weight"), 2.0);
  EXPECT_EQ(config.text("name"), "x");
  EXPECT_EQ(config.list("s3.endpoints"), (std::vector<std::string>{"u", "v"}));
  EXPECT_EQ(config.origin("store.cache_mib"), "openmcp.toml:4");
}

struct Refused {
  const char* what;
  const char* toml;
  const char* message;
  const char* hint;
};

class ConfigRefuses : public testing::TestWithParam<Refused> {};

TEST_P(ConfigRefuses, AndSaysWhere) {
  Config config = example();
  auto done = config.read_toml(GetParam().toml, "f.toml");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::invalid_argument);
  EXPECT_NE(done.error().message().find(GetParam().message), std::string::npos) << done.error().message();
  EXPECT_NE(done.error().hint().find(GetParam().hint), std::string::npos) << done.error().hint();
  EXPECT_EQ(config.text("name"), "node") << "a refused file must change nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Files, ConfigRefuses,
    testing::Values(
        Refused{"unknown key", "name='x'\n[store]\nsink = true\n", "f.toml:3: unknown key 'store.sink'",
                "'store.sync'"},
        Refused{"far key", "name='x'\nzzzzzzzzzzzz = true\n", "f.toml:2: unknown key 'zzzzzzzzzzzz'", "remove it"},
        Refused{"unknown section", "name='x'\n\n[stor]\ncache_mib = 1\n", "f.toml:4: unknown key 'stor.cache_mib'",
                "'store.cache_mib'"},
        Refused{"empty section", "name='x'\n[nothing]\n", "f.toml:2: unknown key 'nothing'", ""},
        Refused{"the first of two", "name='x'\nb1 = 1\na1 = 1\n", "f.toml:2: unknown key 'b1'", ""},
        Refused{"section as a value", "name='x'\nstore = 3\n", "f.toml:2: unknown key 'store'", ""},
        Refused{"value as a section", "[name]\nx = 3\n", "f.toml:2: unknown key 'name.x'", ""},
        Refused{"type", "name = 'x'\n[store]\ncache_mib = '64'\n", "f.toml:3: 'store.cache_mib' must be a whole number",
                "memory for blocks"},
        Refused{"fraction for integer", "[store]\ncache_mib = 1.5\n", "f.toml:2: 'store.cache_mib' must be", ""},
        Refused{"integer for flag", "[store]\nsync = 1\n", "f.toml:2: 'store.sync' must be true or false", ""},
        Refused{"text for list", "[s3]\nendpoints = 'u'\n", "f.toml:2: 's3.endpoints' must be a list of texts", ""},
        Refused{"mixed list", "[s3]\nendpoints = ['u', 1]\n", "f.toml:2: 's3.endpoints' must be a list of texts", ""},
        Refused{"form", "name = 'x'\nname2 =\n", "f.toml:2: ", "toml.io"},
        Refused{"twice", "name = 'x'\nname = 'y'\n", "f.toml:2: ", "toml.io"}));

TEST(Config, TheEnvironmentOverridesTheFile) {
  Config config = example();
  ASSERT_TRUE(config.read_toml("name = 'file'\n[store]\ncache_mib = 1\n", "f.toml"));
  std::map<std::string, std::string> variables{{"OPENMCP_STORE_CACHE_MIB", "-7"},
                                               {"OPENMCP_STORE_SYNC", "off"},
                                               {"OPENMCP_SEARCH_WEIGHT", "0.25"},
                                               {"OPENMCP_S3_ENDPOINTS", "http://a:1, http://b:2,,"}};
  auto lookup = [&variables](const char* name) -> const char* {
    auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  auto done = config.read_environment(lookup);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(config.integer("store.cache_mib"), -7);
  EXPECT_FALSE(config.flag("store.sync"));
  EXPECT_EQ(config.number("search.weight"), 0.25);
  EXPECT_EQ(config.list("s3.endpoints"), (std::vector<std::string>{"http://a:1", "http://b:2"}));
  EXPECT_EQ(config.text("name"), "file");
  EXPECT_EQ(config.origin("store.cache_mib"), "$OPENMCP_STORE_CACHE_MIB");
  EXPECT_EQ(config.origin("name"), "f.toml:1");
}

TEST(Config, AWrongVariableIsNamed) {
  for (const char* text : {"64MiB", "", " 1", "1e3", "99999999999999999999"}) {
    Config config = example();
    auto lookup = [text](const char* name) -> const char* {
      return std::string_view(name) == "OPENMCP_STORE_CACHE_MIB" ? text : nullptr;
    };
    auto done = config.read_environment(lookup);
    ASSERT_FALSE(done) << text;
    EXPECT_NE(done.error().message().find("$OPENMCP_STORE_CACHE_MIB"), std::string::npos);
  }
}

TEST(Config, AFileThatIsTooLargeIsRefused) {
  Config config = example();
  auto done = config.read_toml(std::string(2u << 20, '\n'), "f.toml");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::too_large);
}

TEST(Config, AskingForAnUndeclaredKeyIsOurBug) {
  Config config = example();
  EXPECT_THROW(config.flag("store.sink"), Error);
}

}  // namespace
}  // namespace openmcp::base
