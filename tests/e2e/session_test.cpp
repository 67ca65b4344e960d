// A user's day: init, commit, find, change, compare, bring back, carry elsewhere, forget.
#include "e2e/program.hpp"

namespace openmcp::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Session : public ::testing::Test {
protected:
  Session() { EXPECT_CODE(box.openmcp({"init"}), 0); }
  std::string commit(std::vector<std::string> words) {
    words.insert(words.begin(), "commit");
    return text_of(box.json(std::move(words)).at("id"));
  }
  Sandbox box;
};

TEST_F(Session, InitMakesAStoreOnce) {
  EXPECT_TRUE(box.exists(".openmcp/packs"));
  auto again = box.openmcp({"init"});
  EXPECT_CODE(again, 0);
  EXPECT_THAT(again.out, HasSubstr("already"));
  box.make_directory("deep/er");
  box.directory = "dir/deep/er";
  EXPECT_THAT(text_of(box.json({"status"}).at("home")), ::testing::EndsWith("/dir/.openmcp"));
  EXPECT_TRUE(box.json({"init", "sub"}).at("created").as_bool());
  EXPECT_TRUE(box.exists("sub/.openmcp"));
}

TEST_F(Session, AFileBecomesVersionsOfOneContext) {
  box.write("notes.md", "# Notes\n\nfirst line\n");
  auto first = box.json({"commit", "notes.md", "--tag", "idea", "-m", "begin"});
  EXPECT_TRUE(first.at("created").as_bool());
  EXPECT_EQ(text_of(first.at("type")), "documentation");
  EXPECT_EQ(first.at("number").to_number<int>(), 1);
  auto id = text_of(first.at("id"));

  auto same = box.json({"commit", "notes.md"});
  EXPECT_TRUE(same.at("unchanged").as_bool());
  EXPECT_EQ(text_of(same.at("version")), text_of(first.at("version")));

  box.write("notes.md", "# Notes\n\nfirst line\nsecond line\n");
  auto second = box.json({"commit", "notes.md", "-m", "more"});
  EXPECT_EQ(text_of(second.at("id")), id);
  EXPECT_EQ(second.at("number").to_number<int>(), 2);
  EXPECT_FALSE(second.at("created").as_bool());

  EXPECT_EQ(box.openmcp({"get", "notes.md"}).out, box.read("notes.md"));
  EXPECT_EQ(box.openmcp({"get", "notes.md", "--version", "v1"}).out, "# Notes\n\nfirst line\n");
  EXPECT_EQ(box.openmcp({"get", "notes.md@v1"}).out, "# Notes\n\nfirst line\n");
  EXPECT_EQ(box.openmcp({"get", id + "~1"}).out, "# Notes\n\nfirst line\n");
  EXPECT_EQ(box.openmcp({"get", id}).out, box.read("notes.md"));

  auto history = box.openmcp({"history", "notes.md"});
  EXPECT_THAT(history.out, StartsWith("v2"));
  EXPECT_THAT(history.out, HasSubstr("latest"));
  EXPECT_THAT(history.out, HasSubstr("begin"));

  auto diff = box.openmcp({"diff", "notes.md"});
  EXPECT_CODE(diff, 0);
  EXPECT_THAT(diff.out, HasSubstr("+second line\n"));
  EXPECT_THAT(diff.out, Not(HasSubstr("-first line")));
  EXPECT_CODE(box.openmcp({"diff", "--exit-code", "notes.md", "v1", "v2"}), 1);
  EXPECT_CODE(box.openmcp({"diff", "--exit-code", "notes.md", "v2", "v2"}), 0);
  // What diff prints into a pipe is a patch.
  if (std::filesystem::exists("/usr/bin/patch")) {
    box.write("old", "# Notes\n\nfirst line\n");
    EXPECT_CODE(box.shell("openmcp diff notes.md v1 v2 | patch -s old"), 0);
    EXPECT_EQ(box.read("old"), box.read("notes.md"));
  }

  auto restored = box.json({"restore", "notes.md", "v1"});
  EXPECT_EQ(restored.at("number").to_number<int>(), 3);
  EXPECT_EQ(box.openmcp({"get", "notes.md"}).out, "# Notes\n\nfirst line\n");
  EXPECT_CODE(box.openmcp({"get", "notes.md", "-o", "copy.md"}), 0);
  EXPECT_EQ(box.read("copy.md"), "# Notes\n\nfirst line\n");
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Session, NamesAreSeenFromTheWorkingDirectory) {
  box.write("sub/a.md", "in sub");
  box.write("a.md", "in top");
  commit({"a.md", "--title", "top one"});
  box.directory = "dir/sub";
  commit({"a.md"});
  EXPECT_EQ(box.openmcp({"get", "a.md"}).out, "in sub");
  EXPECT_EQ(box.openmcp({"get", "../a.md"}).out, "in top");
  EXPECT_EQ(box.openmcp({"get", box.path("a.md")}).out, "in sub");
  box.directory = "dir";
  EXPECT_EQ(box.openmcp({"get", "a.md"}).out, "in top");
  EXPECT_EQ(box.openmcp({"get", "sub/a.md"}).out, "in sub");
  EXPECT_EQ(box.openmcp({"get", "top one"}).out, "in top");
}

