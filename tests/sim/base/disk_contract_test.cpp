// What every disk must do, the machine's and the simulated one alike.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/disk.hpp"
#include "base/real_env.hpp"
#include "base/result.hpp"
#include "base/sim_env.hpp"

namespace openmcp::base {
namespace {

/// A disk with an empty directory to work in.
class Place {
public:
  virtual ~Place() = default;
  virtual Disk& disk() = 0;
  virtual Path root() = 0;
};

class RealPlace final : public Place {
public:
  RealPlace() {
    std::string pattern = (std::filesystem::temp_directory_path() / "openmcp-disk-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~RealPlace() override { std::filesystem::remove_all(root_); }
  Disk& disk() override { return *disk_; }
  Path root() override { return root_; }

private:
  std::unique_ptr<Disk> disk_ = make_real_disk();
  Path root_;
};

class SimPlace final : public Place {
public:
  SimPlace() { disk().make_directories("/work"); }
  Disk& disk() override { return world_.node("a").disk(); }
  Path root() override { return "/work"; }

private:
  SimWorld world_{1};
};

class DiskContract : public testing::TestWithParam<const char*> {
protected:
  Path at(std::string_view name) { return join(place_->root(), name); }
  void put(std::string_view name, std::string_view text) {
    disk.open(at(name), OpenMode::create)->write_at(0, as_bytes(text));
  }
  std::string get(std::string_view name) { return std::string(as_text(read_file(disk, at(name)))); }
  template <class F>
  static std::string code_of(F act) {
    try {
      act();
    } catch (const Error& error) {
      return std::string(to_string(error.code()));
    }
    return "nothing thrown";
  }

private:
  static std::unique_ptr<Place> make(std::string_view which) {
    if (which == "real") return std::make_unique<RealPlace>();
    return std::make_unique<SimPlace>();
  }
  std::unique_ptr<Place> place_ = make(GetParam());

protected:
  Disk& disk = place_->disk();
};

INSTANTIATE_TEST_SUITE_P(Disks, DiskContract, testing::Values("real", "simulated"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(DiskContract, WritesAndReadsAtPositions) {
  auto file = disk.open(at("f"), OpenMode::create_new);
  file->write_at(0, as_bytes("hello"));
  file->write_at(8, as_bytes("world"));
  EXPECT_EQ(file->size(), 13u);
  Bytes all(20);
  EXPECT_EQ(file->read_at(0, all), 13u);
  EXPECT_EQ(as_text(BytesView(all).first(13)), std::string_view("hello\0\0\0world", 13));
  EXPECT_EQ(file->read_at(13, all), 0u);
  EXPECT_EQ(file->read_at(1000, all), 0u);
  EXPECT_EQ(file->read_at(11, MutableBytes(all).first(1)), 1u);
  file->sync();
  file->truncate(3);
  EXPECT_EQ(get("f"), "hel");
  file->truncate(5);
  EXPECT_EQ(get("f"), std::string("hel\0\0", 5));
}

TEST_P(DiskContract, WritesManyBuffersAtOnce) {
  auto file = disk.open(at("f"), OpenMode::create);
  std::vector<std::string> parts;
  std::vector<BytesView> views;
  std::string expected;
  parts.reserve(3000);
  for (int i = 0; i < 3000; ++i) parts.push_back(i % 7 == 0 ? "" : std::string(static_cast<std::size_t>(i % 50), 'a'));
  for (const auto& part : parts) {
    views.push_back(as_bytes(part));
    expected += part;
  }
  file->write_at(0, views);
  EXPECT_EQ(get("f"), expected);
  file->write_at(0, std::span<const BytesView>());
  EXPECT_EQ(file->size(), expected.size());
}

TEST_P(DiskContract, UncachedWritesChangeWhatTheyCoverAndNoMore) {
  auto file = disk.open(at("f"), OpenMode::create_new);
  std::string expected(6'000'000, '0');
  file->write_at(0, as_bytes(expected));
  // Pieces that begin and end anywhere: in the middle of a block of the disk, at its border, within one.
  for (std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{4096}, std::uint64_t{5000}, std::uint64_t{3'999'999}}) {
    for (std::size_t bytes :
         {std::size_t{1}, std::size_t{100}, std::size_t{4096}, std::size_t{2'500'000}, std::size_t{5'300'000}}) {
      std::string text(bytes, static_cast<char>('a' + bytes % 26));
      for (std::size_t i = 0; i < bytes; i += 997) text[i] = static_cast<char>('A' + i % 26);
      auto first = bytes / 3, second = bytes / 2;
      std::vector<BytesView> pieces = {as_bytes(text).first(first),
                                       {},
                                       as_bytes(text).subspan(first, second - first),
                                       as_bytes(text).subspan(second)};
      file->write_uncached(offset, pieces);
      if (expected.size() < offset + bytes) expected.resize(offset + bytes);
      expected.replace(offset, bytes, text);
      ASSERT_EQ(file->size(), expected.size());
      ASSERT_TRUE(get("f") == expected) << bytes << " bytes at " << offset;
    }
  }
  file->sync();
  EXPECT_TRUE(equal(disk.open(at("f"), OpenMode::read)->map(0, expected.size()), as_bytes(expected)));
}

TEST_P(DiskContract, AllocatedBytesAreZerosUntilTheyAreWritten) {
  put("f", "abc");
  auto file = disk.open(at("f"), OpenMode::write);
  if (!file->allocate(3'000'000)) GTEST_SKIP() << "this file system does not allocate";
  EXPECT_EQ(file->size(), 3'000'000u);
  std::string expected("abc");
  expected.resize(3'000'000);
  std::string part(2'000'000, 'x');
  expected.replace(500'000, part.size(), part);
  BytesView piece = as_bytes(part);
  file->write_uncached(500'000, {&piece, 1});
  EXPECT_TRUE(get("f") == expected);
  file->truncate(600'000);
  EXPECT_TRUE(get("f") == expected.substr(0, 600'000));
}

TEST_P(DiskContract, OpenModes) {
  EXPECT_EQ(code_of([&] { disk.open(at("f"), OpenMode::read); }), "not found");
  EXPECT_EQ(code_of([&] { disk.open(at("f"), OpenMode::write); }), "not found");
  put("f", "x");
  EXPECT_EQ(code_of([&] { disk.open(at("f"), OpenMode::create_new); }), "already exists");
  disk.open(at("f"), OpenMode::create);
  EXPECT_EQ(get("f"), "x") << "create does not empty a file";
  disk.open(at("f"), OpenMode::write)->write_at(1, as_bytes("y"));
  EXPECT_EQ(get("f"), "xy");
  auto reader = disk.open(at("f"), OpenMode::read);
  EXPECT_EQ(code_of([&] { reader->write_at(0, as_bytes("z")); }), "i/o error");
  disk.make_directories(at("d"));
  EXPECT_EQ(code_of([&] { disk.open(at("d"), OpenMode::write); }), "invalid argument");
  EXPECT_EQ(code_of([&] { read_file(disk, at("d")); }), "invalid argument");
  EXPECT_EQ(code_of([&] { disk.open(at("f/x"), OpenMode::create); }), "not found");
  EXPECT_EQ(code_of([&] { disk.open(at("no/x"), OpenMode::create); }), "not found");
  EXPECT_EQ(code_of([&] { disk.open(at(std::string("a\0b", 3)), OpenMode::create); }), "invalid argument");
  EXPECT_EQ(code_of([&] { disk.open(at(std::string(256, 'n')), OpenMode::create); }), "invalid argument");
}

TEST_P(DiskContract, ErrorsNameThePath) {
  try {
    disk.open(at("absent"), OpenMode::read);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find(at("absent")), std::string::npos) << error.message();
  }
}

TEST_P(DiskContract, StatTellsKindAndSize) {
  put("f", "four");
  disk.make_directories(at("d/e"));
  disk.make_symlink(at("l"), "f");
  disk.make_symlink(at("dangling"), "nowhere");
  EXPECT_EQ(disk.stat(at("f"))->kind, FileKind::file);
  EXPECT_EQ(disk.stat(at("f"))->size, 4u);
  EXPECT_EQ(disk.stat(at("d"))->kind, FileKind::directory);
  EXPECT_EQ(disk.stat(at("l"))->kind, FileKind::file);
  EXPECT_EQ(disk.stat(at("l"), false)->kind, FileKind::symlink);
  EXPECT_EQ(disk.stat(at("l"), false)->size, 1u);
  EXPECT_EQ(disk.stat(at("l"))->inode, disk.stat(at("f"))->inode);
  EXPECT_NE(disk.stat(at("d"))->inode, disk.stat(at("f"))->inode);
  EXPECT_FALSE(disk.stat(at("dangling")));
  EXPECT_TRUE(disk.stat(at("dangling"), false));
  EXPECT_FALSE(disk.stat(at("absent")));
  EXPECT_FALSE(disk.stat(at("f/below")));
  EXPECT_EQ(disk.open(at("f"), OpenMode::read)->info().inode, disk.stat(at("f"))->inode);
  disk.set_mode(at("f"), 0600);
  EXPECT_EQ(disk.stat(at("f"))->mode, 0600u);
}

TEST_P(DiskContract, FollowsLinksAndRefusesLoops) {
  disk.make_directories(at("d"));
  put("d/f", "found");
  disk.make_symlink(at("up"), "d/../d");
  disk.make_symlink(at("absolute"), at("d"));
  EXPECT_EQ(get("up/f"), "found");
  EXPECT_EQ(get("absolute/./f"), "found");
  EXPECT_EQ(disk.read_link(at("up")), "d/../d");
  EXPECT_EQ(code_of([&] { disk.read_link(at("d")); }), "invalid argument");
  disk.make_symlink(at("x"), "y");
  disk.make_symlink(at("y"), "x");
  EXPECT_EQ(code_of([&] { disk.open(at("x"), OpenMode::read); }), "invalid argument");
  EXPECT_EQ(code_of([&] { disk.make_symlink(at("x"), "z"); }), "already exists");
  disk.make_symlink(at("new"), "made");
  put("new", "through the link");
  EXPECT_EQ(get("made"), "through the link");
}

TEST_P(DiskContract, ListsSortedByBytes) {
  EXPECT_TRUE(disk.list(at("")).empty());
  for (const char* name : {"b", "a", "Z", "\xc3\xa9", ".hidden", "a.b"}) put(name, "");
  disk.make_directories(at("dir"));
  disk.make_symlink(at("link"), "b");
  std::string names;
  for (const auto& entry : disk.list(at(""))) names += entry.name + " ";
  EXPECT_EQ(names, ".hidden Z a a.b b dir link \xc3\xa9 ");
  EXPECT_EQ(disk.list(at(""))[5].kind, FileKind::directory);
  EXPECT_EQ(disk.list(at(""))[6].kind, FileKind::symlink);
  EXPECT_EQ(code_of([&] { disk.list(at("absent")); }), "not found");
  EXPECT_EQ(code_of([&] { disk.list(at("b")); }), "not found");
}

TEST_P(DiskContract, RenameReplaces) {
  put("a", "new");
  put("b", "old");
  disk.rename(at("a"), at("b"));
  EXPECT_EQ(get("b"), "new");
  EXPECT_FALSE(disk.stat(at("a")));
  disk.make_directories(at("d/e"));
  disk.rename(at("b"), at("d/e/c"));
  EXPECT_EQ(get("d/e/c"), "new");
  EXPECT_EQ(code_of([&] { disk.rename(at("absent"), at("x")); }), "not found");
  EXPECT_EQ(code_of([&] { disk.rename(at("d"), at("d/e/f")); }), "invalid argument");
  put("f", "");
  EXPECT_EQ(code_of([&] { disk.rename(at("f"), at("d")); }), "invalid argument");
  disk.make_directories(at("empty"));
  disk.rename(at("d"), at("empty"));
  EXPECT_EQ(get("empty/e/c"), "new");
  EXPECT_EQ(code_of([&] {
              disk.make_directories(at("full/x"));
              disk.rename(at("empty"), at("full"));
            }),
            "invalid argument");
}

TEST_P(DiskContract, RemovesFilesLinksAndEmptyDirectories) {
  put("f", "x");
  disk.make_symlink(at("l"), "f");
  disk.make_directories(at("d/e"));
  EXPECT_EQ(code_of([&] { disk.remove(at("d")); }), "invalid argument");
  disk.remove(at("d/e"));
  disk.remove(at("d"));
  disk.remove(at("l"));
  EXPECT_EQ(get("f"), "x") << "removing a link leaves its target";
  auto open = disk.open(at("f"), OpenMode::read);
  disk.remove(at("f"));
  Bytes byte(1);
  EXPECT_EQ(open->read_at(0, byte), 1u) << "an open file lives on";
  EXPECT_EQ(code_of([&] { disk.remove(at("f")); }), "not found");
  EXPECT_TRUE(disk.list(at("")).empty());
}

TEST_P(DiskContract, MakesDirectoriesAsOftenAsAsked) {
  disk.make_directories(at("a/b/c"));
  disk.make_directories(at("a/b/c"));
  disk.make_directories(at("a/b/c/"));
  EXPECT_EQ(disk.stat(at("a/b/c"))->kind, FileKind::directory);
  put("f", "");
  EXPECT_EQ(code_of([&] { disk.make_directories(at("f")); }), "already exists");
  EXPECT_EQ(code_of([&] { disk.make_directories(at("f/g")); }), "not found");
  disk.sync_directory(at("a/b"));
  EXPECT_EQ(code_of([&] { disk.sync_directory(at("absent")); }), "not found");
}

TEST_P(DiskContract, MapsAnyRangeAndTheViewOutlivesTheFile) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += static_cast<char>('a' + i % 23);
  put("f", text);
  std::vector<std::pair<std::size_t, SharedBytes>> views;
  {
    auto file = disk.open(at("f"), OpenMode::write);
    EXPECT_EQ(file->map(5, 0).size(), 0u);
    for (std::size_t offset : {0u, 1u, 511u, 4095u, 4096u, 4097u, 70001u, 99999u}) {
      for (std::size_t length : {1u, 100u, 30000u, 70000u}) {
        if (offset + length > text.size()) continue;
        views.emplace_back(offset, file->map(offset, length));
      }
    }
    // Growing: what is appended can be mapped at once.
    for (int i = 0; i < 40; ++i) {
      std::size_t end = text.size();
      std::string more(1u << 20, static_cast<char>('A' + i % 26));
      file->write_at(end, as_bytes(more));
      text += more;
      views.emplace_back(end, file->map(end, more.size()));
      views.emplace_back(end - 10, file->map(end - 10, 20));
    }
    EXPECT_EQ(code_of([&] { file->map(text.size() - 1, 2); }), "corrupt");
    EXPECT_EQ(code_of([&] { file->map(~0ull - 1, 5); }), "corrupt");
    file->unmap();
    views.emplace_back(7, file->map(7, 2u << 20));
    views.emplace_back(8, file->map(8, 70000));
  }
  for (const auto& [offset, view] : views) {
    EXPECT_EQ(as_text(view), std::string_view(text).substr(offset, view.size())) << offset;
  }
}

TEST_P(DiskContract, LocksExcludeAndNameTheHolder) {
  std::string holder;
  auto lock = disk.try_lock(at("lock"), "pid 7, openmcp commit", holder);
  ASSERT_TRUE(lock);
  EXPECT_EQ(holder, "");
  EXPECT_FALSE(disk.try_lock(at("lock"), "other", holder));
  EXPECT_EQ(holder, "pid 7, openmcp commit");
  lock.reset();
  auto again = disk.try_lock(at("lock"), "other", holder);
  ASSERT_TRUE(again);
  EXPECT_EQ(holder, "");
  EXPECT_FALSE(disk.try_lock(at("lock"), "third", holder));
  EXPECT_EQ(holder, "other");
}

TEST_P(DiskContract, WriteFileAtomicReplacesAndLeavesNothingBehind) {
  write_file_atomic(disk, at("f"), as_bytes("one"), 0600);
  EXPECT_EQ(get("f"), "one");
  EXPECT_EQ(disk.stat(at("f"))->mode, 0600u);
  put("f.tmp", "left behind by a crash");
  write_file_atomic(disk, at("f"), as_bytes("two"));
  EXPECT_EQ(get("f"), "two");
  EXPECT_EQ(disk.list(at("")).size(), 1u);
  EXPECT_EQ(code_of([&] { write_file_atomic(disk, at("no/f"), as_bytes("x")); }), "not found");
}

TEST_P(DiskContract, ReadFileKeepsItsLimit) {
  put("f", "12345");
  EXPECT_EQ(as_text(read_file(disk, at("f"), 5)), "12345");
  EXPECT_EQ(code_of([&] { read_file(disk, at("f"), 4); }), "too large");
  put("empty", "");
  EXPECT_TRUE(read_file(disk, at("empty"), 0).empty());
}

TEST_P(DiskContract, TellsFreeSpace) { EXPECT_GT(disk.free_space(at("")), 0u); }

}  // namespace
}  // namespace openmcp::base
