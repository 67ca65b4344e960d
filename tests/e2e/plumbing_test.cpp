// Blocks and files: the habits of Kubo.
#include <algorithm>

#include "e2e/program.hpp"

namespace openmcp::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Plumbing : public ::testing::Test {
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

// CIDs of IPIP-0499's own example and of the npm ipfs-unixfs-importer for the same bytes.
constexpr auto kHelloV1 = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
constexpr auto kHelloV0 = "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD";

TEST_F(Plumbing, AddPrintsWhatKuboPrints) {
  box.write("hello.txt", "hello world");
  EXPECT_EQ(box.openmcp({"add", "hello.txt"}).out, std::string("added ") + kHelloV1 + " hello.txt\n");
  EXPECT_EQ(box.openmcp({"add", "-q", "hello.txt"}).out, std::string(kHelloV1) + "\n");
  EXPECT_EQ(box.openmcp({"add", "-Q", "--cid-version", "0", "hello.txt"}).out, std::string(kHelloV0) + "\n");
  EXPECT_EQ(box.openmcp({"add", "-Q", "--profile=unixfs-v0-2015", "hello.txt"}).out, std::string(kHelloV0) + "\n");
  box.input = "hello world";
  EXPECT_EQ(box.openmcp({"add", "-Q"}).out, std::string(kHelloV1) + "\n");
  box.input = "hello world";
  EXPECT_EQ(box.openmcp({"add", "-"}).out, std::string("added ") + kHelloV1 + " " + kHelloV1 + "\n");
}

TEST_F(Plumbing, OnlyHashStoresNothing) {
  box.write("hello.txt", "hello world");
  EXPECT_EQ(add({"-n", "hello.txt"}), kHelloV1);
  EXPECT_FALSE(std::filesystem::exists(box.variables["HOME"] + "/.local"));
}

TEST_F(Plumbing, DirectoriesNeedRecursive) {
  box.write("d/b/two.txt", "two");
  box.write("d/one.txt", "one");
  box.write("d/.hidden", "hidden");
  auto refused = box.openmcp({"add", "d"});
  EXPECT_CODE(refused, 2);
  EXPECT_THAT(refused.err, HasSubstr("openmcp add -r d"));

  auto outcome = box.openmcp({"add", "-r", "d"});
  EXPECT_CODE(outcome, 0);
  EXPECT_THAT(outcome.out, HasSubstr(" d/one.txt\n"));
  EXPECT_THAT(outcome.out, HasSubstr(" d/b/two.txt\n"));
  EXPECT_THAT(outcome.out, HasSubstr(" d/b\n"));
  EXPECT_TRUE(outcome.out.ends_with(" d\n"));
  EXPECT_THAT(outcome.out, ::testing::Not(HasSubstr("hidden")));
  auto root = add({"-r", "d"});
  EXPECT_NE(add({"-r", "-H", "d"}), root);

  auto listing = box.openmcp({"ls", root});
  EXPECT_THAT(listing.out, HasSubstr("  b\n"));
  EXPECT_THAT(listing.out, HasSubstr("  one.txt\n"));
  EXPECT_THAT(box.openmcp({"ls", "-l", root}).out, HasSubstr("file       3  one.txt\n"));
  EXPECT_EQ(box.openmcp({"cat", root + "/b/two.txt"}).out, "two");
  EXPECT_EQ(box.openmcp({"cat", "/ipfs/" + root + "/one.txt", root + "/b/two.txt"}).out, "onetwo");
  EXPECT_CODE(box.openmcp({"cat", root}), 2);
  EXPECT_CODE(box.openmcp({"cat", root + "/absent"}), 3);
  EXPECT_CODE(box.openmcp({"cat", root + "/one.txt/deeper"}), 2);
}

TEST_F(Plumbing, WrapPutsThingsIntoADirectory) {
  box.write("a.txt", "a");
  box.write("b.txt", "b");
  auto root = add({"-w", "a.txt", "b.txt"});
  EXPECT_EQ(box.openmcp({"cat", root + "/a.txt", root + "/b.txt"}).out, "ab");
  box.input = "from a pipe";
  auto named = add({"-w", "--stdin-name", "note", "-"});
  EXPECT_EQ(box.openmcp({"cat", named + "/note"}).out, "from a pipe");
}

TEST_F(Plumbing, CatTakesRanges) {
  auto bytes = noise(3'500'000, 1);
  box.write("big", bytes);
  auto cid = add({"big"});
  EXPECT_EQ(box.openmcp({"cat", cid}).out, bytes);
  EXPECT_EQ(box.openmcp({"cat", "-o", "1048570", "-l", "20", cid}).out, bytes.substr(1048570, 20));
  EXPECT_EQ(box.openmcp({"cat", "--offset", "3499990", cid}).out, bytes.substr(3499990));
  EXPECT_EQ(box.openmcp({"cat", "-o", "9999999", cid}).out, "");
  EXPECT_EQ(box.openmcp({"cat", "-l", "0", cid}).out, "");
  box.write("small", "0123456789");
  auto small = add({"small"});
  EXPECT_EQ(box.openmcp({"cat", "-o", "8", "-l", "5", small, small}).out, "89012");  // across files, as Kubo
}

TEST_F(Plumbing, BlocksGoInAndOut) {
  box.input = "hello world";
  auto put = box.openmcp({"block", "put"});
  EXPECT_EQ(put.out, std::string(kHelloV1) + "\n");
  EXPECT_EQ(box.openmcp({"block", "get", kHelloV1}).out, "hello world");
  EXPECT_THAT(box.openmcp({"block", "stat", kHelloV1}).out, HasSubstr("Size: 11"));
  EXPECT_EQ(box.openmcp({"block", "get", "bafkqabtimvwgy3yk"}).out, "hello\n");  // an identity CID needs no block
  EXPECT_CODE(box.openmcp({"block", "rm", kHelloV1}), 0);
  EXPECT_CODE(box.openmcp({"block", "get", kHelloV1}), 3);
  EXPECT_CODE(box.openmcp({"block", "rm", kHelloV1}), 3);
  EXPECT_CODE(box.openmcp({"block", "rm", "-f", kHelloV1}), 0);
  box.input = std::string((2u << 20) + 1, 'x');
  EXPECT_CODE(box.openmcp({"block", "put"}), 1);
  box.input = "x";
  EXPECT_THAT(box.openmcp({"block", "put", "--mhtype", "blake3"}).out, HasSubstr("bafkr4i"));
}

TEST_F(Plumbing, DagValuesRoundTrip) {
  box.input = R"({"b": [1, {"c": "deep"}], "a": {"/": "bafkqaaa"}})";
  auto cid = box.openmcp({"dag", "put"});
  EXPECT_CODE(cid, 0);
  cid.out.pop_back();
  EXPECT_TRUE(cid.out.starts_with("bafyrei"));  // dag-cbor
  EXPECT_EQ(box.openmcp({"dag", "get", cid.out}).out, "{\"a\":{\"/\":\"bafkqaaa\"},\"b\":[1,{\"c\":\"deep\"}]}\n");
  EXPECT_EQ(box.openmcp({"dag", "get", cid.out + "/b/1/c"}).out, "\"deep\"\n");
  EXPECT_EQ(box.openmcp({"dag", "resolve", cid.out + "/b/1"}).out, cid.out + "/b/1\n");
  EXPECT_CODE(box.openmcp({"dag", "get", cid.out + "/x"}), 3);
  EXPECT_EQ(box.openmcp({"dag", "get", "--output-codec", "dag-cbor", cid.out + "/b/0"}).out, "\x01");
  box.input = "{not json";
  EXPECT_NE(box.openmcp({"dag", "put"}).code, 0);
  box.input = R"({"l": {"/": "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"}})";
  auto dangling = box.openmcp({"dag", "put"});
  EXPECT_CODE(dangling, 3);
  EXPECT_THAT(dangling.err, HasSubstr("--pin=false"));
}

TEST_F(Plumbing, PinsKeepAndGcRemoves) {
  box.write("keep", noise(100'000, 2));
  box.write("drop", noise(100'000, 3));
  auto keep = add({"--pin-name", "mine", "keep"}), drop = add({"--pin=false", "drop"});
  EXPECT_EQ(box.openmcp({"pin", "ls"}).out, keep + " recursive mine\n");
  EXPECT_EQ(box.openmcp({"pin", "ls", "-q", "--name", "mi"}).out, keep + "\n");
  EXPECT_EQ(box.openmcp({"pin", "ls", "--name", "other"}).out, "");
  auto protected_block = box.openmcp({"block", "rm", keep});
  EXPECT_CODE(protected_block, 4);
  EXPECT_CODE(box.openmcp({"gc"}), 0);
  EXPECT_EQ(box.openmcp({"cat", keep}).out, box.read("keep"));
  EXPECT_CODE(box.openmcp({"cat", drop}), 3);
  EXPECT_CODE(box.openmcp({"pin", "rm", keep}), 0);
  EXPECT_CODE(box.openmcp({"pin", "rm", keep}), 3);
  auto report = box.json({"gc"});
  EXPECT_EQ(report.at("blocks_removed").to_number<int>(), 1);
  EXPECT_CODE(box.openmcp({"cat", keep}), 3);
  EXPECT_CODE(box.openmcp({"pin", "add", keep}), 3);
}

TEST_F(Plumbing, PinsAreAlsoDirect) {
  box.write("d/x", "x");
  auto root = add({"-r", "--pin=false", "d"});
  EXPECT_CODE(box.openmcp({"pin", "add", "--type", "direct", root}), 0);
  EXPECT_EQ(box.openmcp({"pin", "ls", "--type", "direct"}).out, root + " direct\n");
  EXPECT_EQ(box.openmcp({"pin", "ls", "--type", "recursive"}).out, "");
  EXPECT_CODE(box.openmcp({"gc"}), 0);
  EXPECT_CODE(box.openmcp({"dag", "get", root}), 0);
  EXPECT_CODE(box.openmcp({"cat", root + "/x"}), 3);
  EXPECT_CODE(box.openmcp({"pin", "add", "--name", "context/mine", root}), 2);
}

TEST_F(Plumbing, CarsCarryDagsElsewhere) {
  box.write("d/one", noise(3'000'000, 4));
  box.write("d/two", "two");
  auto root = add({"-r", "d"});
  EXPECT_CODE(box.shell("openmcp dag export " + root + " > d.car"), 0);
  EXPECT_CODE(box.openmcp({"dag", "export", "-o", "same.car", root}), 0);
  EXPECT_EQ(box.read("d.car"), box.read("same.car"));
  auto verified = box.json({"car", "verify", "d.car"});
  EXPECT_TRUE(verified.at("complete").as_bool());
  EXPECT_EQ(box.openmcp({"car", "ls", "--roots", "d.car"}).out, root + "\n");
  auto blocks = box.openmcp({"car", "ls", "d.car"}).out;
  EXPECT_EQ(std::count(blocks.begin(), blocks.end(), '\n'), verified.at("blocks").to_number<int>());

  auto imported = box.openmcp({"--home", "other", "dag", "import", "d.car"});
  EXPECT_EQ(imported.out, "Pinned root " + root + "\n");
  EXPECT_EQ(box.openmcp({"--home", "other", "cat", root + "/one"}).out, box.read("d/one"));

  EXPECT_CODE(box.openmcp({"car", "create", "--car-version", "2", "two.car", root}), 0);
  EXPECT_TRUE(box.json({"car", "verify", "two.car"}).at("indexed").as_bool());
  EXPECT_CODE(box.shell("openmcp --home third dag import --stats - < two.car"), 0);
  EXPECT_EQ(box.openmcp({"--home", "third", "cat", root + "/two"}).out, "two");
}

TEST_F(Plumbing, DamagedCarsAreRefused) {
  box.write("f", noise(2'000'000, 5));
  auto cid = add({"f"});
  EXPECT_CODE(box.openmcp({"car", "create", "f.car", cid}), 0);
  auto bytes = box.read("f.car");
  ASSERT_GT(bytes.size(), 2'000'000u);
  auto flipped = bytes;
  flipped[1'500'000] ^= 1;
  box.write("flipped.car", flipped);
  box.write("short.car", bytes.substr(0, bytes.size() - 100));
  box.write("half.car", bytes.substr(0, 200));
  box.write("nonsense.car", "this is no CAR");
  box.write("empty.car", "");
  for (auto name : {"flipped.car", "short.car", "half.car", "nonsense.car", "empty.car"}) {
    EXPECT_CODE(box.openmcp({"car", "verify", name}), 5) << name;
    EXPECT_CODE(box.openmcp({"--home", "other", "dag", "import", name}), 5) << name;
  }
  EXPECT_EQ(box.openmcp({"--home", "other", "pin", "ls"}).out, "");
}

TEST_F(Plumbing, JsonAnswersAreObjects) {
  box.write("d/x", "x");
  auto added = box.json({"add", "-r", "d"});
  auto root = text_of(added.at("cid"));
  EXPECT_EQ(added.at("entries").as_array().size(), 2u);
  EXPECT_EQ(text_of(box.json({"add", "-Q", "-r", "d"}).at("cid")), root);
  auto listed = box.json({"ls", root});
  auto& entry = listed.at("paths").at(0).at("entries").at(0);
  EXPECT_EQ(text_of(entry.at("name")), "x");
  EXPECT_EQ(text_of(entry.at("type")), "file");
  EXPECT_EQ(text_of(box.json({"cat", root + "/x"}).at("content")), "x");
  EXPECT_EQ(text_of(box.json({"block", "get", root}).at("cid")), root);
  EXPECT_EQ(box.json({"dag", "stat", root}).at("blocks").to_number<int>(), 2);
  EXPECT_EQ(box.json({"pin", "ls"}).at("pins").as_array().size(), 1u);
}

}  // namespace
}  // namespace openmcp::test
