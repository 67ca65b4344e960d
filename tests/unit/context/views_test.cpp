// Catalog and index follow the blocks: migrations, replay, damage, rebuild, verify.
#include <sqlite3.h>

#include <filesystem>

#include "context/catalog.hpp"
#include "context/catalog_schema.hpp"
#include "context/keyed_lock.hpp"
#include "context/search/index.hpp"
#include "context/sql.hpp"
#include "context/versions.hpp"
#include "fixture.hpp"

namespace openmcp::context::test {
namespace {

using base::Errc;
namespace fs = std::filesystem;

std::int64_t number(sql::Connection& db, const char* text) {
  auto query = db.prepare(text);
  return query.step() ? query.integer(0) : -1;
}

TEST(Catalog, OpensEveryOlderSchema) {
  auto steps = catalog_steps();
  for (std::size_t version = 0; version <= steps.size(); ++version) {
    TempDir directory;
    auto path = directory / "workspace.db";
    {
      sql::Connection old(path, "old");
      bring_forward(old, steps.first(version));
    }
    Catalog catalog(path);
    EXPECT_EQ(catalog.totals().contexts, 0u);
    sql::Connection now(path, "now");
    EXPECT_EQ(number(now, "PRAGMA user_version"), static_cast<std::int64_t>(steps.size()));
  }
}

TEST(Catalog, StepsRunOnceAndAllOrNone) {
  TempDir directory;
  sql::Connection db(directory / "x.db", "x");
  const char* one[] = {"CREATE TABLE a(x); INSERT INTO a VALUES(1)"};
  bring_forward(db, one);
  bring_forward(db, one);
  EXPECT_EQ(number(db, "SELECT count(*) FROM a"), 1);
  const char* bad[] = {one[0], "INSERT INTO a VALUES(2)", "nonsense"};
  EXPECT_THROW(bring_forward(db, bad), base::Error);
  EXPECT_EQ(number(db, "SELECT count(*) FROM a"), 1);
  EXPECT_EQ(number(db, "PRAGMA user_version"), 1);
  const char* good[] = {one[0], "INSERT INTO a VALUES(2)"};
  bring_forward(db, good);
  EXPECT_EQ(number(db, "SELECT count(*) FROM a"), 2);
  EXPECT_EQ(error_of([&] { bring_forward(db, one); }).code(), Errc::unsupported);
}

TEST(Catalog, FindsByPrefixOfHalfBytes) {
  Catalog catalog(":memory:");
  std::vector<std::string> ids{"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b1-7cc3-98c4-dc0c0c07398f",
                               "017f2300-0000-7cc3-98c4-dc0c0c07398f"};
  std::vector<ContextRecord> records;
  for (const auto& text : ids) {
    ContextRecord record;
    record.id = *ContextId::parse(text);
    auto manifest = std::make_shared<Manifest>();
    manifest->id = record.id;
    manifest->type = "other";
    manifest->content = ipld::Cid();
    record.latest = manifest;
    VersionRow row;
    row.manifest = ipld::make_block(ipld::Codec::raw, base::SharedBytes(base::to_bytes(text))).cid;
    record.heads = record.new_versions = {row};
    record.versions = 1;
    records.push_back(record);
  }
  catalog.apply({&records[0], &records[1], &records[2]}, 7);
  EXPECT_EQ(catalog.position(), 7u);
  auto count = [&](const std::string& hex) { return catalog.by_prefix(hex, 10).size(); };
  EXPECT_EQ(count("017f"), 3u);
  EXPECT_EQ(count("017f2"), 3u);
  EXPECT_EQ(count("017f22"), 2u);
  EXPECT_EQ(count("017f22e279b"), 2u);
  EXPECT_EQ(count("017f22e279b1"), 1u);
  EXPECT_EQ(count("017f23000"), 1u);
  EXPECT_EQ(count("0180"), 0u);
  EXPECT_EQ(catalog.page({}, 2).size(), 2u);
  EXPECT_EQ(catalog.page(*ContextId::parse(ids[1]), 2).size(), 1u);
}

class Views : public ::testing::Test {
protected:
  WorkspaceFixture f{Kind::local};
  ContextId id;
  void SetUp() override {
    auto request = text_request("alpha one");
    request.title = "first";
    id = f.commit(request).id;
    for (int i = 0; i < 5; ++i) {
      auto next = text_request("alpha " + std::to_string(i));
      next.id = id;
      next.tags = {"t" + std::to_string(i)};
      f.commit(next);
    }
    for (int i = 0; i < 20; ++i) f.commit(text_request("beta number " + std::to_string(i)));
  }
  std::size_t hits(const std::string& text) {
    search::Query query;
    query.text = text;
    query.limit = 100;
    return f.wait(f.ws().search(query)).hits.size();
  }
  void check() {
    EXPECT_EQ(f.wait(f.ws().status()).contexts, 21u);
    EXPECT_EQ(f.get(id).versions, 6u);
    EXPECT_EQ(f.get(id).current.manifest.tags, std::vector<std::string>{"t4"});
    EXPECT_EQ(hits("beta"), 20u);
    EXPECT_EQ(hits("alpha"), 1u);
    auto report = f.wait(f.ws().verify({}));
    EXPECT_TRUE(report.ok()) << report.findings[0].what << " " << report.findings[0].problem;
    auto positions = f.wait(f.ws().positions());
    EXPECT_EQ(positions.catalog, positions.store);
    EXPECT_EQ(positions.search, positions.store);
  }
};

TEST_F(Views, AreMadeAgainWhenTheyAreGone) {
  check();
  f.close();
  for (auto name :
       {"workspace.db", "workspace.db-wal", "workspace.db-shm", "search.db", "search.db-wal", "search.db-shm"})
    fs::remove(f.home(name));
  f.open();
  check();
}

TEST_F(Views, OldCopiesCatchUp) {
  f.reopen();
  f.close();
  fs::create_directories(f.home("copy"));
  std::vector<std::string> names{"workspace.db", "workspace.db-wal", "search.db", "search.db-wal"};
  auto move = [&](const std::string& from, const std::string& to) {
    for (const auto& name : names) {
      fs::remove(to + name);
      if (fs::exists(from + name)) fs::copy_file(from + name, to + name);
    }
    fs::remove(to + "workspace.db-shm");
    fs::remove(to + "search.db-shm");
  };
  move(f.home(""), f.home("copy/"));
  f.open();
  auto request = text_request("alpha gamma");
  request.id = id;
  f.commit(request);
  auto fresh = f.commit(text_request("delta"));
  auto gone = f.commit(text_request("epsilon"));
  f.wait(f.ws().forget({.ids = {gone.id}, .reason = "", .collect = true}));
  f.close();
  move(f.home("copy/"), f.home(""));
  f.open();
  EXPECT_EQ(f.get(id).versions, 7u);
  EXPECT_EQ(f.get(fresh.id).versions, 1u);
  EXPECT_EQ(error_of([&] { f.get(gone.id); }).code(), Errc::not_found);
  EXPECT_EQ(hits("gamma"), 1u);
  EXPECT_EQ(hits("delta"), 1u);
  EXPECT_EQ(hits("epsilon"), 0u);
  EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
}

TEST_F(Views, DamagedOnesAreMadeAgain) {
  f.close();
  for (auto name : {"workspace.db", "search.db"}) {
    std::ofstream(f.home(name), std::ios::binary)
        << "this is no database, and never was one; it is long enough to tell";
    fs::remove(f.home(std::string(name) + "-wal"));
    fs::remove(f.home(std::string(name) + "-shm"));
  }
  f.open();
  check();
}

TEST_F(Views, OfAnotherStoreAreMadeAgain) {
  f.close();
  fs::remove_all(f.home("store"));
  f.open();
  EXPECT_EQ(f.wait(f.ws().status()).contexts, 0u);
  EXPECT_EQ(hits("beta"), 0u);
  auto result = f.commit(text_request("new store"));
  EXPECT_EQ(f.wait(f.ws().list({})).contexts.size(), 1u);
  EXPECT_EQ(f.get(result.id).versions, 1u);
}

TEST_F(Views, RebuildFindsTheSame) {
  auto list = [&] {
    std::vector<std::string> out;
    ListRequest request;
    request.limit = 1000;
    for (const auto& context : f.wait(f.ws().list(request)).contexts)
      out.push_back(context.id.text() + context.version.text() + std::to_string(context.versions) + context.title);
    return out;
  };
  auto before = list();
  std::uint64_t last = 0;
  auto progress = [&last](const Progress& p) { last = p.done; };
  auto report = f.wait(f.ws().rebuild(progress));
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.contexts, 21u);
  EXPECT_EQ(report.versions, 26u);
  EXPECT_EQ(last, 21u);
  EXPECT_EQ(list(), before);
  check();
  f.reopen();
  check();
}

TEST_F(Views, VerifyNamesWhatIsWrongWithTheCatalog) {
  f.close();
  {
    sql::Connection db(f.home("workspace.db"), "test");
    db.run(
        "DELETE FROM contexts WHERE title = 'first'; UPDATE contexts SET versions = 9 WHERE title = 'beta number 3'");
  }
  f.open();
  auto report = f.wait(f.ws().verify({}));
  ASSERT_EQ(report.findings.size(), 2u);
  for (const auto& finding : report.findings) EXPECT_EQ(finding.what, "catalog");
  f.wait(f.ws().rebuild({}));
  check();
}

TEST_F(Views, VerifyNamesDamagedBlocks) {
  auto victim = f.commit(text_request("needle in the haystack"));
  f.close();
  bool flipped = false;
  for (const auto& entry : fs::recursive_directory_iterator(f.home("store/packs"))) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto at = text.find("needle in the haystack");
    if (at == std::string::npos) continue;
    file.clear();
    file.seekp(static_cast<std::streamoff>(at));
    file.put('N');
    flipped = true;
  }
  ASSERT_TRUE(flipped);
  f.open();
  auto report = f.wait(f.ws().verify({}));
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].what, "content");
  EXPECT_NE(report.findings[0].where.find(victim.id.text()), std::string::npos);
  EXPECT_EQ(report.contexts, 22u);
  auto one = f.wait(f.ws().verify_context(victim.id));
  EXPECT_EQ(one.findings.size(), 1u);
  EXPECT_EQ(one.versions, 1u);
  auto other = f.wait(f.ws().verify_context(id));
  EXPECT_TRUE(other.ok());
  EXPECT_EQ(other.versions, 6u);
  EXPECT_EQ(
      error_of([&] { f.wait(f.ws().verify_context(base::unwrap(ContextId::from_bytes(base::Bytes(16, 1))))); }).code(),
      Errc::not_found);
  EXPECT_EQ(error_of([&] { f.text_of(victim.version); }).code(), Errc::corrupt);
}

