// What a simulated disk keeps and loses.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/result.hpp"
#include "base/sim_env.hpp"

namespace openmcp::base {
namespace {

constexpr std::uint64_t kSeeds = 300;

std::string text_of(Disk& disk, const Path& path) { return std::string(as_text(read_file(disk, path))); }

TEST(SimDisk, SyncedBytesSurviveEveryCrash) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimWorld world(seed);
    auto& disk = world.node("a").disk();
    std::string stable(5000, 's'), later(5000, 'l');
    auto file = disk.open("/f", OpenMode::create);
    file->write_at(0, as_bytes(stable));
    file->sync();
    disk.sync_directory("/");
    file->write_at(stable.size(), as_bytes(later));
    world.disk("a").crash();
    auto kept = text_of(disk, "/f");
    ASSERT_GE(kept.size(), stable.size()) << "seed " << seed;
    EXPECT_EQ(kept.substr(0, stable.size()), stable) << "seed " << seed;
    // The rest is, sector by sector, what was written or zeros.
    std::string shape;
    for (std::size_t i = stable.size(); i < kept.size(); ++i) {
      ASSERT_TRUE(kept[i] == 'l' || kept[i] == 0) << "seed " << seed;
      if (i > stable.size() && kept[i] != kept[i - 1]) {
        EXPECT_EQ(i % 512, 0u) << "seed " << seed;
      }
    }
    outcomes.insert(kept.substr(stable.size()));
  }
  EXPECT_TRUE(outcomes.contains("")) << "sometimes all is lost";
  EXPECT_TRUE(outcomes.contains(std::string(5000, 'l'))) << "sometimes nothing";
  EXPECT_GT(outcomes.size(), 50u) << "and mostly something between";
}

TEST(SimDisk, OverwrittenSectorsAreOldOrNew) {
  std::size_t mixed = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimWorld world(seed);
    auto& disk = world.node("a").disk();
    auto file = disk.open("/f", OpenMode::create);
    file->write_at(0, Bytes(4096, 'o'));
    file->sync();
    disk.sync_directory("/");
    file->write_at(0, Bytes(4096, 'n'));
    world.disk("a").crash();
    auto kept = text_of(disk, "/f");
    ASSERT_EQ(kept.size(), 4096u);
    std::set<char> seen;
    for (std::size_t sector = 0; sector < 8; ++sector) {
      auto part = kept.substr(sector * 512, 512);
      EXPECT_EQ(part, std::string(512, part[0])) << "a sector is never torn";
      seen.insert(part[0]);
    }
    mixed += seen.size() == 2;
  }
  EXPECT_GT(mixed, kSeeds / 5);
}

TEST(SimDisk, ALostSyncLosesAndALaterSyncHeals) {
  std::size_t lost = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimWorld world(seed);
    auto& disk = world.node("a").disk();
    auto file = disk.open("/f", OpenMode::create);
    disk.sync_directory("/");
    world.disk("a").set_faults({.lost_sync = 1});
    file->write_at(0, as_bytes("x"));
    file->sync();
    if (seed % 2) {
      world.disk("a").set_faults({});
      file->sync();
    }
    world.disk("a").crash();
    auto kept = text_of(disk, "/f");
    if (seed % 2) {
      EXPECT_EQ(kept, "x");
    }
    lost += kept != "x";
  }
  EXPECT_GT(lost, kSeeds / 8);
}

TEST(SimDisk, NamesNeedASyncOfTheirDirectory) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimWorld world(seed);
    auto& disk = world.node("a").disk();
    disk.make_directories("/d");
    disk.sync_directory("/");
    for (const char* name : {"/d/1", "/d/2", "/d/3"}) disk.open(name, OpenMode::create_new)->sync();
    world.disk("a").crash();
    std::string names;
    for (const auto& entry : disk.list("/d")) names += entry.name;
    ++seen[names];
  }
  // Always a prefix of what was done, and each prefix comes about.
  EXPECT_EQ(seen.size(), 4u);
  for (const char* names : {"", "1", "12", "123"}) EXPECT_GT(seen[names], 5) << names;
}