TEST_F(Session, ADirectoryIsManyContexts) {
  box.write("docs/a.md", "alpha");
  box.write("docs/b/c.txt", "beta");
  box.write("docs/.hidden", "no");
  auto first = box.json({"commit", "docs", "--tag", "d"});
  EXPECT_EQ(first.at("created").to_number<int>(), 2);
  EXPECT_EQ(first.at("contexts").as_array().size(), 2u);
  box.write("docs/a.md", "alpha, changed");
  auto second = box.openmcp({"commit", "docs"});
  EXPECT_THAT(second.out, HasSubstr("0 new, 1 changed, 1 unchanged"));
  EXPECT_THAT(second.out, StartsWith("updated"));
  EXPECT_EQ(box.openmcp({"get", "docs/b/c.txt"}).out, "beta");
  EXPECT_THAT(box.openmcp({"list"}).out, HasSubstr("docs/b/c.txt"));  // not only c.txt
  EXPECT_EQ(box.json({"list", "--source", "docs/"}).at("contexts").as_array().size(), 2u);
  EXPECT_CODE(box.openmcp({"commit", "docs", "--title", "x"}), 2);
}

TEST_F(Session, ADirectoryMayBeOneContext) {
  box.write("site/index.html", "<p>hi");
  box.write("site/img/x.bin", noise(5000, 1));
  auto id = commit({"site", "--tree"});
  auto text = box.openmcp({"get", id});
  EXPECT_CODE(text, 1);
  EXPECT_THAT(text.err, HasSubstr("-o"));
  EXPECT_CODE(box.openmcp({"get", id, "-o", "copy"}), 0);
  EXPECT_EQ(box.read("copy/index.html"), "<p>hi");
  EXPECT_EQ(box.read("copy/img/x.bin"), box.read("site/img/x.bin"));
}

TEST_F(Session, InputTextAndConversations) {
  box.input = "from a pipe\n";
  auto piped = box.json({"commit", "-", "--title", "piped", "--type", "decision"});
  EXPECT_EQ(text_of(piped.at("type")), "decision");
  EXPECT_EQ(box.openmcp({"get", "piped"}).out, "from a pipe\n");
  auto text = commit({"--text", "said so", "--title", "word"});
  EXPECT_EQ(box.openmcp({"get", text}).out, "said so");

  box.write("chat.jsonl", R"({"role":"user","content":"what is the retry policy?"}
{"role":"assistant","content":"three times, with jitter"}
)");
  auto chat = box.json({"commit", "--conversation", "chat.jsonl"});
  EXPECT_EQ(text_of(chat.at("type")), "conversation");
  box.write("bad.jsonl", "{\"role\":\"user\",\"content\":\"x\"}\nnot json\n");
  auto bad = box.openmcp({"commit", "--conversation", "bad.jsonl"});
  EXPECT_CODE(bad, 2);
  EXPECT_THAT(bad.err, HasSubstr("2"));  // the line
  EXPECT_CODE(box.openmcp({"commit", "--text", "x", "chat.jsonl"}), 2);
  EXPECT_CODE(box.openmcp({"commit"}), 2);
}

TEST_F(Session, FieldsChangeWithoutContent) {
  box.write("a.md", "text");
  auto id = commit({"a.md", "--meta", "priority=high", "--metadata", R"({"n": 1})"});
  auto changed = box.json({"commit", "--id", id, "--title", "Better"});
  EXPECT_EQ(changed.at("number").to_number<int>(), 2);
  EXPECT_EQ(text_of(changed.at("title")), "Better");
  EXPECT_EQ(box.openmcp({"get", "Better"}).out, "text");
  auto metadata = boost::json::parse(box.openmcp({"get", id, "--metadata"}).out);
  EXPECT_EQ(text_of(metadata.at("priority")), "high");
  EXPECT_EQ(metadata.at("n").to_number<int>(), 1);
  EXPECT_CODE(box.openmcp({"commit", "--id", id, "--metadata", "[1]"}), 2);
  box.write("meta.json", R"({"from": "file"})");
  commit({"--id", id, "--metadata", "@meta.json"});
  EXPECT_THAT(box.openmcp({"get", id, "--metadata"}).out, HasSubstr("file"));
}

