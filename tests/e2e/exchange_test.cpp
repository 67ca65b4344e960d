// From one store to another in one file, verified offline.
#include <filesystem>

#include "e2e/program.hpp"

namespace openmcp::test {
namespace {

using ::testing::HasSubstr;

class Exchange : public ::testing::Test {
protected:
  Exchange() {
    box.openmcp({"init"});
    box.write("a.md", "first");
    box.openmcp({"commit", "a.md", "--tag", "x"});
    box.write("a.md", "second");
    box.openmcp({"commit", "a.md"});
    box.write("big.bin", noise(3'000'000, 9));
    box.openmcp({"commit", "big.bin"});
    box.openmcp({"commit", "--text", "short", "--title", "word"});
  }
  Outcome elsewhere(std::vector<std::string> words) {
    words.insert(words.begin(), {"--home", "elsewhere"});
    return box.openmcp(std::move(words));
  }
  /// Flips one bit in the middle of the big file's content.
  void damage() {
    auto wanted = box.read("big.bin").substr(1'500'000, 64);
    for (auto& entry : std::filesystem::directory_iterator(box.path(".openmcp/packs"))) {
      auto pack = ".openmcp/packs/" + entry.path().filename().string();
      auto bytes = box.read(pack);
      auto at = bytes.find(wanted);
      if (at == std::string::npos) continue;
      bytes[at] ^= 4;
      box.write(pack, bytes);
      return;
    }
    FAIL() << "the content is in no segment";
  }
  Sandbox box;
};

TEST_F(Exchange, ExportImportVerify) {
  auto exported = box.json({"export", "all.car"});
  EXPECT_EQ(exported.at("contexts").to_number<int>(), 3);
  EXPECT_EQ(exported.at("versions").to_number<int>(), 4);
  auto verified = box.json({"car", "verify", "all.car"});
  EXPECT_TRUE(verified.at("complete").as_bool());

  auto imported = elsewhere({"--json", "import", "all.car"});
  EXPECT_CODE(imported, 0);
  auto report = boost::json::parse(imported.out);
  EXPECT_EQ(report.at("created").to_number<int>(), 3);
  EXPECT_EQ(elsewhere({"get", "word"}).out, "short");
  EXPECT_EQ(elsewhere({"get", "a.md"}).out, "second");
  EXPECT_EQ(elsewhere({"get", "a.md@v1"}).out, "first");
  EXPECT_EQ(elsewhere({"get", "big.bin"}).out, box.read("big.bin"));
  EXPECT_CODE(elsewhere({"verify"}), 0);
  EXPECT_THAT(elsewhere({"search", "short"}).out, HasSubstr("word"));
  auto again = elsewhere({"import", "all.car"});
  EXPECT_THAT(again.out, HasSubstr("0 new, 0 brought forward, 3 unchanged"));

  // The same contexts give the same bytes, from whichever store.
  EXPECT_CODE(elsewhere({"export", "again.car"}), 0);
  EXPECT_EQ(box.read("again.car"), box.read("all.car"));
}

TEST_F(Exchange, ThroughAPipeAndInParts) {
  EXPECT_CODE(box.shell("openmcp export - word a.md | openmcp --home elsewhere import -"), 0);
  EXPECT_EQ(elsewhere({"get", "a.md"}).out, "second");
  EXPECT_CODE(elsewhere({"get", "big.bin"}), 3);
  EXPECT_CODE(box.openmcp({"--json", "export", "-"}), 2);
  EXPECT_CODE(box.openmcp({"export", "part.car", "nothing-of-the-kind"}), 3);
  EXPECT_FALSE(box.exists("part.car"));
}

TEST_F(Exchange, LatestLeavesOldContentOut) {
  auto all = box.json({"export", "all.car"}).at("bytes").to_number<long>();
  auto latest = box.json({"export", "--latest", "latest.car"}).at("bytes").to_number<long>();
  EXPECT_LT(latest, all);
  EXPECT_CODE(elsewhere({"import", "latest.car"}), 0);
  EXPECT_EQ(elsewhere({"get", "a.md"}).out, "second");
}

TEST_F(Exchange, ChangesOfBothSidesMeetAndMerge) {
  box.openmcp({"export", "one.car"});
  elsewhere({"import", "one.car"});
  auto id = text_of(box.json({"show", "word"}).at("id"));
  EXPECT_CODE(elsewhere({"tag", "word", "theirs"}), 0);
  EXPECT_CODE(box.openmcp({"tag", "word", "ours"}), 0);
  elsewhere({"export", "two.car"});
  auto met = box.openmcp({"import", "two.car"});
  EXPECT_CODE(met, 0);
  EXPECT_THAT(met.err, HasSubstr("--merge"));
  EXPECT_EQ(box.json({"list", "--diverged"}).at("contexts").as_array().size(), 1u);
  EXPECT_CODE(box.openmcp({"tag", id, "blind"}), 4);
  EXPECT_CODE(box.openmcp({"commit", "--merge", "--id", id}), 0);
  EXPECT_EQ(box.openmcp({"tag", id}).out, "ours\ntheirs\n");
  EXPECT_TRUE(box.json({"list", "--diverged"}).at("contexts").as_array().empty());
}

TEST_F(Exchange, ATamperedFileIsRefusedWhole) {
  box.openmcp({"export", "all.car"});
  auto bytes = box.read("all.car");
  ASSERT_GT(bytes.size(), 1'000'000u);
  for (auto at : {bytes.size() / 7, bytes.size() / 2, bytes.size() - 10}) {
    auto bad = bytes;
    bad[at] ^= 0x20;
    box.write("bad.car", bad);
    auto refused = elsewhere({"import", "bad.car"});
    EXPECT_CODE(refused, 5) << at;
    EXPECT_THAT(refused.err, HasSubstr("openmcp:"));
  }
  box.write("short.car", bytes.substr(0, bytes.size() / 2));
  EXPECT_NE(elsewhere({"import", "short.car"}).code, 0);
  EXPECT_EQ(elsewhere({"list", "-q"}).out, "");
  EXPECT_CODE(elsewhere({"import", "absent.car"}), 3);
}

TEST_F(Exchange, ForgottenStaysForgotten) {
  box.openmcp({"export", "all.car"});
  EXPECT_CODE(box.openmcp({"forget", "-y", "word"}), 0);
  auto refused = box.json({"import", "all.car"});
  EXPECT_EQ(refused.at("refused").as_array().size(), 1u);
  EXPECT_CODE(box.openmcp({"get", "word"}), 3);
  EXPECT_CODE(box.openmcp({"import", "--resurrect", "all.car"}), 0);
  EXPECT_EQ(box.openmcp({"get", "word"}).out, "short");
}

TEST_F(Exchange, DamageIsFoundAndHealed) {
  box.openmcp({"export", "backup.car"});
  damage();
  EXPECT_CODE(box.openmcp({"get", "big.bin"}), 5);
  EXPECT_EQ(box.openmcp({"get", "word"}).out, "short");  // the others are unharmed
  auto verified = box.openmcp({"verify"});
  EXPECT_CODE(verified, 5);
  EXPECT_THAT(verified.out, HasSubstr("damaged"));
  auto report = box.json({"verify"}, 5);
  EXPECT_FALSE(report.at("ok").as_bool());
  EXPECT_EQ(report.at("store").at("damage").as_array().size(), 1u);

  auto healed = box.openmcp({"verify", "--repair-from", "backup.car"});
  EXPECT_CODE(healed, 0);
  EXPECT_EQ(box.openmcp({"get", "big.bin"}).out, box.read("big.bin"));
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Exchange, AnotherStoreOrAFolderOfCarsHealsToo) {
  box.make_directory("cars");
  box.openmcp({"export", "cars/one.car", "word"});
  box.openmcp({"export", "cars/two.car", "big.bin"});
  elsewhere({"import", "cars/two.car"});
  for (auto copy : {"elsewhere", "cars"}) {
    damage();
    EXPECT_CODE(box.openmcp({"verify", "--quick"}), 5);
    auto healed = box.json({"repair", "--from", copy});
    EXPECT_EQ(healed.at("repaired").to_number<int>(), 1);
    EXPECT_CODE(box.openmcp({"verify"}), 0);
  }
  damage();
  auto not_there = box.openmcp({"repair", "--from", "cars/one.car"});  // a copy, but without that block
  EXPECT_CODE(not_there, 5);
}

TEST_F(Exchange, WithoutACopyTheLossIsNamed) {
  damage();
  auto lost = box.openmcp({"repair"});
  EXPECT_CODE(lost, 5);
  EXPECT_THAT(lost.out, HasSubstr("lost"));
  EXPECT_CODE(box.openmcp({"repair", "--from", "nothing-there"}), 3);
}

TEST_F(Exchange, IndexesAreMadeAnewFromTheBlocks) {
  box.shell("rm -rf .openmcp/workspace.db* .openmcp/search.db* .openmcp/index");
  EXPECT_EQ(box.openmcp({"get", "word"}).out, "short");
  EXPECT_EQ(box.json({"list"}).at("contexts").as_array().size(), 3u);
  EXPECT_THAT(box.openmcp({"search", "short"}).out, HasSubstr("word"));
  auto rebuilt = box.json({"repair", "--rebuild"});
  EXPECT_EQ(rebuilt.at("rebuilt").at("contexts").to_number<int>(), 3);
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

}  // namespace
}  // namespace openmcp::test
