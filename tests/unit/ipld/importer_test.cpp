#include "ipld/unixfs/importer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "codec_support.hpp"
#include "unixfs_support.hpp"

namespace openmcp::test {
namespace {

using namespace ipld::unixfs;
using base::Errc;
namespace fs = std::filesystem;

class Importing : public Unixfs {
protected:
  std::set<std::string> names(const ipld::Cid& cid) {
    std::set<std::string> found;
    for (auto& entry : list(cid)) found.insert(entry.name);
    return found;
  }
};

TEST_F(Importing, EmptyThings) {
  write(temp / "empty", "");
  fs::create_directory(temp / "nothing");
  // Well known: the empty raw block, the empty dag-pb file and the empty directory (Kubo).
  EXPECT_EQ(import(temp / "empty").cid.text(), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
  EXPECT_EQ(import(temp / "empty", kUnixfsV0_2015).cid.text(), "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH");
  EXPECT_EQ(import(temp / "nothing").cid.text(), "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
  EXPECT_EQ(import(temp / "nothing", kUnixfsV0_2015).cid.text(), "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn");
  EXPECT_EQ(import_bytes({}).cid, import(temp / "empty").cid);
  EXPECT_EQ(import_bytes({}).blocks, 1u);
}

TEST_F(Importing, SameFromDiskBytesAndStream) {
  for (std::size_t size : {0u, 1u, 15u, 16u, 17u, 48u, 49u, 1000u}) {
    auto bytes = keystream("same", size);
    write(temp / "file", bytes);
    auto from_disk = import(temp / "file", kTiny);
    std::size_t at = 0;
    ipld::ByteSource source = [&bytes, &at](base::MutableBytes into) -> base::Task<std::size_t> {
      auto length = std::min({into.size(), bytes.size() - at, std::size_t{7}});  // short reads are not the end
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, into.begin());
      at += length;
      co_return length;
    };
    Importer importer(env, blocks, kTiny);
    auto from_stream = run(env, importer.import_stream(std::move(source)));
    auto from_bytes = import_bytes(bytes, kTiny);
    EXPECT_EQ(from_disk.cid, from_stream.cid) << size;
    EXPECT_EQ(from_disk.cid, from_bytes.cid) << size;
    EXPECT_EQ(from_disk.blocks, from_stream.blocks) << size;
    EXPECT_EQ(from_disk.dag_size, from_stream.dag_size) << size;
    EXPECT_EQ(read(from_disk.cid), bytes) << size;
  }
}

TEST_F(Importing, HiddenEntriesAndExclusions) {
  for (auto name : {"a.txt", ".hidden", "sub/b.txt", "sub/.git/config", "build/out.o", ".dir/x"})
    write(temp / name, name);
  auto plain = import(temp.path().string());
  EXPECT_EQ(names(plain.cid), (std::set<std::string>{"a.txt", "build", "sub"}));
  auto all = import(temp.path().string(), kUnixfsV1_2025, {.include_hidden = true});
  EXPECT_EQ(names(all.cid), (std::set<std::string>{"a.txt", ".hidden", ".dir", "build", "sub"}));
  std::vector<std::string> asked;
  auto exclude = [&asked](std::string_view path, base::FileKind kind) {
    asked.emplace_back(path);
    return path == "build" && kind == base::FileKind::directory;
  };
  auto some = import(temp.path().string(), kUnixfsV1_2025, {.exclude = exclude});
  EXPECT_EQ(names(some.cid), (std::set<std::string>{"a.txt", "sub"}));
  EXPECT_EQ(asked, (std::vector<std::string>{"a.txt", "build", "sub", "sub/b.txt"}));
  auto itself = import(temp / ".hidden");
  EXPECT_EQ(itself.size, 7u);
}

TEST_F(Importing, TellsOfEveryEntryChildrenFirst) {
  write(temp / "d/one", "1");
  write(temp / "d/e/two", "22");
  write(temp / "large", keystream("large", 100));
  std::vector<std::string> order;
  std::map<std::string, Imported> told;
  auto entry = [&](std::string_view path, const Imported& made) {
    order.emplace_back(path);
    told.emplace(path, made);
  };
  ImportProgress last;
  auto progress = [&last](const ImportProgress& now) {
    EXPECT_GE(now.bytes, last.bytes);
    last = now;
  };
  auto root = import(temp.path().string(), kTiny, {.entry = entry, .progress = progress});
  EXPECT_EQ(last.bytes, 103u);
  EXPECT_EQ(last.files, 3u);
  ASSERT_EQ(order.size(), 6u);
  EXPECT_EQ(order.back(), "");
  auto position = [&order](std::string_view path) { return std::ranges::find(order, path) - order.begin(); };
  EXPECT_LT(position("d/e/two"), position("d/e"));
  EXPECT_LT(position("d/e"), position("d"));
  EXPECT_EQ(told.at("").cid, root.cid);
  EXPECT_EQ(told.at("").size, 103u);
  EXPECT_EQ(told.at("").blocks, blocks.order.size());
  EXPECT_EQ(told.at("d").size, 3u);
  EXPECT_EQ(told.at("d").type, NodeType::directory);
  EXPECT_EQ(told.at("large").size, 100u);
  auto totals = run(env, measure(env, temp.path()));
  EXPECT_EQ(totals.bytes, 103u);
  EXPECT_EQ(totals.files, 3u);
  EXPECT_EQ(totals.directories, 3u);
}

TEST_F(Importing, BlocksComeInTheSameOrderEveryTime) {
  for (int i = 0; i < 200; ++i) {
    write(temp / ("dir" + std::to_string(i % 7) + "/f" + std::to_string(i)), keystream("order", 5 * i));
  }
  import(temp.path().string(), kTiny);
  auto first = std::exchange(blocks, {}).order;
  import(temp.path().string(), kTiny);
  EXPECT_EQ(first, blocks.order);
  EXPECT_LT(blocks.batches, blocks.order.size() / 100);
  // A parent never comes before its children.
  std::set<ipld::Multihash> there;
  for (auto& cid : blocks.order) {
    if (cid.codec() == ipld::Codec::dag_pb) {
      for (auto& link : must(ipld::dag_pb_links(blocks.blocks.at(cid.hash()))))
        EXPECT_TRUE(there.contains(link.hash()));
    }
    there.insert(cid.hash());
  }
}

TEST_F(Importing, OnlyHashKeepsNothing) {
  write(temp / "a/b", keystream("x", 500));
  auto kept = import(temp.path().string(), kTiny);
  blocks = {};
  auto hashed = import(temp.path().string(), kTiny, {.only_hash = true});
  EXPECT_EQ(hashed.cid, kept.cid);
  EXPECT_EQ(hashed.blocks, kept.blocks);
  EXPECT_EQ(blocks.accepted, 0u);
}

// --- symlinks and other kinds ----------------------------------------------------------------------------------------

TEST_F(Importing, SymlinksAreKept) {
  write(temp / "dir/file", "content");
  fs::create_symlink("file", temp / "dir/link");
  fs::create_symlink("..", temp / "dir/loop");
  fs::create_symlink("nowhere", temp / "dir/dangling");
  auto root = import(temp.path().string());
  auto dir = list(root.cid).front();
  std::map<std::string, std::string> targets;
  for (auto& entry : list(dir.cid)) {
    auto facts = run(env, stat(blocks, entry.cid));
    if (facts.type == NodeType::symlink) targets[entry.name] = facts.target;
  }
  EXPECT_EQ(targets, (std::map<std::string, std::string>{{"link", "file"}, {"loop", ".."}, {"dangling", "nowhere"}}));
  auto itself = import(temp / "dir/link");
  EXPECT_EQ(itself.type, NodeType::symlink);
  EXPECT_EQ(base::to_hex(blocks.blocks.at(itself.cid.hash())), "0a0808041204" + base::to_hex(base::as_bytes("file")));
  Importer importer(env, blocks);
  EXPECT_EQ(run(env, importer.import_file(temp / "dir/link")).cid, import(temp / "dir/file").cid);
}

TEST_F(Importing, SymlinksCanBeFollowed) {
  write(temp / "real/file", "content");
  fs::create_directory(temp / "tree");
  fs::create_symlink("../real", temp / "tree/copy");
  fs::create_symlink("../real/file", temp / "tree/file");
  auto followed = import(temp / "tree", kUnixfsV1_2025, {.follow_symlinks = true});
  fs::remove(temp / "tree/copy");
  fs::remove(temp / "tree/file");
  write(temp / "tree/copy/file", "content");
  write(temp / "tree/file", "content");
  EXPECT_EQ(followed.cid, import(temp / "tree").cid);
}

TEST_F(Importing, LoopsOfFollowedSymlinksAreNamed) {
  fs::create_directories(temp / "a/b");
  fs::create_symlink("../..", temp / "a/b/up");
  auto error = error_of([&] { import(temp.path().string(), kUnixfsV1_2025, {.follow_symlinks = true}); });
  EXPECT_EQ(error.code(), Errc::invalid_argument);
  EXPECT_THAT(error.message(), testing::HasSubstr("a/b/up"));
  EXPECT_EQ(run(env, measure(env, temp.path(), {.follow_symlinks = true})).directories, 4u);  // and it ends
}

TEST_F(Importing, DanglingFollowedSymlinksAreNamedOrSkipped) {
  fs::create_symlink("nowhere", temp / "link");
  write(temp / "file", "x");
  auto error = error_of([&] { import(temp.path().string(), kUnixfsV1_2025, {.follow_symlinks = true}); });
  EXPECT_EQ(error.code(), Errc::not_found);
  std::vector<std::string> skipped;
  auto note = [&skipped](const base::Error& cannot) { skipped.push_back(cannot.message()); };
  auto made = import(temp.path().string(), kUnixfsV1_2025, {.follow_symlinks = true, .skipped = note});
  EXPECT_EQ(names(made.cid), (std::set<std::string>{"file"}));
  EXPECT_EQ(skipped.size(), 1u);
}

TEST_F(Importing, SpecialFilesAreNamedOrSkipped) {
  ASSERT_EQ(::mkfifo((temp / "pipe").c_str(), 0600), 0);
  write(temp / "file", "x");
  auto error = error_of([&] { import(temp.path().string()); });
  EXPECT_EQ(error.code(), Errc::unsupported);
  EXPECT_THAT(error.message(), testing::HasSubstr("pipe"));
  EXPECT_FALSE(error.hint().empty());
  EXPECT_EQ(error_of([&] { import(temp / "pipe"); }).code(), Errc::unsupported);
  std::size_t skipped = 0;
  auto made = import(temp.path().string(), kUnixfsV1_2025, {.skipped = [&skipped](const base::Error&) { ++skipped; }});
  EXPECT_EQ(names(made.cid), (std::set<std::string>{"file"}));
  EXPECT_EQ(skipped, 1u);
}

TEST_F(Importing, NamesThatHurt) {
  std::set<std::string> hurt{
      "emoji-\xf0\x9f\xa6\x91", "white space\n\t", "-rf", "...", "a'b\"c`$(d)", "\xc3\xa9", "e\xcc\x81",
      std::string(255, 'n')};
  for (auto& name : hurt) write(temp / name, name);
  auto made = import(temp.path().string(), kUnixfsV1_2025, {.include_hidden = true});
  EXPECT_EQ(names(made.cid), hurt);
  write(temp / "latin-\xe9", "x");
  auto error = error_of([&] { import(temp.path().string()); });
  EXPECT_EQ(error.code(), Errc::unsupported);
  EXPECT_FALSE(error.hint().empty());
  std::size_t skipped = 0;
  import(temp.path().string(), kUnixfsV1_2025, {.skipped = [&skipped](const base::Error&) { ++skipped; }});
  EXPECT_EQ(skipped, 1u);
}

TEST_F(Importing, ThePathItselfMustBeThere) {
  EXPECT_EQ(error_of([&] { import(temp / "absent"); }).code(), Errc::not_found);
  Importer importer(env, blocks);
  EXPECT_EQ(error_of([&] { run(env, importer.import_file(temp.path().string())); }).code(), Errc::invalid_argument);
  write(temp / "file", "x");
  EXPECT_EQ(error_of([&] { run(env, importer.import_directory(temp / "file")); }).code(), Errc::invalid_argument);
}

// --- files that change while they are read
// ----------------------------------------------------------------------------

TEST_F(Importing, FileThatGrows) {
  write(temp / "log", base::Bytes(1000));
  auto grow = [this, done = false](const ImportProgress& now) mutable {
    if (now.bytes > 0 && !std::exchange(done, true)) std::ofstream(temp / "log", std::ios::app) << "more";
  };
  auto error = error_of([&] { import(temp / "log", kTiny, {.progress = grow}); });
  EXPECT_EQ(error.code(), Errc::conflict);
  EXPECT_THAT(error.message(), testing::HasSubstr("log"));
  EXPECT_FALSE(error.hint().empty());
}

TEST_F(Importing, FileThatShrinks) {
  write(temp / "log", base::Bytes(100'000));
  auto shrink = [this, done = false](const ImportProgress& now) mutable {
    if (now.bytes > 0 && !std::exchange(done, true)) fs::resize_file(temp / "log", 10);
  };
  EXPECT_EQ(error_of([&] { import(temp / "log", kTiny, {.progress = shrink}); }).code(), Errc::conflict);
}

TEST_F(Importing, FileThatIsRewrittenInPlace) {
  write(temp / "log", base::Bytes(1000));
  auto rewrite = [this, done = false](const ImportProgress& now) mutable {
    if (now.bytes == 0 || std::exchange(done, true)) return;
    write(temp / "log", base::Bytes(1000, 1));
    // The clock of a file system may be too coarse to show it by itself.
    fs::last_write_time(temp / "log", fs::file_time_type::clock::now() + std::chrono::seconds(1));
  };
  EXPECT_EQ(error_of([&] { import(temp / "log", kTiny, {.progress = rewrite}); }).code(), Errc::conflict);
}

TEST_F(Importing, FileThatIsReplacedAfterTheListing) {
  for (std::size_t size : {5u, 500u}) {
    write(temp / "d/file", base::Bytes(size));
    auto replace = [this, size](std::string_view, base::FileKind) {
      write(temp / "other", base::Bytes(size));
      fs::rename(temp / "other", temp / "d/file");
      return false;
    };
    EXPECT_EQ(error_of([&] { import(temp / "d", kTiny, {.exclude = replace}); }).code(), Errc::conflict) << size;
  }
}

TEST_F(Importing, FileThatVanishesAfterTheListing) {
  write(temp / "d/file", "x");
  auto remove = [this](std::string_view, base::FileKind) { return fs::remove(temp / "d/file"), false; };
  auto error = error_of([&] { import(temp / "d", kTiny, {.exclude = remove}); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_THAT(error.message(), testing::HasSubstr("d/file"));
}

// --- size ------------------------------------------------------------------------------------------------------------

TEST_F(Importing, ManyEntriesInOneDirectory) {
  Importer importer(env, blocks);
  auto file = run(env, importer.import_bytes(base::SharedBytes(base::to_bytes("x"))));
  std::vector<NamedEntry> entries;
  entries.reserve(100'000);
  for (int i = 0; i < 100'000; ++i) entries.push_back({"entry-" + std::to_string(i), file});
  auto made = run(env, importer.make_directory(std::move(entries)));
  EXPECT_EQ(run(env, stat(blocks, made.cid)).type, NodeType::hamt_shard);
  EXPECT_EQ(made.size, 100'000u);
  EXPECT_EQ(list(made.cid).size(), 100'000u);
  EXPECT_EQ(run(env, find_entry(blocks, made.cid, "entry-99999"))->cid, file.cid);
}

TEST_F(Importing, DeepTreesUpToTheBound) {
  // Deeper than a path can name, so the tree is made and walked with short relative steps.
  auto made = [this](std::size_t depth) {
    auto here = ::open(".", O_RDONLY | O_DIRECTORY);
    auto root = temp / std::to_string(depth);
    EXPECT_EQ(::mkdir(root.c_str(), 0755), 0);
    auto at = ::open(root.c_str(), O_RDONLY | O_DIRECTORY);
    for (std::size_t i = 0; i < depth; ++i) {
      EXPECT_EQ(::mkdirat(at, "d", 0755), 0);
      auto next = ::openat(at, "d", O_RDONLY | O_DIRECTORY);
      ::close(at);
      at = next;
    }
    ::close(at);
    ::close(here);
    return root;
  };
  auto fine = import(made(1024));
  EXPECT_EQ(fine.blocks, 1025u);
  EXPECT_EQ(error_of([&] { import(made(1025)); }).code(), Errc::too_large);
}

TEST_F(Importing, MadeDirectoriesNeedGoodNames) {
  Importer importer(env, blocks);
  auto file = import_bytes(base::to_bytes("x"));
  for (std::string name : {"", ".", "..", "a/b", "/", "\xff", "a\xc0\x80"}) {
    EXPECT_EQ(error_of([&] { run(env, importer.make_directory({{name, file}})); }).code(), Errc::invalid_argument)
        << name;
  }
  EXPECT_EQ(error_of([&] { run(env, importer.make_directory({{std::string("a\0b", 3), file}})); }).code(),
            Errc::invalid_argument);
  EXPECT_EQ(error_of([&] { run(env, importer.make_directory({{"a", file}, {"a", file}})); }).code(),
            Errc::invalid_argument);
}

// --- errors of the other side
// ------------------------------------------------------------------------------------------

class FullSink final : public ipld::BlockSink {
public:
  base::Task<void> accept(std::vector<ipld::Block>) override {
    throw base::Error(Errc::no_space, "the disk is full");
    co_return;
  }
};

TEST_F(Importing, ErrorsOfTheSinkEndTheImport) {
  FullSink full;
  for (std::size_t size : {10u, 12u << 20}) {
    Importer importer(env, full);
    base::SharedBytes bytes(base::Bytes(size, 1));
    EXPECT_EQ(error_of([&] { run(env, importer.import_bytes(bytes)); }).code(), Errc::no_space) << size;
  }
}

TEST_F(Importing, ErrorsOfTheSourceEndTheImport) {
  ipld::ByteSource broken = [](base::MutableBytes) -> base::Task<std::size_t> {
    throw base::Error(Errc::io, "the pipe broke");
    co_return 0;
  };
  Importer importer(env, blocks);
  EXPECT_EQ(error_of([&] { run(env, importer.import_stream(std::move(broken))); }).code(), Errc::io);
}

TEST_F(Importing, UnreadableFilesAreNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  write(temp / "secret", "x");
  fs::permissions(temp / "secret", fs::perms::none);
  EXPECT_EQ(error_of([&] { import(temp.path().string()); }).code(), Errc::permission);
}

}  // namespace
}  // namespace openmcp::test
