// A workspace over LocalStore in a simulated world whose disk tears, forgets, fails and fills up, against a model of
// what was acknowledged. Catalog and search index are in memory, so that every crash loses them whole.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "base/log.hpp"
#include "base/sim_env.hpp"
#include "base/sync.hpp"
#include "context/search/index.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"
#include "storage/memory_index.hpp"

namespace openmcp::context::test {
namespace {

using base::Errc;
using base::Task;

struct Faults {
  base::DiskFaults disk;  ///< while writers run; without the crash
  bool fills_up = false;
  bool forgets = false;
};

/// One context as its writer knows it.
struct Expected {
  std::vector<ipld::Cid> acknowledged;     ///< versions, oldest first
  std::map<ipld::Cid, std::string> texts;  ///< of acknowledged ones
  bool forgotten = false;
  bool may_be_forgotten = false;  ///< a forget that was not acknowledged
};

class History {
public:
  History(std::uint64_t seed, Faults faults)
      : world_(seed), env_(world_.node("a")), disk_(world_.disk("a")), faults_(faults), search_(seed % 10 == 0) {}

  std::uint64_t run() {
    for (round_ = 0; round_ < 4 && !testing::Test::HasFailure(); ++round_) {
      bool died = false;
      try {
        world_.run(one_round());
      } catch (const base::PowerLoss&) {
        died = true;
      }
      workspace_.reset();
      store_.reset();
      if (!died) disk_.set_faults({.crash_after_writes = 1});
      world_.settle();
      if (world_.choose("power", 4) != 0) {
        disk_.crash();
        index_->crash(world_.choose("index", index_->unsynced() + 1));
      } else {
        disk_.kill();
      }
      disk_.set_faults({});
    }
    world_.run(last_look());
    return world_.trace_hash();
  }

private:
  std::uint64_t choose(std::string_view label, std::uint64_t below) { return world_.choose(label, below); }
  std::string where() const {
    return " (seed " + std::to_string(world_.seed()) + ", round " + std::to_string(round_) + ")";
  }

  Task<void> open() {
    storage::LocalStoreOptions options;
    options.path = "/home/store";
    options.segment_bytes = 40'000;
    options.flush_bytes = 8000;
    options.index = index_;
    store_ = co_await storage::LocalStore::open(env_, options);
    WorkspaceOptions settings;
    settings.home = "/home";
    settings.author = "sim";
    settings.memory_views = true;
    settings.search = search_;
    workspace_ = co_await Workspace::open(env_, *store_, settings);
  }

  Task<void> one_round() {
    co_await open();
    co_await check();
    if (testing::Test::HasFailure()) co_return;
    auto faults = faults_.disk;
    if (choose("crash?", 8) != 0) faults.crash_after_writes = static_cast<std::int64_t>(1 + choose("when", 120));
    if (faults_.fills_up) faults.capacity = 20'000 + choose("capacity", 60'000);
    disk_.set_faults(faults);
    base::TaskGroup group(env_);
    for (int i = 0; i < 4; ++i) group.spawn(writer(i));
    co_await group.join();
    disk_.set_faults({});
    if (choose("close", 2) == 0) {
      co_await workspace_->close();
      co_await store_->close();
    }
  }

  std::string text() {
    std::string out = "text " + std::to_string(++serial_);
    auto more = choose("size", 6) == 0 ? choose("large", 6000) : choose("small", 200);
    for (; more > 0; --more) out += static_cast<char>('a' + choose("byte", 26));
    if (choose("chunks", 400) == 0) out += std::string((1u << 20) + 10, 'x');
    return out;
  }

