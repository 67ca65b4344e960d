// What only the machine's disk has; the rest is in tests/sim/base/disk_contract_test.cpp.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/disk.hpp"
#include "base/os_error.hpp"
#include "base/real_env.hpp"
#include "base/result.hpp"

namespace openmcp::base {
namespace {

struct RealDiskTest : testing::Test {
  RealDiskTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "openmcp-real-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
  }
  ~RealDiskTest() override { std::filesystem::remove_all(root); }
  Path at(std::string_view name) { return join(root, name); }

  std::unique_ptr<Disk> disk = make_real_disk();
  Path root;
};

TEST_F(RealDiskTest, ALockOfAnotherProcessIsSeenAndEndsWithIt) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::string holder;
    auto lock = disk->try_lock(at("lock"), "pid of the child", holder);
    char byte = lock ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  std::string holder;
  EXPECT_FALSE(disk->try_lock(at("lock"), "parent", holder));
  EXPECT_EQ(holder, "pid of the child");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(disk->try_lock(at("lock"), "parent", holder));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(RealDiskTest, AFullDiskIsNoSpaceAndStaysUsable) {
  if (::mkdir(at("small").c_str(), 0755) != 0 || ::mount("tmpfs", at("small").c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "cannot mount a small tmpfs here (needs root)";
  }
  {
    auto file = disk->open(at("small/f"), OpenMode::create);
    try {
      file->write_at(0, Bytes(3u << 20));
      ADD_FAILURE() << "3 MiB fit into 1 MiB";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::no_space);
      EXPECT_NE(error.message().find("small/f"), std::string::npos);
      EXPECT_FALSE(error.hint().empty());
    }
    EXPECT_EQ(disk->free_space(at("small")), 0u);
    std::string holder;
    EXPECT_TRUE(disk->try_lock(at("small/lock"), "me", holder)) << "a full disk must not keep us from the lock";
    EXPECT_THROW(write_file_atomic(*disk, at("small/g"), Bytes(5000)), Error);
    EXPECT_FALSE(disk->stat(at("small/g.tmp"))) << "what could not be finished is removed";
    file->truncate(0);
    EXPECT_NO_THROW(write_file_atomic(*disk, at("small/g"), Bytes(5000)));
  }
  ::umount(at("small").c_str());
}

TEST_F(RealDiskTest, DescriptorsAreNotInherited) {
  auto file = disk->open(at("f"), OpenMode::create);
  ASSERT_GE(file->descriptor(), 0);
  auto command = "test ! -e /proc/self/fd/" + std::to_string(file->descriptor());
  EXPECT_EQ(::system(command.c_str()), 0);
}

TEST_F(RealDiskTest, ModesApplyAtCreation) {
  auto mask = ::umask(0);
  disk->open(at("secret"), OpenMode::create_new, 0600);
  disk->make_directories(at("private"), 0700);
  ::umask(mask);
  EXPECT_EQ(disk->stat(at("secret"))->mode, 0600u);
  EXPECT_EQ(disk->stat(at("private"))->mode, 0700u);
}

TEST_F(RealDiskTest, OtherKindsAreSeenAsSuch) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0644), 0);
  EXPECT_EQ(disk->stat(at("fifo"))->kind, FileKind::other);
  EXPECT_EQ(disk->list(root).front().kind, FileKind::other);
}

TEST_F(RealDiskTest, TimesAreMicroseconds) {
  disk->open(at("f"), OpenMode::create);
  struct timespec times[2] = {{1700000000, 123456789}, {1700000000, 123456789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, at("f").c_str(), times, 0), 0);
  EXPECT_EQ(disk->stat(at("f"))->mtime, 1700000000123456);
}

TEST_F(RealDiskTest, FilesWithoutASizeAreReadToTheirEnd) {
  EXPECT_NE(as_text(read_file(*disk, "/proc/self/status")).find("Pid:"), std::string_view::npos);
}

TEST(OsError, CodesTellWhatToDo) {
  EXPECT_EQ(os_error(ENOSPC, "writing", "f").code(), Errc::no_space);
  EXPECT_EQ(os_error(EDQUOT, "writing", "f").code(), Errc::no_space);
  EXPECT_EQ(os_error(EROFS, "writing", "f").code(), Errc::permission);
  EXPECT_EQ(os_error(EACCES, "writing", "f").code(), Errc::permission);
  EXPECT_EQ(os_error(EEXIST, "making", "f").code(), Errc::already_exists);
  EXPECT_EQ(os_error(ECONNREFUSED, "connecting to", "x").code(), Errc::unavailable);
  EXPECT_EQ(os_error(EIO, "reading", "f").code(), Errc::io);
  EXPECT_EQ(os_error(EIO, "reading", "f").message(), "reading f: Input/output error");
}

}  // namespace
}  // namespace openmcp::base