TEST(SimDisk, RenameIsAtomicAcrossDirectories) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimWorld world(seed);
    auto& disk = world.node("a").disk();
    disk.make_directories("/a");
    disk.make_directories("/b");
    write_file_atomic(disk, "/a/f", as_bytes("new"));
    write_file_atomic(disk, "/b/f", as_bytes("old"));
    disk.sync_directory("/");
    disk.rename("/a/f", "/b/f");
    if (seed % 3 == 0) disk.sync_directory(seed % 2 ? "/a" : "/b");
    world.disk("a").crash();
    auto state = text_of(disk, "/b/f") + (disk.stat("/a/f") ? " a" : "");
    ++seen[state];
    if (seed % 3 == 0) {
      EXPECT_EQ(state, "new") << "seed " << seed;
    }
  }
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_GT(seen["new"], 0);
  EXPECT_GT(seen["old a"], 0);
}

TEST(SimDisk, WriteFileAtomicSurvivesPowerLossAtEveryStep) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::int64_t step = 1;; ++step) {
      SimWorld world(seed);
      auto& disk = world.node("a").disk();
      write_file_atomic(disk, "/f", Bytes(3000, 'o'));
      world.disk("a").set_faults({.crash_after_writes = step});
      bool done = true;
      try {
        write_file_atomic(disk, "/f", Bytes(2000, 'n'));
      } catch (const PowerLoss&) {
        done = false;
      }
      world.disk("a").crash();
      auto kept = read_file(disk, "/f");
      bool old = kept == Bytes(3000, 'o'), fresh = kept == Bytes(2000, 'n');
      EXPECT_TRUE(done ? fresh : old || fresh) << "seed " << seed << " step " << step;
      if (done) {
        EXPECT_EQ(step, 6) << "create, write, sync, rename, sync of the directory, and then nothing";
        break;
      }
    }
  }
}

TEST(SimDisk, AfterPowerLossNothingWorksUntilTheCrashIsOver) {
  SimWorld world(5);
  auto& disk = world.node("a").disk();
  auto file = disk.open("/f", OpenMode::create);
  std::string holder;
  auto lock = disk.try_lock("/lock", "me", holder);
  disk.sync_directory("/");
  world.disk("a").set_faults({.crash_after_writes = 2});
  file->write_at(0, as_bytes("x"));
  EXPECT_THROW(file->sync(), PowerLoss);
  Bytes byte(1);
  EXPECT_THROW(file->read_at(0, byte), PowerLoss);
  EXPECT_THROW(disk.stat("/f"), PowerLoss);
  EXPECT_THROW(disk.open("/g", OpenMode::create), PowerLoss);
  world.disk("a").crash();
  EXPECT_TRUE(disk.stat("/f"));
  EXPECT_THROW(file->read_at(0, byte), PowerLoss) << "what was open stays dead";
  EXPECT_TRUE(disk.try_lock("/lock", "you", holder)) << "locks are released";
  EXPECT_NO_THROW(disk.open("/f", OpenMode::write)->sync()) << "the fault is spent";
}

TEST(SimDisk, AKillKeepsWhatWasWritten) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimWorld world(seed);
    auto& disk = world.node("a").disk();
    auto file = disk.open("/f", OpenMode::create);
    file->write_at(0, as_bytes("written"));
    std::string holder;
    auto lock = disk.try_lock("/lock", "me", holder);
    world.disk("a").kill();
    EXPECT_EQ(text_of(disk, "/f"), "written");
    EXPECT_THROW(file->sync(), PowerLoss);
    EXPECT_TRUE(disk.try_lock("/lock", "you", holder));
  }
}

