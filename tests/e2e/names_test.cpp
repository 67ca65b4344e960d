// Names and files that hurt. Each has a defined answer.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "e2e/program.hpp"

namespace openmcp::test {
namespace {

using ::testing::HasSubstr;

class Names : public ::testing::Test {
protected:
  std::string add(std::vector<std::string> words) {
    words.insert(words.begin(), {"add", "-Q"});
    auto outcome = box.openmcp(std::move(words));
    EXPECT_CODE(outcome, 0);
    if (outcome.out.ends_with('\n')) outcome.out.pop_back();
    return outcome.out;
  }
  Sandbox box;
};

TEST_F(Names, EmptyFilesAndDirectories) {
  box.write("empty", "");
  box.make_directory("nothing");
  // As Kubo with the 2025 profile: the raw block of nothing, and the directory node without links.
  EXPECT_EQ(add({"empty"}), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
  EXPECT_EQ(add({"-r", "nothing"}), "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
  EXPECT_EQ(box.openmcp({"cat", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}).out, "");
  box.openmcp({"init"});
  EXPECT_CODE(box.openmcp({"commit", "empty"}), 0);
  EXPECT_EQ(box.openmcp({"get", "empty"}).out, "");
  EXPECT_THAT(box.openmcp({"commit", "nothing"}).out, HasSubstr("0 new"));
  EXPECT_CODE(box.openmcp({"commit", ""}), 2);
  EXPECT_CODE(box.openmcp({"add", ""}), 2);
}

TEST_F(Names, OddNamesSurviveTheWay) {
  std::vector<std::string> names = {
      "with space", "new\nline", "emoji 😀", "-dash", "--option", "quote'\"\\", "...", "trailing ",
      "tab\there",  "日本語",    "*?[x]",    "%20",   "@v2",      "a~1",        "#",   std::string(255, 'n')};
  for (auto& name : names) box.write("d/" + name, name);
  auto root = add({"-r", "-H", "d"});
  for (auto& name : names) EXPECT_EQ(box.openmcp({"cat", root + "/" + name}).out, name) << name;
  auto listed = box.json({"ls", root});
  EXPECT_EQ(listed.at("paths").at(0).at("entries").as_array().size(), names.size());
  auto text = box.openmcp({"ls", root});
  EXPECT_EQ(std::count(text.out.begin(), text.out.end(), '\n'), static_cast<long>(names.size()));

  box.openmcp({"init"});
  auto committed = box.json({"commit", "-H", "d"});
  EXPECT_EQ(committed.at("created").to_number<std::size_t>(), names.size());
  for (auto& name : names) EXPECT_EQ(box.openmcp({"get", "d/" + name}).out, name) << name;
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Names, NamesThatAreNotUtf8AreLeftOutAndSaid) {
  box.write("d/good", "good");
  box.write("d/bad\xff", "bad");
  auto added = box.openmcp({"add", "-r", "d"});
  EXPECT_CODE(added, 0);
  EXPECT_THAT(added.err, HasSubstr("left out"));
  EXPECT_THAT(added.err, HasSubstr("\\xff"));
}

TEST_F(Names, SymlinksStayLinks) {
  box.write("d/file", "x");
  std::filesystem::create_symlink("file", box.path("d/link"));
  std::filesystem::create_symlink("/etc/passwd", box.path("d/outside"));
  std::filesystem::create_symlink("loop", box.path("d/loop"));
  std::filesystem::create_directory_symlink("..", box.path("d/up"));
  auto root = add({"-r", "d"});
  auto listed = box.openmcp({"ls", "-l", root}).out;
  EXPECT_THAT(listed, HasSubstr("link -> file"));
  EXPECT_THAT(listed, HasSubstr("up -> .."));
  auto cid = add({"--dereference-args", "d/link"});
  EXPECT_EQ(box.openmcp({"cat", cid}).out, "x");
  EXPECT_CODE(box.openmcp({"add", "--dereference-args", "d/loop"}), 2);

  // A directory of contexts does not follow them: nothing outside is taken, and they are named.
  box.openmcp({"init"});
  auto committed = box.json({"commit", "d"});
  EXPECT_EQ(committed.at("created").to_number<int>(), 1);
  EXPECT_EQ(committed.at("skipped").as_array().size(), 4u);
}

TEST_F(Names, SpecialFilesAreNotRead) {
  box.write("d/file", "x");
  ASSERT_EQ(mkfifo(box.path("d/fifo").c_str(), 0600), 0);
  auto added = box.openmcp({"add", "-r", "d"});
  EXPECT_CODE(added, 0);
  EXPECT_THAT(added.err, HasSubstr("fifo"));
  box.openmcp({"init"});
  EXPECT_EQ(box.json({"commit", "d"}).at("skipped").as_array().size(), 1u);
  auto one = box.openmcp({"commit", "d/fifo"});
  EXPECT_CODE(one, 1);
  EXPECT_THAT(one.err, HasSubstr("commit -"));
  EXPECT_CODE(box.openmcp({"add", "d/fifo"}), 1);
}

TEST_F(Names, UnreadableFilesOfADirectoryAreNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  box.openmcp({"init"});
  box.write("d/good", "x");
  box.write("d/locked", "y");
  std::filesystem::permissions(box.path("d/locked"), std::filesystem::perms::none);
  auto committed = box.json({"commit", "d"});
  EXPECT_EQ(committed.at("created").to_number<int>(), 1);
  EXPECT_EQ(committed.at("skipped").as_array().size(), 1u);
}

TEST_F(Names, AFileThatChangesWhileItIsReadIsNeverTakenHalf) {
  box.write("moving", noise(8'000'000, 1));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    std::fstream file(box.path("moving"), std::ios::in | std::ios::out | std::ios::binary);
    for (std::uint64_t i = 2; !stop; ++i) {
      file.seekp(0);
      file << noise(4096, i);
      file.seekp(7'900'000);
      file << noise(4096, i);
      file.flush();
    }
  });
  auto outcome = box.openmcp({"add", "-Q", "moving"});
  stop = true;
  writer.join();
  if (outcome.code == 0) {
    outcome.out.pop_back();  // it was quick enough to see one state
    EXPECT_EQ(box.openmcp({"cat", outcome.out}).out.size(), 8'000'000u);
  } else {
    EXPECT_CODE(outcome, 4);
    EXPECT_THAT(outcome.err, HasSubstr("changed"));
  }
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Names, ManyEntriesInOneDirectory) {
  const std::size_t count = getenv("OPENMCP_LONG") ? 100'000 : 20'000;
  box.make_directory("many");
  for (std::size_t i = 0; i < count; ++i) {
    auto name = std::to_string(i) + ".txt";
    std::ofstream(box.path("many/" + name)) << i;
  }
  auto root = add({"-r", "many"});
  EXPECT_EQ(box.openmcp({"cat", root + "/0.txt", root + "/" + std::to_string(count - 1) + ".txt"}).out,
            "0" + std::to_string(count - 1));
  auto listed = box.openmcp({"ls", root});
  EXPECT_EQ(static_cast<std::size_t>(std::count(listed.out.begin(), listed.out.end(), '\n')), count);
  EXPECT_CODE(box.openmcp({"cat", root + "/nothing.txt"}), 3);
}

TEST_F(Names, AStoreDoesNotTakeItself) {
  box.openmcp({"init"});
  box.write("file", "x");
  box.write(".hidden", "y");
  auto added = box.openmcp({"add", "-r", "-H", "."});
  EXPECT_CODE(added, 0);
  EXPECT_THAT(added.out, HasSubstr(".hidden"));
  EXPECT_THAT(added.out, ::testing::Not(HasSubstr(".openmcp")));
  auto committed = box.json({"commit", "-H", "."});
  EXPECT_EQ(committed.at("created").to_number<int>(), 2);
}

TEST_F(Names, LargeContentStreams) {
  box.openmcp({"init"});
  box.write("large.bin", noise(40'000'000, 7));
  EXPECT_CODE(box.openmcp({"commit", "large.bin"}), 0);
  EXPECT_CODE(box.shell("openmcp get large.bin | cmp - large.bin"), 0);
  EXPECT_CODE(box.shell("cat large.bin | openmcp commit - --title piped && openmcp get piped | cmp - large.bin"), 0);
  EXPECT_EQ(text_of(box.json({"show", "large.bin"}).at("current").at("cid")), add({"large.bin"}));
}

}  // namespace
}  // namespace openmcp::test