  static ContextId id_of(int writer, std::uint64_t number) {
    std::array<std::uint8_t, 16> bytes{};
    bytes[0] = static_cast<std::uint8_t>(writer + 1);
    for (int i = 0; i < 8; ++i) bytes[8 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    return ContextId(bytes);
  }

  void acknowledged(const ContextId& id, const CommitResult& result, std::string content) {
    auto& expected = contexts_[id];
    if (!result.unchanged) expected.acknowledged.push_back(result.version);
    expected.texts[result.version] = std::move(content);
  }

  /// A client: its own contexts, and one that all share.
  Task<void> writer(int number) {
    for (int step = 0; step < 8; ++step) {
      try {
        co_await one_step(number);
      } catch (const base::Error& error) {
        EXPECT_TRUE(error.code() == Errc::io || error.code() == Errc::no_space) << error.message() << where();
      }
    }
  }

  Task<void> one_step(int number) {
    const auto content = text();
    CommitRequest request;
    request.content = base::SharedBytes(base::to_bytes(content));
    request.title = "t" + std::to_string(choose("title", 3));
    if (choose("tag", 2) == 0) request.tags = {"tag" + std::to_string(choose("which tag", 4))};
    auto& mine = mine_[number];
    auto kind = choose("step", 10);
    if (kind < 3 || mine.empty()) {  // a new context; it may be there even when nobody is told
      auto id = id_of(number, ++serial_);
      request.new_id = id;
      contexts_[id];
      auto result = co_await workspace_->commit(std::move(request));
      acknowledged(id, result, content);
      mine.push_back(id);
      co_return;
    }
    if (kind < 5) {  // the one that all write to
      request.source = "shared";
      auto result = co_await workspace_->commit(std::move(request));
      if (!shared_) shared_ = result.id;
      EXPECT_EQ(result.id, *shared_) << where();
      acknowledged(*shared_, result, content);
      co_return;
    }
    auto id = mine[choose("mine", mine.size())];
    if (contexts_[id].forgotten || contexts_[id].may_be_forgotten) co_return;
    if (kind == 5 && faults_.forgets) {
      contexts_[id].may_be_forgotten = true;
      ForgetRequest forget{.ids = {id}, .reason = "sim", .collect = choose("collect", 2) == 0};
      co_await workspace_->forget(std::move(forget));
      contexts_[id].forgotten = true;
      co_return;
    }
    if (kind == 6) {
      EditRequest edit;
      edit.id = id;
      edit.add_tags = {"edit" + std::to_string(++serial_)};
      auto result = co_await workspace_->edit(std::move(edit));
      contexts_[id].acknowledged.push_back(result.version);
      co_return;
    }
    request.id = id;
    auto result = co_await workspace_->commit(std::move(request));
    acknowledged(id, result, content);
  }

  /// The workspace as it was found, against what was acknowledged.
  Task<void> check() {
    auto report = co_await workspace_->verify({});
    for (const auto& finding : report.findings)
      ADD_FAILURE() << finding.what << " " << finding.where << ": " << finding.problem << where();
    std::set<ContextId> known;
    for (auto& [id, expected] : contexts_) {
      co_await check_context(id, expected);
      if (testing::Test::HasFailure()) co_return;
      known.insert(id);
    }
    // Nothing that nobody asked for.
    ListRequest all;
    all.limit = 1000;
    auto page = co_await workspace_->list(all);
    for (const auto& context : page.contexts) {
      if (known.contains(context.id)) continue;
      EXPECT_EQ(context.source, "shared") << where();
      EXPECT_FALSE(shared_.has_value()) << where();
      shared_ = context.id;  // its first commit was durable, but nobody was told
      contexts_[context.id];
    }
    if (!search_) co_return;
    co_await workspace_->catch_up();
    auto status = co_await workspace_->status();
    EXPECT_EQ(status.indexed, status.contexts) << where();
  }

  Task<void> check_context(ContextId id, Expected& expected) {
    std::optional<ContextView> view;
    std::string problem;
    try {
      view = co_await workspace_->get(id);
    } catch (const base::Error& error) {
      problem = error.message();
      EXPECT_EQ(error.code(), Errc::not_found) << problem << where();
    }
    if (!view) {
      bool fine = expected.forgotten || expected.may_be_forgotten || expected.acknowledged.empty();
      EXPECT_TRUE(fine) << id.text() << " is lost: " << problem << where();
      if (expected.may_be_forgotten) expected.forgotten = true;
      co_return;
    }
    EXPECT_FALSE(expected.forgotten) << id.text() << " came back" << where();
    EXPECT_EQ(view->heads.size(), 1u) << where();
    auto history = co_await workspace_->history(id);
    std::set<ipld::Cid> present;
    for (const auto& version : history) {
      EXPECT_EQ(version.proof, Proof::valid) << where();
      EXPECT_LE(version.manifest.parents.size(), 1u) << where();
      present.insert(version.cid);
    }
    for (const auto& version : expected.acknowledged)
      EXPECT_TRUE(present.contains(version))
          << "version " << version.text() << " of " << id.text() << " is lost" << where();
    for (const auto& [version, content] : expected.texts) {
      auto bytes = co_await workspace_->content(version);
      EXPECT_TRUE(base::as_text(bytes) == content) << where();
    }
    // Versions that came without acknowledgement are whole, and count from now on.
    for (auto at = history.rbegin(); at != history.rend(); ++at)
      if (std::find(expected.acknowledged.begin(), expected.acknowledged.end(), at->cid) == expected.acknowledged.end())
        expected.acknowledged.push_back(at->cid);
    expected.may_be_forgotten = false;
    if (!expected.acknowledged.empty()) {
      auto status = co_await workspace_->status();
      if (!key_) key_ = status.key;
      EXPECT_EQ(status.key, *key_) << "the workspace has another key" << where();
    }
  }

  Task<void> last_look() {
    co_await open();
    co_await check();
    co_await workspace_->close();
    workspace_.reset();
    co_await store_->close();
    store_.reset();
  }

  base::SimWorld world_;
  base::Env& env_;
  base::SimDisk& disk_;
  Faults faults_;
  bool search_;
  std::map<ContextId, Expected> contexts_;
  std::map<int, std::vector<ContextId>> mine_;
  std::optional<ContextId> shared_;
  std::optional<std::array<std::uint8_t, 32>> key_;
  std::shared_ptr<storage::MemoryIndex> index_ = std::make_shared<storage::MemoryIndex>(true);
  std::unique_ptr<storage::LocalStore> store_;
  std::unique_ptr<Workspace> workspace_;
  int round_ = 0;
  std::uint64_t serial_ = 0;
};

void run_seeds(Faults faults, std::uint64_t quick) {
  base::set_log_level(base::LogLevel::off);
  if (const char* one = std::getenv("OPENMCP_SEED"); one && *one) {
    History(std::strtoull(one, nullptr, 10), faults).run();
    return;
  }
  const char* wanted = std::getenv("OPENMCP_LONG");
  const auto seeds = wanted && *wanted ? quick * 5 : quick;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("OPENMCP_SEED=" + std::to_string(seed));
    auto hash = History(seed, faults).run();
    if (seed % 20 == 0) EXPECT_EQ(History(seed, faults).run(), hash) << "the same seed gave another run";
  }
}

TEST(WorkspaceCrash, PowerLossLosesNothingAcknowledged) { run_seeds({}, 200); }

TEST(WorkspaceCrash, ForgettingIsWholeToo) {
  Faults faults;
  faults.forgets = true;
  run_seeds(faults, 40);
}

TEST(WorkspaceCrash, FailingDisk) {
  Faults faults;
  faults.disk.write_error = 0.03;
  faults.disk.sync_error = 0.03;
  run_seeds(faults, 40);
}

TEST(WorkspaceCrash, FullDisk) {
  Faults faults;
  faults.fills_up = true;
  run_seeds(faults, 40);
}

}  // namespace
}  // namespace openmcp::context::test