TEST(SimDisk, AFullDiskTakesAPartAndRecovers) {
  SimWorld world(5);
  auto& disk = world.node("a").disk();
  auto file = disk.open("/f", OpenMode::create);
  world.disk("a").set_faults({.capacity = 1000});
  EXPECT_EQ(disk.free_space("/"), 1000u);
  file->write_at(0, Bytes(900));
  try {
    file->write_at(900, Bytes(200));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::no_space);
    EXPECT_FALSE(error.hint().empty());
  }
  EXPECT_EQ(file->size(), 1000u) << "a part was written";
  EXPECT_EQ(disk.free_space("/"), 0u);
  EXPECT_NO_THROW(file->write_at(0, Bytes(1000))) << "what is there can be overwritten";
  EXPECT_THROW(disk.open("/g", OpenMode::create), Error);
  disk.remove("/f");
  EXPECT_EQ(disk.free_space("/"), 0u) << "an open file keeps its space";
  file.reset();
  EXPECT_EQ(disk.free_space("/"), 1000u);
  EXPECT_NO_THROW(disk.open("/g", OpenMode::create)->write_at(0, Bytes(1000)));
  world.disk("a").kill();
  EXPECT_EQ(disk.free_space("/"), 0u);
}

TEST(SimDisk, FaultsOfReadsWritesAndSyncs) {
  SimWorld world(5);
  auto& disk = world.node("a").disk();
  auto file = disk.open("/f", OpenMode::create);
  file->write_at(0, Bytes(1000, 'x'));
  Bytes got(1000);
  world.disk("a").set_faults({.read_error = 1});
  EXPECT_THROW(file->read_at(0, got), Error);
  world.disk("a").set_faults({.write_error = 1});
  EXPECT_THROW(file->write_at(0, got), Error);
  world.disk("a").set_faults({.sync_error = 1});
  EXPECT_THROW(file->sync(), Error);
  world.disk("a").set_faults({.read_error = 0.5});
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    try {
      file->read_at(0, got);
    } catch (const Error&) {
      ++failed;
    }
  }
  EXPECT_NEAR(failed, 500, 100);
}

TEST(SimDisk, RotFlipsOneBitForGood) {
  SimWorld world(5);
  auto& disk = world.node("a").disk();
  auto file = disk.open("/f", OpenMode::create);
  file->write_at(0, Bytes(1000));
  file->sync();
  disk.sync_directory("/");
  auto ones = [&file] {
    Bytes got(1000);
    file->read_at(0, got);
    int bits = 0;
    for (auto byte : got) bits += __builtin_popcount(byte);
    return bits;
  };
  world.disk("a").set_faults({.bit_rot = 1});
  EXPECT_EQ(ones(), 1);
  world.disk("a").set_faults({});
  EXPECT_EQ(ones(), 1);
  world.disk("a").flip_bit("/f", 8 * 1000 - 1);
  world.disk("a").crash();
  auto kept = read_file(disk, "/f");
  EXPECT_EQ(kept.back() & 0x80, 0x80) << "the damage is on the medium";
  EXPECT_THROW(world.disk("a").flip_bit("/f", 8 * 1000), Error);
}

TEST(SimDisk, CountsMutations) {
  SimWorld world(5);
  auto& disk = world.node("a").disk();
  auto before = world.disk("a").mutations();
  disk.make_directories("/a/b");                      // 2
  auto file = disk.open("/a/b/f", OpenMode::create);  // 1
  file->write_at(0, as_bytes("x"));                   // 1
  file->sync();                                       // 1
  file->truncate(0);                                  // 1
  disk.rename("/a/b/f", "/a/g");                      // 1
  disk.remove("/a/g");                                // 1
  disk.sync_directory("/a");                          // 1
  disk.stat("/a");
  disk.open("/", OpenMode::read);
  EXPECT_EQ(world.disk("a").mutations() - before, 9u);
}

TEST(SimDisk, MovedDirectoriesComeBackWhole) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimWorld world(seed);
    auto& disk = world.node("a").disk();
    disk.make_directories("/a/b");
    write_file_atomic(disk, "/a/b/f", as_bytes("kept"));
    disk.sync_directory("/a");
    disk.sync_directory("/");
    disk.rename("/a/b", "/b");
    disk.rename("/a", "/b/a");
    world.disk("a").crash();
    int found = 0;
    for (const char* path : {"/a/b/f", "/b/f"}) found += disk.stat(path).has_value();
    EXPECT_EQ(found, 1) << "seed " << seed;
  }
}

}  // namespace
}  // namespace openmcp::base
