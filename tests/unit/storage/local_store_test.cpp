// LocalStore on the real disk: the lock between processes, readers beside a writer, RocksDB, threads.
#include "storage/local_store.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/log.hpp"
#include "support/blocks.hpp"
#include "support/temp_directory.hpp"

namespace openmcp::test {
namespace {

using storage::LocalStore;
using storage::LocalStoreOptions;

class Local : public ::testing::Test {
protected:
  LocalStoreOptions options(bool read_only = false) {
    LocalStoreOptions options;
    options.path = directory / "store";
    options.read_only = read_only;
    options.lock_wait = std::chrono::milliseconds(50);
    return options;
  }
  std::unique_ptr<LocalStore> open(LocalStoreOptions with) { return run(env, LocalStore::open(env, std::move(with))); }
  std::optional<Errc> open_error(LocalStoreOptions with, std::string* message = nullptr) {
    return error_of(env, LocalStore::open(env, std::move(with)), message);
  }

  TempDirectory directory;
  base::RealEnv env{2};
};

/// A process that holds the store until it is told to end. Forked before this process has threads.
class Holder {
public:
  explicit Holder(const std::string& path) {
    int ready[2], end[2];
    if (::pipe(ready) != 0 || ::pipe(end) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) {
      ::close(ready[0]);
      ::close(end[1]);
      hold(path, ready[1], end[0]);
    }
    ::close(ready[1]);
    ::close(end[0]);
    end_ = end[1];
    char byte = 0;
    ok_ = ::read(ready[0], &byte, 1) == 1 && byte == 'r';
    ::close(ready[0]);
  }
  ~Holder() {
    if (child_ > 0) release();
  }
  bool ok() const { return ok_; }
  void release() {
    ::close(end_);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }
  void kill() {
    ::kill(child_, SIGKILL);
    release();
  }

private:
  [[noreturn]] static void hold(const std::string& path, int ready, int end) {
    try {
      base::RealEnv env(1);
      LocalStoreOptions options;
      options.path = path;
      options.holder = "pid 4711, a test";
      auto store = run(env, LocalStore::open(env, options));
      run(env, store->apply(batch_of({raw_block("from the holder")})));
      char byte = 'r';
      if (::write(ready, &byte, 1) != 1) ::_exit(2);
      if (::read(end, &byte, 1) != 0) ::_exit(3);
      run(env, store->close());
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  pid_t child_ = 0;
  int end_ = -1;
  bool ok_ = false;
};

TEST(LocalLock, OneWriterOtherProcessesWaitAndThenNameIt) {
  TempDirectory directory;
  auto path = directory / "store";
  Holder holder(path);
  ASSERT_TRUE(holder.ok());
  base::RealEnv env(1);
  LocalStoreOptions options;
  options.path = path;
  options.lock_wait = std::chrono::milliseconds(60);
  std::string message;
  EXPECT_EQ(error_of(env, LocalStore::open(env, options), &message), Errc::busy);
  EXPECT_NE(message.find("pid 4711, a test"), std::string::npos) << message;

  options.read_only = true;
  auto reader = run(env, LocalStore::open(env, options));
  EXPECT_TRUE(run(env, reader->has(raw_block("from the holder").cid)));
  run(env, reader->close());

  options.read_only = false;
  options.lock_wait = std::chrono::seconds(20);
  auto waits = [&]() -> Task<void> {
    auto releases = [&]() -> Task<void> {
      co_await env.sleep(std::chrono::milliseconds(50));
      holder.release();
    };
    base::TaskGroup group(env);
    group.spawn(releases());
    auto store = co_await LocalStore::open(env, options);
    co_await group.join();
    co_await store->close();
  };
  run(env, waits());
}

TEST(LocalLock, EndsWithItsProcess) {
  TempDirectory directory;
  auto path = directory / "store";
  Holder holder(path);
  ASSERT_TRUE(holder.ok());
  holder.kill();
  base::RealEnv env(1);
  LocalStoreOptions options;
  options.path = path;
  options.lock_wait = {};
  auto store = run(env, LocalStore::open(env, options));
  EXPECT_TRUE(run(env, store->has(raw_block("from the holder").cid)));
  run(env, store->close());
}

TEST_F(Local, SaysWhenThereIsNoStore) {
  auto wanted = options();
  wanted.create = false;
  EXPECT_EQ(open_error(wanted), Errc::not_found);
  EXPECT_EQ(open_error(options(true)), Errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(wanted.path));
}

TEST_F(Local, ReaderBesideAWriter) {
  auto writer = open(options());
  auto a = raw_block(5000, 1), b = raw_block(5000, 2);
  run(env, writer->apply(batch_of({a}, {add_pin(pin_of(a.cid, "a"))})));
  auto reader = open(options(true));
  EXPECT_TRUE(base::equal(run(env, reader->retrieve(a.cid)).value(), a.data));
  EXPECT_EQ(reader->position(), writer->position());
  EXPECT_EQ(error_of(env, reader->apply(batch_of({b}))), Errc::permission);
  EXPECT_EQ(error_of(env, reader->store({b}, Durability::synced)), Errc::permission);
  EXPECT_EQ(error_of(env, reader->remove({a.cid})), Errc::permission);
  EXPECT_EQ(error_of(env, reader->collect(nullptr)), Errc::permission);
  run(env, writer->apply(batch_of({b}, {add_pin(pin_of(b.cid, "b"))})));
  EXPECT_FALSE(run(env, reader->has(b.cid)));
  run(env, reader->refresh());
  EXPECT_TRUE(run(env, reader->has(b.cid)));
  EXPECT_EQ(reader->position(), writer->position());
  EXPECT_EQ(run(env, reader->pins("", "", 10)).pins.size(), 2u);
  EXPECT_EQ(run(env, reader->pin_history(0)).value().changes.size(), 2u);
  EXPECT_TRUE(run(env, reader->verify({})).clean());
  EXPECT_EQ(run(env, reader->stats()).blocks, 2u);
  run(env, reader->close());
  run(env, writer->close());
}

TEST_F(Local, ReaderFollowsBlocksThatCompactionMoved) {
  auto small = options();
  small.segment_bytes = 20'000;
  small.compact_below = 1;
  auto writer = open(small);
  std::vector<Block> blocks;
  for (std::uint64_t i = 0; i < 20; ++i) {
    blocks.push_back(raw_block(3000, i));
    auto pin = pin_of(blocks.back().cid, "n");
    std::vector<PinChange> pins;
    if (i % 2) pins.push_back(add_pin(pin));
    run(env, writer->apply(batch_of({blocks.back()}, pins)));
  }
  auto reader = open(options(true));
  EXPECT_GT(run(env, writer->collect(nullptr)).segments_compacted, 1u);
  for (std::size_t i = 1; i < blocks.size(); i += 2) {
    EXPECT_TRUE(base::equal(run(env, reader->retrieve(blocks[i].cid)).value(), blocks[i].data)) << i;
  }
  EXPECT_FALSE(run(env, reader->retrieve(blocks[0].cid)));
  run(env, reader->close());
  run(env, writer->close());
}

TEST_F(Local, MakesALostOrBrokenIndexAnew) {
  auto block = raw_block("block");
  auto root = parent_block("root", {block.cid});
  {
    auto store = open(options());
    run(env, store->apply(batch_of({block, root}, {add_pin(pin_of(root.cid, "n"))})));
    run(env, store->close());
  }
  auto level = base::log_level();
  base::set_log_level(base::LogLevel::off);
  auto index = std::filesystem::path(options().path) / "index";
  for (int way = 0; way < 3; ++way) {
    if (way == 0) std::filesystem::remove_all(index);
    if (way == 1) std::filesystem::resize_file(index / "CURRENT", 3);
    if (way == 2) {
      for (const auto& each : std::filesystem::directory_iterator(index)) {
        if (each.path().filename().string().starts_with("MANIFEST")) std::filesystem::resize_file(each.path(), 10);
      }
    }
    // A reader that finds no usable index has it made.
    auto store = open(options(way == 0));
    EXPECT_TRUE(run(env, store->kept(block.cid))) << way;
    EXPECT_EQ(run(env, store->pins_of(root.cid)).size(), 1u) << way;
    run(env, store->close());
  }
  base::set_log_level(level);
}

TEST_F(Local, WritersReadersAndCollectionAtOnce) {
  auto small = options();
  small.segment_bytes = 100'000;
  small.flush_bytes = 50'000;
  small.mapped_bytes = 200'000;
  small.compact_below = 0.9;
  auto store = open(small);
  bool writing = true;
  std::vector<Block> kept;
  auto writer = [&](std::uint64_t number) -> Task<void> {
    for (std::uint64_t i = 0; i < 60; ++i) {
      auto block = raw_block(1000 + 17 * i, number * 1000 + i);
      auto pin = pin_of(block.cid, std::to_string(number));
      if (i % 3 == 0) {
        std::vector<Block> blocks{block};
        co_await store->store(std::move(blocks), Durability::buffered);
        continue;
      }
      auto batch = batch_of({block}, {add_pin(pin)});
      co_await store->apply(std::move(batch));
      if (i % 3 == 1) {
        kept.push_back(block);
        continue;
      }
      auto undo = batch_of({}, {remove_pin(pin)});
      co_await store->apply(std::move(undo));
    }
  };
  auto reader = [&]() -> Task<void> {
    for (std::size_t i = 0; writing || i < kept.size(); ++i) {
      if (kept.empty()) {
        co_await env.sleep(std::chrono::milliseconds(1));
        continue;
      }
      const auto block = kept[i % kept.size()];  // NOLINT(performance-unnecessary-copy-initialization): kept grows
      auto bytes = co_await store->retrieve(block.cid);
      if (!bytes || !base::equal(*bytes, block.data)) throw base::Error(Errc::internal, "a kept block is not there");
    }
  };
  std::uint64_t compacted = 0;
  auto collector = [&]() -> Task<void> {
    while (writing) {
      auto report = co_await store->collect(nullptr);
      compacted += report.segments_compacted;
      co_await env.sleep(std::chrono::milliseconds(1));
    }
  };
  auto all = [&]() -> Task<void> {
    base::TaskGroup writers(env), others(env);
    for (std::uint64_t number = 0; number < 4; ++number) writers.spawn(writer(number));
    others.spawn(reader());
    others.spawn(reader());
    others.spawn(collector());
    co_await writers.join();
    writing = false;
    co_await others.join();
  };
  run(env, all());
  EXPECT_GT(compacted, 0u);
  run(env, store->collect(nullptr));
  auto stats = run(env, store->stats());
  EXPECT_EQ(stats.blocks, kept.size());
  EXPECT_EQ(stats.pins, kept.size());
  auto report = run(env, store->verify({}));
  EXPECT_TRUE(report.clean());
  EXPECT_GE(report.blocks, kept.size());
  run(env, store->close());
  EXPECT_EQ(error_of(env, store->has(kept[0].cid)), Errc::internal) << "closed";
}

TEST_F(Local, LeavesNoRoomBehindLargeGroups) {
  auto store = open(options());
  std::vector<Block> all;
  for (std::uint64_t i = 0; i < 8; ++i) {
    std::vector<Block> some = {raw_block(1u << 20, 2 * i), raw_block((1u << 20) - 7, 2 * i + 1)};
    all.insert(all.end(), some.begin(), some.end());
    run(env, store->store(some, storage::Durability::buffered));
  }
  std::filesystem::path home = options().path, other = home.parent_path() / "killed";
  auto pack = std::filesystem::path("packs") / "00000001.pack";
  EXPECT_LT(std::filesystem::file_size(home / pack), (16u << 20) + 4096)
      << "nothing that a reader maps is cut off later";
  std::filesystem::copy(home, other, std::filesystem::copy_options::recursive);
  run(env, store->sync());
  EXPECT_LT(std::filesystem::file_size(home / pack), (16u << 20) + 4096);
  run(env, store->close());
  // What a process leaves that is killed before it synced.
  auto with = options();
  with.path = other.string();
  store = open(with);
  for (const auto& block : all) {
    auto found = run(env, store->retrieve(block.cid));
    ASSERT_TRUE(found && base::equal(*found, block.data));
  }
  EXPECT_TRUE(run(env, store->verify({})).clean());
  run(env, store->close());
  EXPECT_LT(std::filesystem::file_size(other / pack), (16u << 20) + 4096);
}

TEST_F(Local, LeavesNoZerosBehindWhenClosed) {
  auto store = open(options());
  for (std::uint64_t i = 0; i < 10; ++i) run(env, store->apply(batch_of({raw_block(100, i)})));
  auto pack = std::filesystem::path(options().path) / "packs" / "00000001.pack";
  EXPECT_GT(std::filesystem::file_size(pack), 60'000u) << "small commits write zeros ahead";
  run(env, store->close());
  EXPECT_LT(std::filesystem::file_size(pack), 3000u);
  store = open(options());
  EXPECT_EQ(run(env, store->stats()).blocks, 10u);
  run(env, store->close());
}

}  // namespace
}  // namespace openmcp::test