TEST_F(Views, AReaderBesideTheWriter) {
  f.wait(f.ws().catch_up());
  storage::LocalStoreOptions settings;
  settings.path = f.home("store");
  settings.read_only = true;
  auto store = f.wait(storage::LocalStore::open(f.env, settings));
  auto options = f.options();
  options.read_only = true;
  auto reader = f.wait(Workspace::open(f.env, *store, options));
  EXPECT_EQ(f.wait(reader->get(id)).versions, 6u);
  EXPECT_EQ(error_of([&] { f.wait(reader->commit(text_request("x"))); }).code(), Errc::permission);
  f.commit(text_request("later"));
  f.wait(f.ws().catch_up());
  f.wait(store->refresh());
  EXPECT_EQ(f.wait(reader->status()).contexts, 22u);
  f.wait(reader->close());
  f.wait(store->close());
}

TEST(KeyedLock, TurnsAndCancellation) {
  base::RealEnv env;
  KeyedLock locks(env);
  std::vector<int> order;
  auto task = [](base::RealEnv& e, KeyedLock& l, std::vector<int>& out) -> base::Task<void> {
    auto held = std::make_unique<KeyedLock::Guard>(co_await l.lock("k"));
    auto other = co_await l.lock("other");  // does not wait
    base::TaskGroup group(e);
    auto wait = [](KeyedLock& lk, std::vector<int>& o, int n) -> base::Task<void> {
      auto guard = co_await lk.lock("k");
      o.push_back(n);
    };
    for (int i = 0; i < 3; ++i) group.spawn(wait(l, out, i));
    base::TaskGroup doomed(e);
    doomed.spawn(wait(l, out, 99));
    co_await e.sleep(std::chrono::milliseconds(1));
    doomed.cancel();
    try {
      co_await doomed.join();
    } catch (const base::Error&) {
    }
    EXPECT_TRUE(out.empty());
    held.reset();
    co_await group.join();
  };
  env.run_until_done(task(env, locks, order));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(Cancelling, ACommitThatWasBegunEndsWhole) {
  WorkspaceFixture f(Kind::local);
  auto first = f.commit(text_request("start"));
  // Cancelled at whatever place it has reached after some steps.
  for (int steps = 0; steps < 12; ++steps) {
    auto task = [](WorkspaceFixture& fixture, ContextId id, int waits) -> base::Task<void> {
      base::TaskGroup group(fixture.env);
      auto one = [](WorkspaceFixture& inner, ContextId target, int n) -> base::Task<void> {
        auto request = text_request("try " + std::to_string(n));
        request.id = target;
        co_await inner.ws().commit(std::move(request));
      };
      group.spawn(one(fixture, id, waits));
      for (int i = 0; i < waits; ++i) {
        auto nothing = [] {};
        co_await fixture.env.run(nothing);
      }
      group.cancel();
      try {
        co_await group.join();
      } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), Errc::cancelled);
      }
    };
    f.wait(task(f, first.id, steps));
    // Whatever came of it, the next commit finds one head.
    auto next = text_request("after " + std::to_string(steps));
    next.id = first.id;
    f.commit(next);
    EXPECT_EQ(f.get(first.id).heads.size(), 1u);
  }
  EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
  f.reopen();
  EXPECT_TRUE(f.wait(f.ws().verify({})).ok());
}

}  // namespace
}  // namespace openmcp::context::test