TEST_F(Session, TagsAndLinks) {
  box.write("question.md", "why?");
  box.write("answer.md", "because");
  auto question = commit({"question.md"}), answer = commit({"answer.md"});
  EXPECT_CODE(box.openmcp({"tag", "answer.md", "good", "old"}), 0);
  EXPECT_EQ(box.openmcp({"tag", "answer.md"}).out, "good\nold\n");
  EXPECT_CODE(box.openmcp({"tag", "answer.md", "-d", "old"}), 0);
  EXPECT_EQ(box.openmcp({"tag", "answer.md"}).out, "good\n");
  EXPECT_EQ(box.openmcp({"tag"}).out, "1  good\n");

  EXPECT_CODE(box.openmcp({"link", "answer.md", "answers", "question.md"}), 0);
  EXPECT_THAT(box.openmcp({"link", "question.md"}).out, HasSubstr("from  answers  " + answer));
  EXPECT_THAT(box.openmcp({"show", "answer.md"}).out, HasSubstr(question + " (answers)"));
  EXPECT_CODE(box.openmcp({"link", "-d", "answer.md", "answers", "question.md"}), 0);
  EXPECT_EQ(box.openmcp({"link", "answer.md"}).out, "");
  EXPECT_CODE(box.openmcp({"link", "answer.md", "answers", "nobody"}), 3);
}

TEST_F(Session, ListFiltersAndPages) {
  for (int i = 0; i < 7; ++i) {
    commit({"--text", "text " + std::to_string(i), "--title", "T" + std::to_string(i), "--type",
            i % 2 ? "decision" : "other", "--tag", i < 3 ? "early" : "late"});
  }
  auto titles = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "list");
    std::string out;
    auto page = box.json(std::move(words));
    for (auto& context : page.at("contexts").as_array()) out += text_of(context.at("title"));
    return out + (page.at("next").is_null() ? "." : "+");
  };
  EXPECT_EQ(titles({}), "T6T5T4T3T2T1T0.");
  EXPECT_EQ(titles({"--type", "decision"}), "T5T3T1.");
  EXPECT_EQ(titles({"--tag", "early"}), "T2T1T0.");
  EXPECT_EQ(titles({"--tag", "early", "--tag", "late"}), ".");
  EXPECT_EQ(titles({"--any-tag", "early", "--any-tag", "late", "--type", "decision"}), "T5T3T1.");
  EXPECT_EQ(titles({"--limit", "3"}), "T6T5T4+");
  auto next = text_of(box.json({"list", "--limit", "3"}).at("next"));
  EXPECT_EQ(titles({"--limit", "3", "--cursor", next}), "T3T2T1+");
  EXPECT_EQ(titles({"--since", "1h"}), "T6T5T4T3T2T1T0.");
  EXPECT_EQ(titles({"--until", "1h"}), ".");
  EXPECT_CODE(box.openmcp({"list", "--since", "whenever"}), 2);
  EXPECT_EQ(box.openmcp({"list", "-q", "-n", "1"}).out.size(), 37u);
}

TEST_F(Session, SearchFindsExplainsAndFilters) {
  commit({"--text", "We retry three times with jitter before giving up.", "--title", "Retry policy", "--type",
          "decision"});
  commit({"--text", "The garden needs water.", "--title", "Garden", "--tag", "home"});
  auto found = box.openmcp({"search", "how", "often", "do", "we", "retry"});
  EXPECT_CODE(found, 0);
  EXPECT_THAT(found.out, HasSubstr("1. Retry policy"));
  EXPECT_THAT(found.out, HasSubstr("retry three times"));
  auto json = box.json({"search", "garden"});
  ASSERT_EQ(json.at("contexts").as_array().size(), 1u);
  EXPECT_EQ(text_of(json.at("contexts").at(0).at("title")), "Garden");
  EXPECT_FALSE(json.at("contexts").at(0).at("highlights").as_array().empty());
  EXPECT_TRUE(box.json({"search", "garden", "--type", "decision"}).at("contexts").as_array().empty());
  EXPECT_EQ(box.json({"search", "water", "--tag", "home"}).at("contexts").as_array().size(), 1u);
  EXPECT_THAT(box.openmcp({"search", "--explain", "retry"}).out, HasSubstr("idf"));
  EXPECT_TRUE(box.json({"search", "zebra"}).at("contexts").as_array().empty());
  EXPECT_TRUE(box.json({"search", "--explain", "retry"}).at("contexts").at(0).as_object().contains("explain"));
}

