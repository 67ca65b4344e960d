// The same CIDs as Kubo with the profile unixfs-v1-2025: files, directories, HAMT.
#include "e2e/program.hpp"

namespace openmcp::test {
namespace {

class BesideKubo : public ::testing::Test {
protected:
  void SetUp() override {
    auto found = kubo_program();
    if (!found) GTEST_SKIP() << "no Kubo (set OPENMCP_KUBO)";
    kubo = *found;
    box.variables["IPFS_PATH"] = box.path("repo");
    ASSERT_EQ(box.run({kubo, "init", "--profile=test"}).code, 0);
    ASSERT_EQ(box.run({kubo, "config", "profile", "apply", "unixfs-v1-2025"}).code, 0);
  }
  void expect_same(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> theirs = {kubo, "add", "--offline", "-Q", "-r"}, ours = {"add", "-Q", "-r"};
    theirs.insert(theirs.end(), more.begin(), more.end());
    ours.insert(ours.end(), more.begin(), more.end());
    theirs.push_back(name), ours.push_back(name);
    auto expected = box.run(theirs);
    EXPECT_CODE(expected, 0);
    EXPECT_EQ(box.openmcp(ours).out, expected.out) << name;
  }
  Sandbox box;
  std::string kubo;
};

TEST_F(BesideKubo, FilesOfEverySize) {
  for (std::size_t size : {0, 1, 1000, 1 << 20, (1 << 20) + 1, 5'000'000}) {
    auto name = "f" + std::to_string(size);
    box.write(name, noise(size, size));
    expect_same(name);
  }
}

TEST_F(BesideKubo, Directories) {
  box.write("d/a.txt", "alpha");
  box.write("d/sub/b.bin", noise(3'000'000, 2));
  box.write("d/sub/deep/er/c", "c");
  box.write("d/.hidden", "hidden");
  box.write("d/emoji 😀 name", "x");
  box.make_directory("d/empty");
  std::filesystem::create_symlink("a.txt", box.path("d/link"));
  expect_same("d");
  expect_same("d", {"-H"});
  expect_same("d/a.txt", {"-w"});
}

TEST_F(BesideKubo, Hamt) {
  for (int i = 0; i < 6000; ++i) box.write("big/file-number-" + std::to_string(i) + ".txt", std::to_string(i));
  expect_same("big");
}

TEST_F(BesideKubo, CarsGoBothWays) {
  box.write("d/a", noise(2'000'000, 1));
  box.write("d/b", "b");
  auto root = box.openmcp({"add", "-Q", "-r", "d"}).out;
  root.pop_back();
  EXPECT_CODE(box.openmcp({"dag", "export", "-o", "ours.car", root}), 0);
  EXPECT_CODE(box.run({kubo, "dag", "import", "--offline", "ours.car"}), 0);
  EXPECT_EQ(box.run({kubo, "cat", "--offline", root + "/b"}).out, "b");
  EXPECT_CODE(box.shell("'" + kubo + "' dag export --offline " + root + " > theirs.car"), 0);
  EXPECT_CODE(box.openmcp({"--home", "other", "dag", "import", "theirs.car"}), 0);
  EXPECT_EQ(box.openmcp({"--home", "other", "cat", root + "/a"}).out, box.read("d/a"));
}

}  // namespace
}  // namespace openmcp::test
