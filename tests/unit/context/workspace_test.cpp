// The life of contexts: commit, read, list, edit, restore, merge, over both stores.
#include "context/workspace.hpp"

#include "base/sync.hpp"
#include "context/attestation.hpp"
#include "context/search/index.hpp"
#include "fixture.hpp"

namespace openmcp::context::test {
namespace {

using base::Errc;

class WorkspaceTest : public ::testing::TestWithParam<Kind> {
protected:
  WorkspaceFixture f{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Stores, WorkspaceTest, ::testing::Values(Kind::memory, Kind::local),
                         [](const auto& info) { return info.param == Kind::memory ? "memory" : "local"; });

TEST_P(WorkspaceTest, CommitsAndReadsBack) {
  auto request = text_request("# Foxes\nThey are quick.");
  request.tags = {"b", "a", "a"};
  request.metadata = R"({"project":"zoo"})";
  request.message = "first";
  auto result = f.commit(request);
  EXPECT_TRUE(result.created);
  EXPECT_FALSE(result.unchanged);
  EXPECT_EQ(result.number, 1u);
  EXPECT_EQ(result.title, "Foxes");
  EXPECT_EQ(result.type, "other");
  auto view = f.get(result.id);
  EXPECT_EQ(view.current.cid, result.version);
  EXPECT_EQ(view.current.manifest.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(view.current.manifest.metadata, R"({"project":"zoo"})");
  EXPECT_EQ(view.current.manifest.author.name, "ada");
  EXPECT_EQ(view.current.manifest.media_type, "text/plain; charset=utf-8");
  EXPECT_EQ(view.current.proof, Proof::valid);
  EXPECT_EQ(view.current.key, *view.current.manifest.author.key);
  EXPECT_TRUE(view.current.head);
  EXPECT_EQ(view.heads, std::vector<ipld::Cid>{result.version});
  EXPECT_EQ(f.text_of(result.version), "# Foxes\nThey are quick.");
  // The raw CID holds the content hash.
  EXPECT_TRUE(base::equal(result.content.hash().digest(), view.current.manifest.content_hash));
}

TEST_P(WorkspaceTest, SurvivesReopening) {
  auto first = f.commit(text_request("one"));
  auto request = text_request("two");
  request.id = first.id;
  auto second = f.commit(request);
  if (GetParam() == Kind::memory) return;
  f.reopen();
  auto view = f.get(first.id);
  EXPECT_EQ(view.versions, 2u);
  EXPECT_EQ(view.current.cid, second.version);
  EXPECT_EQ(f.text_of(second.version), "two");
  EXPECT_EQ(f.text_of(first.version), "one");
}

TEST_P(WorkspaceTest, ContentsThatHurt) {
  std::string large(3u << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>(i / 1000);
  for (const auto& text : {std::string(), std::string(1, '\0'), std::string("\xff\xfe"), std::string(1u << 20, 'a'),
                           std::string((1u << 20) + 1, 'a'), large}) {
    auto result = f.commit(text_request(text));
    EXPECT_EQ(result.size, text.size());
    EXPECT_EQ(f.text_of(result.version), text);
    auto manifest = f.get(result.id).current.manifest;
    EXPECT_EQ(manifest.content_hash, crypto::sha256(base::as_bytes(text)));
  }
  EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
}

TEST_P(WorkspaceTest, FilesBecomeVersionsOfOneContext) {
  auto path = f.write("docs/a.md", "one");
  auto first = f.commit(file_request(path));
  EXPECT_EQ(first.title, "a.md");
  EXPECT_EQ(first.type, "documentation");
  auto again = f.commit(file_request(path));
  EXPECT_TRUE(again.unchanged);
  EXPECT_EQ(again.version, first.version);
  f.write("docs/a.md", "two");
  auto second = f.commit(file_request(path));
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.number, 2u);
  EXPECT_FALSE(second.created);
  auto other = file_request(path);
  other.new_context = true;
  auto third = f.commit(other);
  EXPECT_NE(third.id, first.id);
  // The newest context of a source is the one that goes on.
  f.write("docs/a.md", "three");
  EXPECT_EQ(f.commit(file_request(path)).id, third.id);
}

TEST_P(WorkspaceTest, UnchangedLooksAtEverythingButTheMessage) {
  auto request = text_request("one");
  request.tags = {"x"};
  auto first = f.commit(request);
  request.id = first.id;
  request.message = "again";
  EXPECT_TRUE(f.commit(request).unchanged);
  request.tags = {"x", "y"};
  EXPECT_FALSE(f.commit(request).unchanged);
  request.metadata = R"({"a":1})";
  EXPECT_FALSE(f.commit(request).unchanged);
  request.title = "other";
  EXPECT_FALSE(f.commit(request).unchanged);
  request.type = "decision";
  EXPECT_FALSE(f.commit(request).unchanged);
  auto bare = text_request("one");
  bare.id = first.id;
  EXPECT_TRUE(f.commit(bare).unchanged);  // fields that are not given are kept
  EXPECT_EQ(f.get(first.id).versions, 5u);
}

TEST_P(WorkspaceTest, ExpectedParents) {
  auto first = f.commit(text_request("one"));
  auto request = text_request("two");
  request.id = first.id;
  request.expected_parents = {first.version};
  auto second = f.commit(request);
  auto late = text_request("late");
  late.id = first.id;
  late.expected_parents = {first.version};
  auto error = error_of([&] { f.commit(late); });
  EXPECT_EQ(error.code(), Errc::conflict);
  EXPECT_NE(error.message().find(second.version.text()), std::string::npos);
  EXPECT_FALSE(error.hint().empty());
  EXPECT_EQ(f.get(first.id).versions, 2u);
  auto absent = text_request("x");
  absent.expected_parents.emplace();
  EXPECT_TRUE(f.commit(absent).created);
  absent.id = first.id;
  EXPECT_EQ(error_of([&] { f.commit(absent); }).code(), Errc::conflict);
}

TEST_P(WorkspaceTest, WritersOfOneContextFollowOneAnother) {
  auto first = f.commit(text_request("start"));
  auto task = [](Workspace& ws, base::Env& env, ContextId id) -> base::Task<void> {
    base::TaskGroup group(env);
    for (int i = 0; i < 20; ++i) {
      auto request = text_request("text " + std::to_string(i));
      request.id = id;
      auto one = [](Workspace& workspace, CommitRequest r) -> base::Task<void> {
        co_await workspace.commit(std::move(r));
      };
      group.spawn(one(ws, std::move(request)));
    }
    co_await group.join();
  };
  f.wait(task(f.ws(), f.env, first.id));
  auto history = f.wait(f.ws().history(first.id));
  ASSERT_EQ(history.size(), 21u);
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(history[i].number, 21 - i);
    EXPECT_EQ(history[i].proof, Proof::valid);
    if (i + 1 < history.size()) EXPECT_EQ(history[i].manifest.parents, std::vector<ipld::Cid>{history[i + 1].cid});
  }
  EXPECT_TRUE(history[0].head);
  EXPECT_FALSE(history[1].head);
}

TEST_P(WorkspaceTest, TheSameNewFileTwiceAtOnceIsOneContext) {
  auto path = f.write("a.txt", "x");
  auto task = [](Workspace& ws, base::Env& env, std::string file, std::set<ContextId>& ids) -> base::Task<void> {
    base::TaskGroup group(env);
    for (int i = 0; i < 8; ++i) {
      auto one = [](Workspace& workspace, std::string name, std::set<ContextId>& into) -> base::Task<void> {
        auto result = co_await workspace.commit(file_request(name));
        into.insert(result.id);
      };
      group.spawn(one(ws, file, ids));
    }
    co_await group.join();
  };
  std::set<ContextId> ids;
  f.wait(task(f.ws(), f.env, path, ids));
  EXPECT_EQ(ids.size(), 1u);
}

TEST_P(WorkspaceTest, EditsTagsAndRelations) {
  auto a = f.commit(text_request("a")), b = f.commit(text_request("b"));
  EditRequest edit{.id = a.id,
                   .add_tags = {"new", "x"},
                   .remove_tags = {},
                   .add_relations = {{"refines", b.id}},
                   .remove_relations = {},
                   .title = {},
                   .type = {},
                   .metadata = {},
                   .expected_parents = {},
                   .author = {},
                   .message = {}};
  auto result = f.wait(f.ws().edit(edit));
  EXPECT_EQ(result.number, 2u);
  EXPECT_EQ(result.content, a.content);
  EXPECT_TRUE(f.wait(f.ws().edit(edit)).unchanged);
  auto incoming = f.get(b.id).incoming;
  ASSERT_EQ(incoming.size(), 1u);
  EXPECT_EQ(incoming[0], (Relation{"refines", a.id}));
  EditRequest undo{.id = a.id,
                   .add_tags = {},
                   .remove_tags = {"x"},
                   .add_relations = {},
                   .remove_relations = {{"refines", b.id}},
                   .title = {},
                   .type = {},
                   .metadata = {},
                   .expected_parents = {},
                   .author = {},
                   .message = {}};
  f.wait(f.ws().edit(undo));
  EXPECT_TRUE(f.get(b.id).incoming.empty());
  EXPECT_EQ(f.get(a.id).current.manifest.tags, std::vector<std::string>{"new"});
  auto tags = f.wait(f.ws().tags());
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0].tag, "new");
}

TEST_P(WorkspaceTest, Restores) {
  auto request = text_request("old");
  request.title = "first title";
  request.tags = {"kept"};
  auto first = f.commit(request);
  request = text_request("new");
  request.id = first.id;
  request.title = "second title";
  request.tags = {"kept", "later"};
  auto second = f.commit(request);
  RestoreRequest restore{.id = first.id, .version = first.version, .expected_parents = {}, .author = {}, .message = {}};
  auto third = f.wait(f.ws().restore(restore));
  EXPECT_EQ(third.number, 3u);
  EXPECT_EQ(third.content, first.content);
  auto now = f.get(first.id).current.manifest;
  EXPECT_EQ(now.title, "first title");
  EXPECT_EQ(now.message, "restore v1");
  EXPECT_EQ(now.tags, (std::vector<std::string>{"kept", "later"}));
  EXPECT_EQ(now.parents, std::vector<ipld::Cid>{second.version});
  auto other = f.commit(text_request("another context"));
  restore.version = other.version;
  EXPECT_EQ(error_of([&] { f.wait(f.ws().restore(restore)); }).code(), Errc::not_found);
}

TEST_P(WorkspaceTest, DiffsTwoVersions) {
  auto first = f.commit(text_request("one\ntwo\n"));
  auto request = text_request("one\n2\n");
  request.id = first.id;
  request.tags = {"t"};
  auto second = f.commit(request);
  auto diff = f.wait(f.ws().diff(first.version, second.version, {}));
  EXPECT_FALSE(diff.content_equal);
  EXPECT_FALSE(diff.binary);
  EXPECT_EQ(diff.text.added, 1u);
  EXPECT_EQ(diff.text.removed, 1u);
  EXPECT_EQ(diff.fields.tags_added, std::vector<std::string>{"t"});
  request.content = base::SharedBytes(base::Bytes{0xff, 0});
  auto third = f.commit(request);
  diff = f.wait(f.ws().diff(second.version, third.version, {}));
  EXPECT_TRUE(diff.binary);
  EXPECT_FALSE(diff.why_binary.empty());
  diff = f.wait(f.ws().diff(third.version, third.version, {}));
  EXPECT_TRUE(diff.content_equal);
  EXPECT_TRUE(diff.fields.empty());
}

TEST_P(WorkspaceTest, Resolves) {
  auto path = f.write("docs/readme.md", "text");
  auto first = f.commit(file_request(path));
  f.write("docs/readme.md", "text 2");
  auto second = f.commit(file_request(path));
  auto named = text_request("x");
  named.title = "A title@3";
  auto other = f.commit(named);
  auto resolve = [&](const std::string& text) { return f.wait(f.ws().resolve(text)); };
  auto id = first.id.text();
  EXPECT_EQ(resolve(id).id, first.id);
  EXPECT_EQ(resolve(id).version, std::nullopt);
  EXPECT_EQ(resolve(id + "@v1").version, first.version);
  EXPECT_EQ(resolve(id + "@2").version, second.version);
  EXPECT_EQ(resolve(id + "~1").version, first.version);
  EXPECT_EQ(resolve(id + "~0").version, second.version);
  EXPECT_EQ(resolve(id + "@" + first.version.text()).version, first.version);
  EXPECT_EQ(resolve(first.version.text()).version, first.version);
  EXPECT_EQ(resolve(first.attestation.text()).version, first.version);
  EXPECT_EQ(resolve("docs/readme.md").id, first.id);
  EXPECT_EQ(resolve("docs/readme.md~").version, first.version);
  EXPECT_EQ(resolve(path).id, first.id);
  EXPECT_EQ(resolve("A title@3").id, other.id);
  EXPECT_EQ(resolve("readme.md").id, first.id);
  EXPECT_EQ(resolve(id.substr(0, 8) + id.substr(8, 28)).id, first.id);
  for (auto text : {id + "@v3", id + "~2", id + "@0"})
    EXPECT_EQ(error_of([&] { resolve(text); }).code(), Errc::not_found) << text;
  for (auto text : {std::string("nothing"), std::string(""), std::string("@v1"), std::string("ffff")})
    EXPECT_EQ(error_of([&] { resolve(text); }).code(), Errc::not_found) << text;
  // Ids of one moment begin alike.
  auto error = error_of([&] { resolve(id.substr(0, 4)); });
  EXPECT_EQ(error.code(), Errc::invalid_argument);
  EXPECT_NE(error.message().find(id), std::string::npos);
  auto twin = text_request("y");
  twin.title = "A title@3";
  f.commit(twin);
  EXPECT_EQ(error_of([&] { resolve("A title@3"); }).code(), Errc::invalid_argument);
}

TEST_P(WorkspaceTest, ListsWithFiltersAndPages) {
  std::vector<ContextId> ids;
  for (int i = 0; i < 25; ++i) {
    auto request = text_request("text " + std::to_string(i));
    request.type = i % 2 ? "code" : "decision";
    request.tags = {i % 3 ? "three" : "none", "all"};
    request.author = i < 10 ? "ada" : "ben";
    request.time = 1000 + i / 2;  // equal times, too
    ids.push_back(f.commit(request).id);
  }
  ListRequest request;
  request.limit = 7;
  std::vector<ContextId> seen;
  std::int64_t last = INT64_MAX;
  do {
    auto page = f.wait(f.ws().list(request));
    EXPECT_LE(page.contexts.size(), 7u);
    for (const auto& context : page.contexts) {
      seen.push_back(context.id);
      EXPECT_LE(context.changed, last);
      last = context.changed;
      EXPECT_EQ(context.tags.size(), 2u);
    }
    request.cursor = page.next;
    // New ones come before the place where we are.
    f.commit(text_request("meanwhile " + std::to_string(seen.size())));
  } while (!request.cursor.empty());
  EXPECT_EQ(seen.size(), ids.size());
  EXPECT_EQ(std::set<ContextId>(seen.begin(), seen.end()).size(), ids.size());

  auto count = [&](auto change) {
    ListRequest filter;
    filter.until = 5000;
    filter.limit = 1000;
    change(filter);
    return f.wait(f.ws().list(filter)).contexts.size();
  };
  EXPECT_EQ(count([](ListRequest&) {}), 25u);
  EXPECT_EQ(count([](ListRequest& r) { r.types = {"code"}; }), 12u);
  EXPECT_EQ(count([](ListRequest& r) { r.types = {"code", "decision"}; }), 25u);
  EXPECT_EQ(count([](ListRequest& r) { r.tags_all = {"all", "three"}; }), 16u);
  EXPECT_EQ(count([](ListRequest& r) { r.tags_any = {"none", "missing"}; }), 9u);
  EXPECT_EQ(count([](ListRequest& r) { r.author = "ada"; }), 10u);
  EXPECT_EQ(count([](ListRequest& r) { r.since = 1005; }), 15u);
  EXPECT_EQ(count([](ListRequest& r) { r.until = 1005; }), 10u);
  EXPECT_EQ(count([](ListRequest& r) { r.diverged = true; }), 0u);
  EXPECT_EQ(count([](ListRequest& r) { r.source_prefix = "x"; }), 0u);
  ListRequest bad;
  bad.cursor = "nonsense";
  EXPECT_EQ(error_of([&] { f.wait(f.ws().list(bad)); }).code(), Errc::invalid_argument);
}

TEST_P(WorkspaceTest, ConversationsAreCheckedAndKeptVerbatim) {
  auto request = text_request(
      "{\"role\":\"user\",\"content\":\"where is the fox?\"}\n{\"role\":\"assistant\",\"content\":\"gone\"}\n");
  request.conversation = true;
  auto result = f.commit(request);
  EXPECT_EQ(result.type, "conversation");
  EXPECT_EQ(result.title, "where is the fox?");
  EXPECT_EQ(f.text_of(result.version), std::string(base::as_text(std::get<base::SharedBytes>(request.content))));
  auto path = f.write("talk.jsonl", "{\"role\":\"user\",\"content\":\"hi\"}\nbroken\n");
  auto broken = file_request(path);
  broken.conversation = true;
  auto error = error_of([&] { f.commit(broken); });
  EXPECT_EQ(error.code(), Errc::invalid_argument);
  EXPECT_NE(error.message().find("line 2"), std::string::npos);
}

TEST_P(WorkspaceTest, OtherContents) {
  // A stream of unknown length.
  int pieces = 0;
  CommitRequest stream;
  stream.content = StreamContent{.read = [&pieces](base::MutableBytes into) -> base::Task<std::size_t> {
    if (++pieces > 3) co_return 0;
    std::fill(into.begin(), into.begin() + 1000, 'a');
    co_return 1000;
  }};
  auto result = f.commit(std::move(stream));
  EXPECT_EQ(f.text_of(result.version), std::string(3000, 'a'));
  // What is in the store already.
  CommitRequest stored;
  stored.content = StoredContent{.cid = result.content};
  stored.title = "again";
  auto again = f.commit(stored);
  EXPECT_EQ(again.content, result.content);
  EXPECT_EQ(again.size, 3000u);
  stored.content =
      StoredContent{.cid = ipld::make_block(ipld::Codec::raw, base::SharedBytes(base::to_bytes("none"))).cid};
  EXPECT_EQ(error_of([&] { f.commit(stored); }).code(), Errc::not_found);
  // Nothing at all.
  EXPECT_EQ(error_of([&] { f.commit({}); }).code(), Errc::invalid_argument);
  auto missing = file_request(f.file("missing"));
  EXPECT_EQ(error_of([&] { f.commit(missing); }).code(), Errc::not_found);
  std::filesystem::create_directories(f.file("dir"));
  EXPECT_EQ(error_of([&] { f.commit(file_request(f.file("dir"))); }).code(), Errc::invalid_argument);
}

TEST_P(WorkspaceTest, ADirectoryAsOneTree) {
  f.write("tree/a.txt", "aaa");
  f.write("tree/sub/b.txt", std::string(2u << 20, 'b'));
  f.write("tree/.hidden", "x");
  CommitRequest request;
  request.content = DirectoryContent{.path = f.file("tree"), .hidden = false};
  auto result = f.commit(std::move(request));
  EXPECT_EQ(result.title, "tree");
  EXPECT_EQ(result.size, 3 + (2u << 20));
  EXPECT_EQ(f.get(result.id).current.manifest.media_type, "inode/directory");
  EXPECT_EQ(error_of([&] { f.text_of(result.version); }).code(), Errc::unsupported);
  EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
  CommitRequest again;
  again.content = StoredContent{.cid = result.content};
  EXPECT_EQ(f.commit(std::move(again)).size, result.size);
}

TEST_P(WorkspaceTest, BadRequestsAreRefusedBeforeAnythingIsRead) {
  auto request = text_request("x");
  request.metadata = "[1]";
  EXPECT_EQ(error_of([&] { f.commit(request); }).code(), Errc::invalid_argument);
  request = text_request("x");
  request.title = std::string(kMaxTitle + 1, 'x');
  EXPECT_EQ(error_of([&] { f.commit(request); }).code(), Errc::too_large);
  request = text_request("x");
  request.id = *ContextId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(error_of([&] { f.commit(request); }).code(), Errc::not_found);
  request.new_id = request.id;
  EXPECT_EQ(error_of([&] { f.commit(request); }).code(), Errc::invalid_argument);
  request.id.reset();
  auto made = f.commit(request);
  EXPECT_EQ(made.id, *request.new_id);
  EXPECT_EQ(error_of([&] { f.commit(request); }).code(), Errc::already_exists);
  EXPECT_EQ(f.wait(f.ws().status()).contexts, 1u);
}

TEST_P(WorkspaceTest, StatusCounts) {
  auto a = f.commit(text_request("four"));
  auto request = text_request("fives");
  request.id = a.id;
  f.commit(request);
  request = text_request("x");
  request.type = "code";
  f.commit(request);
  f.wait(f.ws().catch_up());
  auto status = f.wait(f.ws().status());
  EXPECT_EQ(status.contexts, 2u);
  EXPECT_EQ(status.versions, 3u);
  EXPECT_EQ(status.content_bytes, 6u);
  EXPECT_EQ(status.by_type, (std::map<std::string, std::uint64_t>{{"code", 1}, {"other", 1}}));
  EXPECT_EQ(status.indexed, 2u);
  EXPECT_EQ(status.to_index, 0u);
  EXPECT_EQ(status.pins, 2u);
  EXPECT_EQ(status.catalog_position, status.store_position);
  EXPECT_EQ(status.search_position, status.store_position);
}

TEST_P(WorkspaceTest, SearchSeesWhatWasCommitted) {
  auto first = text_request("the quick brown fox");
  first.title = "animal";  // else its first line is the title, and stays
  auto fox = f.commit(first);
  f.commit(text_request("a lazy dog"));
  search::Query query;
  query.text = "fox";
  auto found = f.wait(f.ws().search(query));
  ASSERT_EQ(found.hits.size(), 1u);
  EXPECT_EQ(found.hits[0].context, fox.id.array());
  EXPECT_EQ(found.hits[0].manifest, fox.version.text());
  auto request = text_request("now about a wolf");
  request.id = fox.id;
  f.commit(request);
  EXPECT_TRUE(f.wait(f.ws().search(query)).hits.empty());
  query.text = "wolf";
  EXPECT_EQ(f.wait(f.ws().search(query)).hits.size(), 1u);
}

TEST_P(WorkspaceTest, AClosedWorkspaceSaysSo) {
  auto result = f.commit(text_request("x"));
  f.wait(f.ws().close());
  EXPECT_EQ(error_of([&] { f.get(result.id); }).code(), Errc::cancelled);
  EXPECT_EQ(error_of([&] { f.commit(text_request("y")); }).code(), Errc::cancelled);
}

}  // namespace
}  // namespace openmcp::context::test