TEST_F(Session, ExpectedParentsGuardAgainstLostUpdates) {
  box.write("a.md", "one");
  auto first = box.json({"commit", "a.md"});
  auto id = text_of(first.at("id")), v1 = text_of(first.at("version"));
  box.write("a.md", "two");
  EXPECT_CODE(box.openmcp({"commit", "a.md", "--parent", v1}), 0);
  box.write("a.md", "three");
  auto late = box.openmcp({"commit", "a.md", "--id", id, "--parent", "v1"});
  EXPECT_CODE(late, 4);
  EXPECT_CODE(box.openmcp({"commit", "a.md", "--parent", "v2"}), 0);
  EXPECT_NE(text_of(box.json({"commit", "a.md", "--new"}).at("id")), id);
}

TEST_F(Session, ForgettingIsAskedAndFinal) {
  box.write("secret.md", "a secret: swordfish");
  auto id = commit({"secret.md"});
  auto refused = box.openmcp({"forget", "secret.md"});
  EXPECT_CODE(refused, 2);
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_EQ(box.openmcp({"get", id}).out, "a secret: swordfish");
  auto done = box.json({"forget", "--yes", "--reason", "by mistake", "secret.md"});
  EXPECT_EQ(text_of(done.at("forgotten").at(0)), id);
  EXPECT_CODE(box.openmcp({"get", id}), 3);
  EXPECT_TRUE(box.json({"search", "swordfish"}).at("contexts").as_array().empty());
  EXPECT_TRUE(box.json({"list"}).at("contexts").as_array().empty());
  EXPECT_CODE(box.openmcp({"verify"}), 0);
  // Nothing of it is left in any file of the store.
  EXPECT_CODE(box.shell("! grep -r swordfish .openmcp"), 0);
}

TEST_F(Session, ShowTellsWhatIsKnown) {
  box.write("a.md", "text");
  auto id = commit({"a.md", "--tag", "x", "--author", "Anna", "--message", "why not"});
  auto shown = box.openmcp({"show", id.substr(0, 13)});
  EXPECT_CODE(shown, 0);
  for (auto part : {"a.md", "Anna", "why not", "v1 of 1", "valid", "sha256"}) EXPECT_THAT(shown.out, HasSubstr(part));
  auto json = box.json({"show", id});
  EXPECT_EQ(text_of(json.at("current").at("proof")), "valid");
  EXPECT_EQ(text_of(json.at("current").at("author").at("name")), "Anna");
  EXPECT_EQ(text_of(json.at("current").at("content_hash")),
            "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1");  // sha256sum of "text"
}

TEST_F(Session, TheUsersOwnStoreIsMadeAtFirstUse) {
  Sandbox fresh;
  auto empty = fresh.json({"list"});
  EXPECT_TRUE(empty.at("contexts").as_array().empty());
  EXPECT_TRUE(empty.at("next").is_null());
  EXPECT_FALSE(fresh.json({"status"}).at("exists").as_bool());
  EXPECT_TRUE(fresh.json({"search", "x"}).at("contexts").as_array().empty());
  EXPECT_CODE(fresh.openmcp({"get", "x"}), 3);
  EXPECT_FALSE(std::filesystem::exists(fresh.variables["HOME"] + "/.local"));  // reading makes nothing
  fresh.write("a.md", "a");
  EXPECT_CODE(fresh.openmcp({"commit", "a.md"}), 0);
  EXPECT_TRUE(std::filesystem::exists(fresh.variables["HOME"] + "/.local/share/openmcp/packs"));
  EXPECT_EQ(fresh.json({"list"}).at("contexts").as_array().size(), 1u);
}

TEST_F(Session, DoctorAndStatusAreContent) {
  commit({"--text", "x", "--title", "t"});
  auto doctor = box.openmcp({"doctor"});
  EXPECT_CODE(doctor, 0);
  EXPECT_THAT(doctor.out, Not(HasSubstr("failed")));
  EXPECT_TRUE(box.json({"doctor"}).at("ok").as_bool());
  EXPECT_THAT(box.openmcp({"status"}).out, HasSubstr("1 context"));
}

}  // namespace
}  // namespace openmcp::test
