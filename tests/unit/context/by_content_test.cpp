// Contexts by the hash of their content: the original's key.
#include <sqlite3.h>

#include "context/catalog.hpp"
#include "context/catalog_schema.hpp"
#include "context/sql.hpp"
#include "crypto/hash.hpp"
#include "fixture.hpp"

namespace openmcp::context::test {
namespace {

class ByContent : public ::testing::TestWithParam<Kind> {
protected:
  WorkspaceFixture f{GetParam()};
  std::vector<ContextId> find(const std::string& text) {
    return f.wait(f.ws().by_content(crypto::sha256(base::as_bytes(text)), 10));
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ByContent, ::testing::Values(Kind::memory, Kind::local),
                         [](const auto& info) { return info.param == Kind::memory ? "memory" : "local"; });

TEST_P(ByContent, FindsSmallAndLargeContents) {
  std::string large((1u << 20) + 1, 'l');
  auto first = f.commit(text_request("same")), second = f.commit(text_request("same"));
  auto third = f.commit(text_request(large));
  EXPECT_EQ(find("same"), (std::vector{second.id, first.id}));
  EXPECT_EQ(find(large), std::vector{third.id});
  EXPECT_TRUE(find("other").empty());
  auto next = text_request("changed");
  next.id = second.id;
  f.commit(next);
  EXPECT_EQ(find("same"), std::vector{first.id});
  EXPECT_EQ(find("changed"), std::vector{second.id});
  ForgetRequest forget;
  forget.ids = {first.id};
  f.wait(f.ws().forget(forget));
  EXPECT_TRUE(find("same").empty());
}

TEST(ByContentMigration, AnOlderCatalogLearnsTheHashes) {
  WorkspaceFixture f(Kind::local);
  std::string large((1u << 20) + 1, 'l');
  auto small = f.commit(text_request("small"));
  auto big = f.commit(text_request(large));
  for (bool with_large : {true, false}) {
    if (!with_large) {
      ForgetRequest forget;
      forget.ids = {big.id};
      f.wait(f.ws().forget(forget));
    }
    f.close();
    {
      // As a program of the first schema left it.
      sql::Connection old(f.home("workspace.db"), "old");
      old.run("DROP INDEX contexts_by_content; ALTER TABLE contexts DROP COLUMN content_hash; PRAGMA user_version = 1");
    }
    {
      Catalog catalog(f.home("workspace.db"));
      EXPECT_EQ(catalog.by_content(crypto::sha256(base::as_bytes(std::string("small"))), 10), std::vector{small.id});
      // Only manifests know the hash of a large content: then everything is looked at once more.
      EXPECT_EQ(catalog.position() == 0, with_large);
    }
    f.open();
    auto found = f.wait(f.ws().by_content(crypto::sha256(base::as_bytes(large)), 10));
    EXPECT_EQ(found, with_large ? std::vector{big.id} : std::vector<ContextId>());
    EXPECT_EQ(f.get(small.id).versions, 1u);
    EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
  }
}

}  // namespace
}  // namespace openmcp::context::test
