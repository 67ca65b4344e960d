// The index as the workspace uses it: batches in, ranked contexts out.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "context/search/database.hpp"
#include "ipld/utf8.hpp"
#include "search_support.hpp"
#include "support/temp_dir.hpp"
#include "support/vectors.hpp"

namespace openmcp::context::search {
namespace {

using base::Errc;
using test::document;
using test::key;
using test::numbers;
using test::query;
using Numbers = std::vector<int>;

class Search : public ::testing::Test {
protected:
  void open(bool embeddings = false, std::string path = ":memory:") {
    index.reset();
    IndexOptions options{.path = std::move(path), .store = "store"};
    if (embeddings) options.words = test::loader_of(test::small_word_table());
    index = std::make_unique<SearchIndex>(options);
  }
  void add(std::vector<SearchDocument> documents) { index->apply({.upserts = std::move(documents), .position = ++at}); }
  void remove(std::vector<ContextKey> keys) { index->apply({.removals = std::move(keys), .position = ++at}); }
  Numbers find(const std::string& text) { return numbers(index->search(query(text))); }

  std::unique_ptr<SearchIndex> index;
  std::uint64_t at = 0;
};

void expect_sum(const Score& score) {
  double words = score.bm25_max > 0 ? score.bm25 / score.bm25_max : 0;
  EXPECT_NEAR(score.fused,
              words + score.embedding_weight * score.cosine.value_or(0) + score.recency_weight * score.recency, 1e-5);
  double sum = 0;
  for (const auto& term : score.terms) sum += term.score;
  EXPECT_NEAR(sum, score.bm25, 1e-4 * std::max(1.0, score.bm25));
}

TEST_F(Search, FindsTheBestPassageOfEachContext) {
  open();
  add({document(1, "Storage", {"We chose append-only packs.", "Compaction runs beside readers.", "Nothing more."}),
       document(2, "Mesh", {"Peers speak Bitswap and compaction is not their business."}), document(3, "Empty", {})});
  EXPECT_EQ(index->position(), 1u);
  EXPECT_EQ(index->count(), 3u);
  auto result = index->search(query("compaction readers"));
  ASSERT_EQ(numbers(result), (Numbers{1, 2}));
  const auto& hit = result.hits[0];
  EXPECT_EQ(hit.passage, 1u);
  EXPECT_EQ(hit.passages, 3u);
  EXPECT_EQ(hit.title, "Storage");
  EXPECT_EQ(hit.type, "documentation");
  EXPECT_EQ(hit.author, "ada");
  EXPECT_EQ(hit.manifest, "manifest 1");
  EXPECT_EQ(hit.time, 1'700'000'001'000'000);
  EXPECT_EQ(marked(hit, "*", "*"), "*Compaction* runs beside *readers*.");
  EXPECT_EQ(result.total, 2u);
  EXPECT_FALSE(result.more);
  EXPECT_TRUE(result.next.empty());
}

TEST_F(Search, MatchesTitlesTagsSpeakersAndDates) {
  open();
  auto talk = document(1, "Planning", {});
  talk.tags = {"roadmap", "q3"};
  talk.passages = {{"Shall we begin?", 1'714'737'600'000'000, "Grace"},
                   {"Yes, at once.", 1'717'416'000'000'000, "Alan"}};
  add({talk, document(2, "Quarterly numbers", {"Revenue grew."}), document(3, "Only a title", {})});
  EXPECT_EQ(find("planning"), (Numbers{1}));
  EXPECT_EQ(find("roadmap"), (Numbers{1}));
  EXPECT_EQ(find("numbers revenue"), (Numbers{2}));
  EXPECT_EQ(find("title"), (Numbers{3}));
  auto by_speaker = index->search(query("what did Alan say"));
  ASSERT_EQ(by_speaker.hits.size(), 1u);
  EXPECT_EQ(by_speaker.hits[0].passage, 1u);
  EXPECT_EQ(by_speaker.hits[0].speaker, "Alan");
  EXPECT_EQ(by_speaker.hits[0].passage_time, 1'717'416'000'000'000);
  auto by_date = index->search(query("May 2024"));  // 2024-05-03
  ASSERT_EQ(by_date.hits.size(), 1u);
  EXPECT_EQ(by_date.hits[0].passage, 0u);
  EXPECT_EQ(date_words(1'714'737'600'000'000), "2024 05 03 may friday");
  EXPECT_EQ(date_words(-1), "1969 12 31 december wednesday");
}

TEST_F(Search, NeighboursLendTheirWords) {
  open();
  auto talk = document(1, "",
                       {"About the espresso machine", "Sounds fine to me", "Agreed", "It was delivered on Tuesday",
                        "Good", "Unrelated", "Unrelated again"});
  add({talk});
  Query asked = query("espresso delivered");
  asked.every_passage = true;
  asked.explain = true;
  auto result = index->search(asked);
  std::vector<std::uint32_t> passages;
  for (auto& hit : result.hits) {
    passages.push_back(hit.passage);
    expect_sum(hit.score);
  }
  // 2 before and 1 after: 0, 1, 2 from espresso; 2, 3, 4, 5 from delivered.
  EXPECT_EQ(passages.size(), 6u);
  EXPECT_EQ(std::ranges::count(passages, 6u), 0);
  auto third = std::ranges::find_if(result.hits, [](const Hit& hit) { return hit.passage == 2; });
  ASSERT_NE(third, result.hits.end());
  ASSERT_EQ(third->score.terms.size(), 2u);
  for (const auto& term : third->score.terms) {
    EXPECT_EQ(term.body, 0u);
    EXPECT_EQ(term.before2, term.term == "espresso" ? 1u : 0u);
    EXPECT_EQ(term.after, term.term == "deliv" ? 1u : 0u);
  }
}

TEST_F(Search, PhrasesAreRequiredAndMinusExcludes) {
  open();
  add({document(1, "", {"zero copy reads"}), document(2, "", {"copy zero bytes, reads"}),
       document(3, "zero copy", {"about reads"}), document(4, "", {"zero copy", "draft reads"})});
  EXPECT_EQ(find("\"zero copy\"").size(), 3u);
  EXPECT_EQ(find("reads -draft").size(), 3u);
  auto both = find("\"zero copy\" reads -draft");
  std::ranges::sort(both);
  EXPECT_EQ(both, (Numbers{1, 3}));
  EXPECT_EQ(find("reads -\"zero copy\""), (Numbers{2}));
  EXPECT_EQ(find("-zero").size(), 0u);
  EXPECT_EQ(find("-draft"), (Numbers{3, 2, 1}));  // no word to rank by: newest first
}

TEST_F(Search, Filters) {
  open();
  auto one = document(1, "same words", {"alpha beta"}), two = document(2, "same words", {"alpha beta"}),
       three = document(3, "same words", {"alpha beta"});
  two.type = "code";
  two.tags = {"x", "y"};
  three.tags = {"x"};
  three.author = "bob";
  one.passages.push_back({"alpha said long ago", 1'000'000, ""});
  add({one, two, three});
  auto with = [&](auto change) {
    auto asked = query("alpha");
    change(asked);
    auto found = numbers(index->search(asked));
    std::ranges::sort(found);
    return found;
  };
  EXPECT_EQ(with([](Query& q) { q.types = {"code"}; }), (Numbers{2}));
  EXPECT_EQ(with([](Query& q) { q.types = {"code", "documentation"}; }), (Numbers{1, 2, 3}));
  EXPECT_EQ(with([](Query& q) { q.types = {"nonesuch"}; }), (Numbers{}));
  EXPECT_EQ(with([](Query& q) { q.tags = {"x"}; }), (Numbers{2, 3}));
  EXPECT_EQ(with([](Query& q) { q.tags = {"x", "y"}; }), (Numbers{2}));
  EXPECT_EQ(with([](Query& q) { q.authors = {"bob"}; }), (Numbers{3}));
  EXPECT_EQ(with([](Query& q) { q.contexts = {key(1), key(3), key(99)}; }), (Numbers{1, 3}));
  EXPECT_EQ(with([](Query& q) { q.from = 1'700'000'002'000'000; }), (Numbers{2, 3}));
  EXPECT_EQ(with([](Query& q) { q.to = 1'700'000'002'000'000; }), (Numbers{1}));
  EXPECT_EQ(with([](Query& q) { q.from = 0, q.to = 2'000'000; }), (Numbers{1}));  // the passage's own time
  EXPECT_EQ(with([](Query& q) { q.tags = {"x"}, q.types = {"documentation"}, q.authors = {"ada"}; }), (Numbers{}));
  Query all;
  all.tags = {"x"};
  EXPECT_EQ(numbers(index->search(all)), (Numbers{3, 2}));
}

TEST_F(Search, ANewVersionReplacesTheOld) {
  open(true);
  add({document(1, "first", {"about dogs", "old text"}), document(2, "other", {"about cake"})});
  add({document(1, "second", {"about boats"})});
  EXPECT_EQ(index->count(), 2u);
  EXPECT_EQ(find("boats"), (Numbers{1}));
  EXPECT_TRUE(numbers(index->search([] {
                auto q = query("old text first");
                q.weights.embedding = 0;
                return q;
              }()))
                  .empty());
  // Of duplicates in a batch the last counts, and a removal comes before an upsert.
  index->apply({.upserts = {document(3, "a", {"early"}), document(3, "b", {"late"})},
                .removals = {key(3), key(2)},
                .position = 9});
  EXPECT_EQ(find("late"), (Numbers{3}));
  EXPECT_TRUE(find("early").empty());
  EXPECT_EQ(index->position(), 9u);
  EXPECT_EQ(index->stats().passages, 2u);
  EXPECT_TRUE(index->integrity_check().empty());
}

TEST_F(Search, SearchesSeeWhatWasJustApplied) {
  // Lists and columns are kept between searches and must follow every change.
  open(true);
  for (int i = 1; i <= 300; ++i) {
    add({document(i, "", {"common word " + std::to_string(i)})});
    if (i % 3 == 0) remove({key(i - 1)});
    auto asked = query("common");
    asked.limit = 100;
    EXPECT_EQ(index->search(asked).total, static_cast<std::uint32_t>(i - i / 3));
    EXPECT_EQ(find("\"word " + std::to_string(i) + "\""), (Numbers{i}));
  }
  EXPECT_TRUE(index->integrity_check().empty());
}

TEST_F(Search, PagesAreStableAndComplete) {
  open(true);
  std::vector<SearchDocument> documents;
  for (int i = 0; i < 57; ++i)
    documents.push_back(document(i, "", {"boat " + std::string(static_cast<std::size_t>(i % 7), 'x') + " lake"}));
  add(std::move(documents));
  auto asked = query("boat lake");
  asked.limit = 100;
  auto all = numbers(index->search(asked));
  ASSERT_EQ(all.size(), 57u);
  for (std::uint32_t limit : {1u, 7u, 20u, 57u}) {
    asked.limit = limit;
    asked.cursor.clear();
    Numbers paged;
    for (;;) {
      auto page = index->search(asked);
      EXPECT_EQ(page.total, 57u);
      auto some = numbers(page);
      paged.insert(paged.end(), some.begin(), some.end());
      if (page.next.empty()) break;
      asked.cursor = page.next;
    }
    EXPECT_EQ(paged, all);
  }
  asked.limit = 5;
  asked.cursor.clear();
  auto cursor = index->search(asked).next;
  for (auto bad :
       {cursor + "x", cursor + "99999999999", std::string("nonsense"), std::string("-5"), cursor.substr(1)}) {
    asked.cursor = bad;
    EXPECT_THROW(index->search(asked), base::Error) << bad;
  }
  auto other = query("boat");
  other.cursor = cursor;
  try {
    index->search(other);
    FAIL() << "a cursor of another query";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_argument);
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST_F(Search, MoreThanItRanks) {
  open();
  std::vector<SearchDocument> documents;
  for (int i = 0; i < 4500; ++i) documents.push_back(document(i, "", {i == 4321 ? "needle needle" : "needle hay"}));
  add(std::move(documents));
  auto result = index->search(query("needle"));
  EXPECT_EQ(result.total, max_ranked);
  EXPECT_TRUE(result.more);
  EXPECT_EQ(numbers(result)[0], 4321);
  EXPECT_EQ(numbers(result)[1], 4499);  // equal scores: the newest
  Query all;
  EXPECT_EQ(numbers(index->search(all))[0], 4499);
}

TEST_F(Search, HostileTextIsOnlyText) {
  open(true);
  add({document(1, "near", {"select * from words where body match 'x' AND OR NOT NEAR(a b) {title}: ^x*"})});
  std::string nul("or\0nul \0", 8);
  for (const auto& text :
       {std::string("AND OR NOT NEAR"), std::string("\"unclosed"), std::string("a* ^b {c d}: e - f + \"g\"\"h\""),
        std::string("'; DROP TABLE words; --"), std::string("NEAR(\"a b\", 5) OR (((("), nul,
        std::string("\xff\xfe\xc0\x80"), std::string("title:near"), std::string(1u << 20, '"'),
        std::string(1u << 20, '('), std::string(1u << 20, 'a'), std::string(1u << 20, '-')}) {
    auto asked = query(text);
    asked.explain = true;
    EXPECT_NO_THROW({
      auto result = index->search(asked);
      for (auto& hit : result.hits) expect_sum(hit.score);
    }) << text.substr(0, 50);
  }
  std::string big;
  while (big.size() < (1u << 20)) big += "word" + std::to_string(big.size()) + " \"a phrase here\" -x";
  EXPECT_FALSE(index->search(query(big)).notes.empty());
  // Hostile documents, too.
  auto evil = document(2, std::string("\xff title \0", 9),
                       {nul, std::string("\xed\xa0\x80 surrogate"), std::string(300'000, 'z')});
  evil.tags = {"",
               "a\x1f"
               "b",
               std::string(1000, 't')};
  evil.type = "";
  add({evil});
  EXPECT_EQ(find("surrogate"), (Numbers{2}));
  EXPECT_EQ(find("nul"), (Numbers{2}));
  for (auto& hit : index->search(query("surrogate")).hits) EXPECT_TRUE(ipld::valid_utf8(hit.snippet + hit.title));
  remove({key(2)});
  EXPECT_TRUE(find("surrogate").empty());
  EXPECT_TRUE(index->integrity_check().empty());
}

TEST_F(Search, ScriptsOfTheWorld) {
  open();
  add({document(1, "", {"我们选择了分布式数据库作为存储"}), document(2, "", {"東京タワーへ行きました in 2024"}),
       document(3, "", {"اخترنا قاعدة بيانات موزعة"}), document(4, "", {"Straße nach Köln 🚂 über Zürich"}),
       document(5, "", {"한국어로 검색합니다"}), document(6, "", {"हमने वितरित डेटाबेस चुना"})});
  EXPECT_EQ(find("数据库"), (Numbers{1}));
  EXPECT_EQ(find("\"分布式数据库\""), (Numbers{1}));
  EXPECT_EQ(find("\"数据库作为\" \"存储\""), (Numbers{1}));
  EXPECT_EQ(find("储"), (Numbers{1}));  // the last character of its run
  EXPECT_EQ(find("タワー"), (Numbers{2}));
  EXPECT_EQ(find("\"行きました in 2024\""), (Numbers{2}));
  EXPECT_EQ(find("بيانات"), (Numbers{3}));
  EXPECT_EQ(find("koln zurich"), (Numbers{4}));
  EXPECT_EQ(find("검색"), (Numbers{5}));
  EXPECT_EQ(find("डेटाबेस"), (Numbers{6}));
}

TEST_F(Search, ExplainedScoresAddUp) {
  open(true);
  auto talk =
      document(1, "The boat trip", {"We took the boat on the lake", "The boat engine failed", "bread for lunch"});
  talk.tags = {"boat"};
  add({talk, document(2, "Dogs", {"a puppy on a boat", "dog dog dog"}), document(3, "", {"vehicle engine"})});
  auto asked = query("boat engine trip november");
  asked.explain = true;
  asked.weights.recency = 0.2;
  auto result = index->search(asked);
  ASSERT_GE(result.hits.size(), 3u);
  for (const auto& hit : result.hits) {
    expect_sum(hit.score);
    EXPECT_TRUE(hit.score.cosine.has_value());
    EXPECT_LE(hit.score.bm25, hit.score.bm25_max + 1e-6);
    EXPECT_GT(hit.score.recency, 0);
  }
  const auto& first = result.hits[0];
  EXPECT_EQ(numbers(result)[0], 1);
  EXPECT_EQ(first.passage, 1u);
  auto term = std::ranges::find(first.score.terms, "boat", &TermScore::term);
  ASSERT_NE(term, first.score.terms.end());
  EXPECT_EQ(term->body, 1u);
  EXPECT_EQ(term->before, 1u);
  EXPECT_EQ(term->title, 1u);
  EXPECT_EQ(term->tags, 1u);
  EXPECT_EQ(term->rows, 4u);
  for (std::size_t i = 1; i < result.hits.size(); ++i)
    EXPECT_GE(result.hits[i - 1].score.fused, result.hits[i].score.fused);
  asked.explain = false;
  EXPECT_TRUE(index->search(asked).hits[0].score.terms.empty());
}

TEST_F(Search, MeaningFindsWhatWordsDoNot) {
  std::vector<SearchDocument> documents = {
      document(1, "", {"my vehicle needs repair"}), document(2, "", {"the puppy sleeps"}),
      document(3, "", {"fresh bread and cake"}), document(4, "", {"a river and a lake"})};
  open(true);
  add(documents);
  auto result = index->search(query("car"));
  ASSERT_FALSE(result.hits.empty());
  EXPECT_EQ(numbers(result)[0], 1);
  EXPECT_EQ(result.hits[0].score.bm25, 0);
  EXPECT_GT(*result.hits[0].score.cosine, 0.5);
  EXPECT_TRUE(result.notes.empty());
  EXPECT_EQ(index->stats().vectors, 4u);
  EXPECT_TRUE(find("zyzzyva").empty());

  open(false);
  add(documents);
  result = index->search(query("car"));
  EXPECT_TRUE(result.hits.empty());
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("embeddings"), std::string::npos);
  EXPECT_EQ(find("vehicle"), (Numbers{1}));
  EXPECT_FALSE(index->stats().embedding_problem.empty());
}

TEST_F(Search, VectorsOfTwoTablesAreNeverMixed) {
  test::TempDir folder;
  auto path = folder / "search.db";
  open(true, path);
  add({document(1, "", {"my vehicle"}), document(2, "", {"the puppy"})});
  auto first = index->stats().embedder;
  ASSERT_TRUE(first.starts_with("test@1#"));

  // Another table: ignored until the next batch, which renews all vectors.
  auto other = test::word_table_bytes(
      {{"car", {1, 0, 0, 0, 0}}, {"vehicle", {9, 1, 0, 0, 0}}, {"puppy", {0, 0, 0, 9, 1}}}, "test@2");
  index = std::make_unique<SearchIndex>(IndexOptions{.path = path, .store = "store", .words = test::loader_of(other)});
  auto result = index->search(query("car"));
  EXPECT_TRUE(result.hits.empty());
  ASSERT_EQ(result.notes.size(), 1u);
  add({document(3, "", {"plain words"})});
  EXPECT_EQ(find("car"), (Numbers{1}));
  EXPECT_TRUE(index->stats().embedder.starts_with("test@2#"));
  EXPECT_EQ(index->stats().vectors, 2u);

  // Without a table batches leave gaps, which the table's return fills.
  open(false, path);
  add({document(4, "", {"a second puppy"})});
  open(true, path);
  add({});
  add({document(5, "", {"unrelated"})});
  EXPECT_EQ(index->stats().embedder, first);
  EXPECT_EQ(index->stats().vectors, 3u);
  auto dogs = find("dog");
  std::ranges::sort(dogs);
  EXPECT_EQ(dogs, (Numbers{2, 4}));
  EXPECT_TRUE(index->integrity_check().empty());
}

TEST_F(Search, ABadWordTableIsNamedAndDoneWithout) {
  IndexOptions options{.path = ":memory:", .words = test::loader_of(base::to_bytes(std::string_view("garbage")))};
  SearchIndex broken(options);
  broken.apply({.upserts = {document(1, "", {"some words"})}, .position = 1});
  auto result = broken.search(query("words"));
  EXPECT_EQ(numbers(result), (Numbers{1}));
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("not a word table"), std::string::npos);
}

TEST_F(Search, ARebuiltIndexAnswersTheSame) {
  const std::vector<std::string> words = {"car",  "dog",   "river", "boat",  "alpha",
                                          "beta", "gamma", "bread", "delta", "lake"};
  auto text = [&](int seed) {
    std::string made;
    for (int i = 0; i < 12; ++i)
      made += words[static_cast<std::size_t>(seed * 7 + i * i * 3 + seed * i) % words.size()] + " ";
    return made;
  };
  auto version = [&](int number, int generation) {
    return document(number, words[static_cast<std::size_t>(number + generation) % 10],
                    {text(number + generation), text(number * 3 + generation), text(number + 5)});
  };
  open(true);
  for (int generation = 0; generation < 4; ++generation)
    for (int i = 0; i < 40; ++i) add({version(i, generation)});
  remove({key(7), key(8)});
  auto changed = std::move(index);
  open(true);
  std::vector<SearchDocument> all;
  for (int i = 0; i < 40; ++i)
    if (i != 7 && i != 8) all.push_back(version(i, 3));
  add(all);
  for (const auto& asked : {"car boat", "alpha", "\"river boat\"", "puppy", "gamma -dog"}) {
    auto full = query(asked);
    full.limit = 100;
    auto a = changed->search(full), b = index->search(full);
    EXPECT_EQ(numbers(a), numbers(b)) << asked;
    for (std::size_t i = 0; i < a.hits.size(); ++i) EXPECT_NEAR(a.hits[i].score.fused, b.hits[i].score.fused, 1e-4);
  }
  changed->clear();
  EXPECT_EQ(changed->position(), 0u);
  EXPECT_EQ(changed->count(), 0u);
  EXPECT_TRUE(changed->search(query("car")).hits.empty());
  changed->apply({.upserts = all, .position = 5});
  EXPECT_EQ(numbers(changed->search(query("car boat"))), numbers(index->search(query("car boat"))));
  EXPECT_TRUE(changed->integrity_check().empty());
}

bool file_holds(const std::string& path, std::string_view needle) {
  for (const char* suffix : {"", "-wal"}) {
    auto bytes = test::slurp_text(path + suffix);
    if (bytes.find(needle) != std::string::npos) return true;
  }
  return false;
}

TEST_F(Search, ScrubbedTextIsNowhereInTheFile) {
  test::TempDir folder;
  auto path = folder / "search.db";
  open(true, path);
  std::vector<SearchDocument> documents;
  for (int i = 0; i < 500; ++i) documents.push_back(document(i, "t", {"ordinary text number " + std::to_string(i)}));
  auto secret = document(1000, "Wombatium report", {"The xylocopter is hidden", "in the quagmirium vault"});
  secret.author = "Zebulonia";
  secret.tags = {"kryptonish"};
  secret.type = "obfuscatory";
  secret.manifest = "bafyunmistakable";
  secret.passages[0].speaker = "Melchiora";
  documents.insert(documents.begin() + 250, secret);
  add(std::move(documents));
  for (int i = 500; i < 600; ++i) add({document(i, "t", {"later text number " + std::to_string(i)})});
  const std::vector<std::string> traces = {"Wombatium",  "wombat",   "xylocopt",   "quagmir",  "Zebulon",
                                           "kryptonish", "obfuscat", "bafyunmist", "Melchior", "melchior"};
  for (const auto& trace : traces) ASSERT_TRUE(file_holds(path, trace)) << trace;
  remove({key(1000)});
  index->scrub();
  for (const auto& trace : traces) EXPECT_FALSE(file_holds(path, trace)) << trace;
  EXPECT_EQ(find("ordinary").size(), 10u);
  EXPECT_TRUE(index->integrity_check().empty());

  // A replaced version, and the only context of an index.
  add({document(1, "t", {"replaced zanzibarish words"})});
  add({document(1, "t", {"new words"})});
  index->scrub();
  EXPECT_FALSE(file_holds(path, "zanzibar"));
  SearchIndex lonely({.path = folder / "lonely.db"});
  lonely.apply({.upserts = {secret}, .position = 1});
  lonely.apply({.removals = {secret.context}, .position = 2});
  lonely.scrub();
  for (const auto& trace : traces) EXPECT_FALSE(file_holds(folder / "lonely.db", trace)) << trace;
}

TEST_F(Search, ReopensWhereItWas) {
  test::TempDir folder;
  auto path = folder / "search.db";
  open(true, path);
  add({document(1, "", {"kept words"})});
  index->apply({.position = 77});
  open(true, path);
  EXPECT_EQ(index->position(), 77u);
  EXPECT_EQ(find("kept"), (Numbers{1}));
  // Another store's index, or one of another version, is emptied.
  index.reset();
  SearchIndex foreign({.path = path, .store = "another"});
  EXPECT_EQ(foreign.position(), 0u);
  EXPECT_EQ(foreign.count(), 0u);
}

TEST_F(Search, DamageIsReported) {
  test::TempDir folder;
  auto path = folder / "search.db";
  {
    std::ofstream(path) << std::string(10'000, 'x');
    try {
      SearchIndex damaged({.path = path});
      FAIL() << "no database";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), Errc::corrupt);
      EXPECT_FALSE(error.hint().empty());
    }
    SearchIndex::destroy(path);
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  {
    sql::Connection other(path, "other");
    other.run("CREATE TABLE precious(x)");
  }
  EXPECT_THROW(SearchIndex({.path = path}), base::Error);
  EXPECT_TRUE(std::filesystem::exists(path));  // somebody else's data is not ours to empty
  EXPECT_THROW(SearchIndex({.path = folder / "absent" + "/search.db"}), base::Error);
}

TEST_F(Search, SearchesRunBesideBatches) {
  test::TempDir folder;
  open(true, folder / "search.db");
  add({document(0, "", {"boat anchor"})});
  std::atomic<bool> stop = false;
  std::atomic<int> searches = 0;
  auto look = [&] {
    while (!stop) {
      auto result = index->search(query("boat"));
      ASSERT_FALSE(result.hits.empty());
      ASSERT_GE(result.total, 1u);
      ++searches;
    }
  };
  std::thread first(look), second(look);
  for (int i = 1; i <= 60; ++i) {
    add({document(i, "", {"boat number " + std::to_string(i)})});
    if (i % 5 == 0) remove({key(i)});
    if (i == 30) index->scrub();
  }
  while (searches < 20) std::this_thread::yield();
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(index->count(), 49u);
  EXPECT_TRUE(index->integrity_check().empty());
}

}  // namespace
}  // namespace openmcp::context::search
