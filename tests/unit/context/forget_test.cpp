// After forgetting, nothing gives the content back: not the store, not the catalog, not the search index, not a file.
#include <filesystem>

#include "context/search/index.hpp"
#include "fixture.hpp"

namespace openmcp::context::test {
namespace {

using base::Errc;

/// Files below `directory` in which `needle` occurs.
std::vector<std::string> files_with(const std::string& directory, const std::string& needle) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (text.find(needle) != std::string::npos) out.push_back(entry.path().filename().string());
  }
  return out;
}

class Forget : public ::testing::Test {
protected:
  WorkspaceFixture f{Kind::local};
  void forget(const ContextId& id, bool collect = true) {
    f.wait(f.ws().forget({.ids = {id}, .reason = "her wish", .collect = collect}));
  }
};

TEST_F(Forget, TakesEverythingOutOfTheViews) {
  auto request = text_request("zebrasecret in the body");
  request.title = "zebratitle";
  request.tags = {"zebratag"};
  request.metadata = R"({"zebrakey":"zebravalue"})";
  request.author = "zebraauthor";
  request.source = "zebra/path.txt";
  auto first = f.commit(request);
  request.content = base::SharedBytes(base::to_bytes("zebrasecret again"));
  request.id = first.id;
  request.source.reset();
  auto second = f.commit(request);
  auto other = f.commit(text_request("stays"));
  f.wait(f.ws().catch_up());

  auto report = f.wait(f.ws().forget({.ids = {first.id}, .reason = "her wish", .collect = true}));
  EXPECT_EQ(report.forgotten, std::vector<ContextId>{first.id});
  EXPECT_EQ(report.versions, 2u);
  EXPECT_GE(report.blocks_removed, 6u);  // two contents, manifests, attestations
  auto error = error_of([&] { f.get(first.id); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_NE(error.message().find("her wish"), std::string::npos);
  EXPECT_NE(error.message().find("forgotten on 20"), std::string::npos);
  for (const auto& cid : {first.content, first.version, first.attestation, second.content, second.version})
    EXPECT_FALSE(f.wait(f.store().has(cid)));
  EXPECT_TRUE(f.wait(f.ws().tags()).empty());
  search::Query query;
  query.text = "zebrasecret";
  EXPECT_TRUE(f.wait(f.ws().search(query)).hits.empty());
  auto list = f.wait(f.ws().list({}));
  ASSERT_EQ(list.contexts.size(), 1u);
  EXPECT_EQ(list.contexts[0].id, other.id);
  auto status = f.wait(f.ws().status());
  EXPECT_EQ(status.contexts, 1u);
  EXPECT_EQ(status.forgotten, 1u);
  for (auto name : {"workspace.db", "workspace.db-wal", "search.db", "search.db-wal"})
    for (auto& found : files_with(f.home(""), "zebra")) EXPECT_NE(found, name);

  f.reopen();
  EXPECT_EQ(error_of([&] { f.get(first.id); }).code(), Errc::not_found);
  EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
  f.wait(f.ws().rebuild({}));
  EXPECT_EQ(f.wait(f.ws().status()).forgotten, 1u);
}

TEST_F(Forget, KeepsWhatOthersUse) {
  auto a = f.commit(text_request("shared")), b = f.commit(text_request("shared"));
  EXPECT_EQ(a.content, b.content);
  forget(a.id);
  EXPECT_EQ(f.text_of(b.version), "shared");
  forget(b.id);
  EXPECT_FALSE(f.wait(f.store().has(a.content)));
}

TEST_F(Forget, IsFinal) {
  auto path = f.write("a.txt", "one");
  auto first = f.commit(file_request(path));
  forget(first.id);
  auto request = text_request("more");
  request.id = first.id;
  EXPECT_EQ(error_of([&] { f.commit(request); }).code(), Errc::not_found);
  request.id.reset();
  request.new_id = first.id;
  EXPECT_EQ(error_of([&] { f.commit(request); }).code(), Errc::already_exists);
  // Its file begins a new context.
  auto anew = f.commit(file_request(path));
  EXPECT_NE(anew.id, first.id);
  EXPECT_EQ(anew.number, 1u);
  // Twice is the same as once.
  auto report = f.wait(f.ws().forget({.ids = {first.id}, .reason = "", .collect = true}));
  EXPECT_TRUE(report.forgotten.empty());
}

TEST_F(Forget, FollowsACommitThatTheCatalogDoesNotHaveYet) {
  // Commit and tombstone wait for the catalog together; what was remembered of the file must go with both of them.
  auto path = f.write("a.txt", "one");
  for (int i = 0; i < 3; ++i) {
    auto first = f.commit(file_request(path));
    forget(first.id);
    f.wait(f.ws().catch_up());
    auto anew = f.commit(file_request(path));
    EXPECT_NE(anew.id, first.id);
    forget(anew.id);
  }
}

TEST_F(Forget, AWrongIdForgetsNothing) {
  auto a = f.commit(text_request("a"));
  auto wrong = *ContextId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  auto error = error_of([&] { f.wait(f.ws().forget({.ids = {a.id, wrong}, .reason = "", .collect = false})); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_EQ(f.get(a.id).versions, 1u);
}

TEST_F(Forget, Many) {
  std::vector<ContextId> ids;
  for (int i = 0; i < 600; ++i) ids.push_back(f.commit(text_request("text " + std::to_string(i))).id);
  auto kept = f.commit(text_request("kept"));
  auto report = f.wait(f.ws().forget({.ids = ids, .reason = "", .collect = true}));
  EXPECT_EQ(report.forgotten.size(), 600u);
  EXPECT_EQ(f.wait(f.ws().status()).contexts, 1u);
  EXPECT_EQ(f.text_of(kept.version), "kept");
}

}  // namespace
}  // namespace openmcp::context::test
