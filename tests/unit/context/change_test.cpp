// What a workspace tells those who watch it.
#include "context/change.hpp"

#include <stdexcept>

#include "fixture.hpp"

namespace openmcp::context::test {
namespace {

using Kind = Change::Kind;

TEST(Changes, AreToldOnceTheyAreDurableAndVisible) {
  WorkspaceFixture fixture;
  std::vector<Change> told;
  auto number = fixture.ws().watch([&told](const Change& change) { told.push_back(change); });

  auto request = text_request("one");
  request.title = "first";
  request.type = "decision";
  auto first = fixture.commit(std::move(request));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, Kind::committed);
  EXPECT_EQ(told[0].id, first.id);
  EXPECT_EQ(told[0].version, first.version);
  EXPECT_EQ(told[0].title, "first");
  EXPECT_EQ(told[0].type, "decision");
  EXPECT_TRUE(told[0].created);

  auto again = text_request("two");
  again.id = first.id;
  auto second = fixture.commit(std::move(again));
  EditRequest edit;
  edit.id = first.id;
  edit.add_tags = {"x"};
  auto third = fixture.wait(fixture.ws().edit(edit));
  fixture.wait(fixture.ws().edit(edit));  // changes nothing
  RestoreRequest restore;
  restore.id = first.id;
  restore.version = first.version;
  auto fourth = fixture.wait(fixture.ws().restore(restore));
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[1].version, second.version);
  EXPECT_EQ(told[2].version, third.version);
  EXPECT_EQ(told[3].version, fourth.version);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_FALSE(told[i].created);

  ForgetRequest forget{.ids = {first.id}, .reason = "over"};
  fixture.wait(fixture.ws().forget(forget));
  ASSERT_EQ(told.size(), 5u);
  EXPECT_EQ(told[4].kind, Kind::forgotten);
  EXPECT_EQ(told[4].id, first.id);
  EXPECT_EQ(told[4].title, "");  // nothing of it is told any more

  fixture.ws().unwatch(number);
  fixture.commit(text_request("unseen"));
  EXPECT_EQ(told.size(), 5u);
}

TEST(Changes, OfAnImportSayWhichContextsAreNew) {
  WorkspaceFixture from, to;
  auto kept = from.commit(text_request("kept"));
  to.import_all(from.export_all());
  std::vector<Change> told;
  to.ws().watch([&told](const Change& change) { told.push_back(change); });
  to.import_all(from.export_all());
  EXPECT_TRUE(told.empty());  // known already

  auto request = text_request("kept, changed");
  request.id = kept.id;
  from.commit(std::move(request));
  auto fresh = from.commit(text_request("fresh"));
  to.import_all(from.export_all());
  ASSERT_EQ(told.size(), 2u);
  for (const auto& change : told) {
    EXPECT_EQ(change.kind, Kind::imported);
    EXPECT_EQ(change.created, change.id == fresh.id);
  }
}

TEST(Changes, SurviveWatchersThatEndThemselvesOrThrow) {
  WorkspaceFixture fixture;
  int first = 0, second = 0;
  std::uint64_t number = 0;
  number = fixture.ws().watch([&](const Change&) {
    ++first;
    fixture.ws().unwatch(number);
  });
  fixture.ws().watch([&](const Change&) {
    ++second;
    throw std::runtime_error("a watcher's own trouble");
  });
  fixture.commit(text_request("a"));
  fixture.commit(text_request("b"));
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

}  // namespace
}  // namespace openmcp::context::test
