// A full disk leaves a working store. Needs the right to mount a small file system.
#include <sys/mount.h>

#include "e2e/program.hpp"

namespace openmcp::test {
namespace {

using ::testing::HasSubstr;

class SmallDisk : public ::testing::Test {
protected:
  void SetUp() override {
    box.make_directory("small");
    if (mount("tmpfs", box.path("small").c_str(), "tmpfs", 0, "size=48m") != 0) {
      GTEST_SKIP() << "no right to mount a tmpfs";
    }
    mounted = true;
  }
  void TearDown() override {
    if (mounted) umount2(box.path("small").c_str(), MNT_DETACH);
  }
  Sandbox box;
  bool mounted = false;
};

TEST_F(SmallDisk, FullWhileCommittingAndWellAfterwards) {
  box.variables["OPENMCP_HOME"] = box.path("small/store");
  EXPECT_CODE(box.openmcp({"commit", "--text", "kept", "--title", "first"}), 0);
  Outcome full;
  int committed = 0;
  for (int i = 0; i < 40; ++i) {
    box.input = noise(3'000'000, static_cast<std::uint64_t>(i) + 1);
    full = box.openmcp({"commit", "-", "--title", "n" + std::to_string(i)});
    if (full.code != 0) break;
    ++committed;
  }
  EXPECT_GT(committed, 3);
  EXPECT_CODE(full, 7);
  EXPECT_THAT(full.err, HasSubstr("hint:"));

  // Everything acknowledged is there, nothing else is, and reading works on the full disk.
  EXPECT_EQ(box.openmcp({"get", "first"}).out, "kept");
  for (int i = 0; i < committed; ++i) {
    EXPECT_EQ(box.openmcp({"get", "n" + std::to_string(i)}).out, noise(3'000'000, static_cast<std::uint64_t>(i) + 1))
        << i;
  }
  EXPECT_CODE(box.openmcp({"get", "n" + std::to_string(committed)}), 3);

  // With more space the same store goes on.
  ASSERT_EQ(mount("tmpfs", box.path("small").c_str(), "tmpfs", MS_REMOUNT, "size=96m"), 0);
  EXPECT_CODE(box.openmcp({"commit", "--text", "more", "--title", "last"}), 0);
  EXPECT_EQ(box.openmcp({"get", "last"}).out, "more");
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(SmallDisk, FullWhileWritingAFileLeavesNoHalfOne) {
  box.input = noise(60'000'000, 1);
  box.openmcp({"commit", "-", "--title", "big"});
  auto full = box.openmcp({"get", "big", "-o", "small/big"});
  EXPECT_CODE(full, 7);
  EXPECT_TRUE(std::filesystem::is_empty(box.path("small")));
}

}  // namespace
}  // namespace openmcp::test
