// Committing directories, and files whose names or behaviour hurt.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "fixture.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::context::test {
namespace {

namespace fs = std::filesystem;

class Directory : public ::testing::Test {
protected:
  WorkspaceFixture f{Kind::local};
  DirectoryReport commit(DirectoryRequest request = {}) {
    if (request.path.empty()) request.path = f.file("");
    return f.wait(f.ws().commit_directory(std::move(request)));
  }
  void age(const std::string& path) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }
};

TEST_F(Directory, OneContextAFile) {
  f.write("b.md", "bbb");
  f.write("a.cpp", "int a;");
  f.write("deep/er/c.txt", "ccc");
  f.write("deep/empty", "");
  f.write(".hidden/x", "x");
  auto report = commit();
  EXPECT_EQ(report.created, 4u);
  EXPECT_EQ(report.bytes, 12u);
  ASSERT_EQ(report.committed.size(), 4u);
  EXPECT_EQ(report.committed[0].title, "a.cpp");
  EXPECT_EQ(report.committed[0].type, "code");
  EXPECT_EQ(report.committed[1].title, "b.md");
  EXPECT_EQ(report.committed[2].title, "empty");
  EXPECT_EQ(f.get(report.committed[3].id).current.manifest.source, "deep/er/c.txt");
  ListRequest below;
  below.source_prefix = "deep/";
  EXPECT_EQ(f.wait(f.ws().list(below)).contexts.size(), 2u);

  report = commit();
  EXPECT_EQ(report.unchanged, 4u);
  EXPECT_TRUE(report.committed.empty());
  f.write("b.md", "new");
  report = commit();
  EXPECT_EQ(report.updated, 1u);
  EXPECT_EQ(report.unchanged, 3u);
  EXPECT_EQ(report.committed.at(0).number, 2u);
  DirectoryRequest all;
  all.hidden = true;
  EXPECT_EQ(commit(all).created, 1u);
}

TEST_F(Directory, UnchangedFilesAreNotRead) {
  auto path = f.write("a.md", "aaa");
  age(path);
  commit();
  // Same size, time and inode: believed, because the stamp was taken long after the change.
  auto before = fs::last_write_time(path);
  f.write("a.md", "bbb");
  fs::last_write_time(path, before);
  auto report = commit();
  EXPECT_EQ(report.unchanged, 1u);
  EXPECT_EQ(report.bytes, 0u);
  // A change so young that the file's time may not show the next one: read each time.
  f.write("a.md", "bbb");
  EXPECT_EQ(commit().updated, 1u);
  report = commit();
  EXPECT_EQ(report.unchanged, 1u);
  EXPECT_EQ(report.bytes, 3u);
}

TEST_F(Directory, AStampCountsForTheContentThatItIsOf) {
  auto path = f.write("a.md", "one");
  age(path);
  auto first = commit().committed.at(0);
  auto request = text_request("other");
  request.id = first.id;
  f.commit(request);
  // The file is as it was, but the context is not.
  auto report = commit();
  EXPECT_EQ(report.updated, 1u);
  EXPECT_EQ(f.text_of(report.committed.at(0).version), "one");
}

TEST_F(Directory, GivenFieldsGoToEachFile) {
  f.write("a.md", "aaa");
  f.write("b.md", "bbb");
  commit();
  DirectoryRequest tagged;
  tagged.defaults.tags = {"docs"};
  tagged.defaults.message = "tag them";
  EXPECT_EQ(commit(tagged).updated, 2u);
  EXPECT_EQ(f.wait(f.ws().tags()).at(0).contexts, 2u);
  EXPECT_EQ(commit(tagged).unchanged, 2u);
}

TEST_F(Directory, NamesThatHurt) {
  const std::string fox = "\xf0\x9f\xa6\x8a";
  f.write(fox + ".md", "emoji");
  f.write("invalid \xff\xfe name.txt", "bytes");
  f.write(std::string(250, 'n'), "long");
  f.write("new\nline\t.txt", "control");
  f.write("..dots", "hidden");
  f.write("a~1@v2.txt", "marks");
  auto report = commit();
  EXPECT_EQ(report.created, 5u);
  for (const auto& result : report.committed) EXPECT_TRUE(ipld::valid_utf8(result.title));
  EXPECT_EQ(f.wait(f.ws().resolve(fox + ".md")).id, f.wait(f.ws().resolve(f.file(fox + ".md"))).id);
  EXPECT_EQ(f.wait(f.ws().resolve("a~1@v2.txt@1")).version.has_value(), true);
  auto bytes = f.wait(f.ws().resolve("invalid \xff\xfe name.txt"));
  EXPECT_EQ(f.get(bytes.id).current.manifest.source, "invalid \xff\xfe name.txt");
  EXPECT_EQ(commit().unchanged, 5u);
  f.reopen();
  EXPECT_EQ(commit().unchanged, 5u);
  EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
}

TEST_F(Directory, WhatIsNoFileIsReported) {
  f.write("a.md", "aaa");
  fs::create_symlink("a.md", f.file("link"));
  fs::create_directory_symlink(".", f.file("loop"));
  ASSERT_EQ(::mkfifo(f.file("pipe").c_str(), 0600), 0);
  auto report = commit();
  EXPECT_EQ(report.created, 1u);
  ASSERT_EQ(report.skipped.size(), 3u);
  EXPECT_EQ(report.skipped[0].path, "link");
  EXPECT_EQ(report.skipped[1].path, "loop");
  EXPECT_EQ(report.skipped[2].path, "pipe");
  EXPECT_EQ(error_of([&] { f.commit(file_request(f.file("pipe"))); }).code(), base::Errc::invalid_argument);
}

TEST_F(Directory, AFileThatCannotBeReadDoesNotStopTheOthers) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  f.write("a.md", "aaa");
  auto path = f.write("b.md", "bbb");
  fs::permissions(path, fs::perms::none);
  auto report = commit();
  EXPECT_EQ(report.created, 1u);
  ASSERT_EQ(report.skipped.size(), 1u);
  EXPECT_EQ(report.skipped[0].path, "b.md");
}

TEST_F(Directory, TheHomeIsNeverTaken) {
  f.write("a.md", "aaa");
  DirectoryRequest request;
  request.path = f.home("") + "/..";
  request.hidden = true;
  auto report = commit(request);
  EXPECT_EQ(report.created, 1u);
  CommitRequest tree;
  tree.content = DirectoryContent{.path = f.home("") + "/..", .hidden = true};
  auto result = f.commit(std::move(tree));
  EXPECT_EQ(result.size, 3u);
}

TEST_F(Directory, FilesOfProcAreReadToTheirEnd) {
  if (!fs::exists("/proc/self/status")) GTEST_SKIP() << "no /proc";
  auto result = f.commit(file_request("/proc/self/status"));
  EXPECT_GT(result.size, 100u);
  EXPECT_EQ(f.text_of(result.version).size(), result.size);
}

TEST_F(Directory, AFileThatChangesWhileItIsRead) {
  auto path = f.write("log.txt", std::string(8u << 20, 'a'));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    std::ofstream out(path, std::ios::app);
    while (!stop) out << 'b' << std::flush;
  });
  // Either it is taken as it was at one moment, or refused; never torn.
  for (int i = 0; i < 5; ++i) {
    try {
      auto request = file_request(path);
      request.new_context = true;
      auto result = f.commit(request);
      EXPECT_GE(result.size, 8u << 20);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::Errc::conflict);
      EXPECT_FALSE(error.hint().empty());
    }
  }
  auto report = commit();
  EXPECT_EQ(report.created + report.updated + report.unchanged + report.skipped.size(), 1u);
  stop = true;
  writer.join();
  EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
}

TEST_F(Directory, ManyFilesAndProgress) {
  for (int i = 0; i < 1000; ++i) f.write("d" + std::to_string(i % 7) + "/f" + std::to_string(i), std::to_string(i));
  std::uint64_t last = 0, calls = 0;
  DirectoryRequest request;
  request.progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.total, 1000u);
    EXPECT_GE(progress.done, last);
    last = progress.done;
    ++calls;
  };
  EXPECT_EQ(commit(request).created, 1000u);
  EXPECT_EQ(last, 1000u);
  EXPECT_LT(calls, 1000u);
  EXPECT_EQ(f.wait(f.ws().status()).contexts, 1000u);
}

TEST_F(Directory, NotADirectory) {
  DirectoryRequest request;
  request.path = f.write("a.md", "x");
  EXPECT_EQ(error_of([&] { commit(request); }).code(), base::Errc::invalid_argument);
  request.path = f.file("missing");
  EXPECT_EQ(error_of([&] { commit(request); }).code(), base::Errc::not_found);
}

}  // namespace
}  // namespace openmcp::context::test
