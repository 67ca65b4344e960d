#include "ipld/unixfs/exporter.hpp"

#include <sys/stat.h>

#include <set>

#include "codec_support.hpp"
#include "unixfs_support.hpp"

namespace openmcp::test {
namespace {

using namespace ipld::unixfs;
using base::Errc;
using ipld::Cid;
using ipld::Codec;
using ipld::PbLink;
namespace fs = std::filesystem;

class Exporting : public Unixfs {
protected:
  Written export_to(const Cid& cid, const std::string& target, WriteOptions options = {}) {
    return run(env, write_tree(env, blocks, cid, target, std::move(options)));
  }
  Cid put_raw(std::string_view text) { return put(make_block(Codec::raw, base::SharedBytes(base::to_bytes(text)))); }
  Cid put_node(const Data& data, const std::vector<PbLink>& links = {}) { return put(unixfs_block(data, links)); }
  static PbLink link(const Cid& cid, std::string name = "") {
    return {.hash = cid, .name = std::move(name), .tsize = 0};
  }
};

// --- files -----------------------------------------------------------------------------------------------------------

TEST_F(Exporting, EveryRangeOfEveryFile) {
  EXPECT_TRUE(rc::check("read(import(bytes), range) is that part of the bytes", [this] {
    auto size = *rc::gen::inRange<std::size_t>(0, 3000);
    auto bytes = keystream("range", size);
    auto profile = kTiny;
    if (*rc::gen::arbitrary<bool>()) profile.leaves = LeafKind::dag_pb;
    profile.width = *rc::gen::inRange(2u, 9u);
    profile.chunk_bytes = *rc::gen::inRange(1u, 60u);
    blocks = {};
    auto made = import_bytes(bytes, profile);
    auto offset = *rc::gen::inRange<std::uint64_t>(0, size + 20);
    auto length = *rc::gen::weightedOneOf<std::uint64_t>(
        {{3, rc::gen::inRange<std::uint64_t>(0, size + 20)}, {1, rc::gen::just(UINT64_MAX)}});
    auto begin = std::min<std::uint64_t>(offset, size), end = begin + std::min<std::uint64_t>(length, size - begin);
    base::Bytes expected(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                         bytes.begin() + static_cast<std::ptrdiff_t>(end));
    RC_ASSERT(read(made.cid, {offset, length}) == expected);
    RC_ASSERT(read(made.cid) == bytes);
  }));
}

TEST_F(Exporting, RangesFetchOnlyTheirBlocks) {
  auto bytes = keystream("few", 16 * 1000);
  auto made = import_bytes(bytes, kTiny);
  blocks.retrieved = 0;
  EXPECT_EQ(read(made.cid, {16 * 500 + 3, 5}).size(), 5u);
  EXPECT_LE(blocks.retrieved, 9u);  // the way down a tree of width 3
}

/// Nodes of a trickle DAG as older writers made them: content in the node itself, then leaves, then subtrees.
TEST_F(Exporting, TrickleWithInlineDataAndLinks) {
  auto text = [](std::string_view bytes) { return base::as_bytes(bytes); };
  auto subtree =
      put_node({.type = NodeType::file, .data = text("ee"), .filesize = 6, .blocksizes = {3, 1}},
               {link(put_raw("fff")), link(put_node({.type = NodeType::raw, .data = text("g"), .filesize = 1}))});
  auto root = put_node({.type = NodeType::file, .data = text("aaa"), .filesize = 16, .blocksizes = {2, 0, 5, 6}},
                       {link(put_raw("bb")), link(put_raw("")),
                        link(put_node({.type = NodeType::file, .data = text("ccddd"), .filesize = 5})), link(subtree)});
  std::string whole = "aaabbccdddeefffg";
  EXPECT_EQ(base::as_text(read(root)), whole);
  for (std::size_t from = 0; from <= whole.size(); ++from) {
    for (std::size_t length = 0; length <= whole.size() - from + 1; ++length) {
      ASSERT_EQ(base::as_text(read(root, {from, length})), whole.substr(from, length)) << from << " " << length;
    }
  }
}

TEST_F(Exporting, FilesInsideIdentityCids) {
  auto inlined = Cid::v1(Codec::raw, ipld::Multihash(ipld::HashCode::identity, base::as_bytes("in the CID")));
  EXPECT_EQ(base::as_text(read(inlined)), "in the CID");
  auto root =
      put_node({.type = NodeType::file, .filesize = 13, .blocksizes = {10, 3}}, {link(inlined), link(put_raw("..."))});
  EXPECT_EQ(base::as_text(read(root)), "in the CID...");
  EXPECT_EQ(run(env, stat(blocks, inlined)).size, 10u);
}

TEST_F(Exporting, LyingSizesAreCorrupt) {
  auto root = put_node({.type = NodeType::file, .filesize = 5, .blocksizes = {5}}, {link(put_raw("four"))});
  auto error = error_of([&] { read(root); });
  EXPECT_EQ(error.code(), Errc::corrupt);
  EXPECT_THAT(error.message(), testing::HasSubstr(root.text()));
}

TEST_F(Exporting, MissingBlocksAreNamed) {
  auto made = import_bytes(keystream("missing", 1000), kTiny);
  auto victim = blocks.order[30];
  blocks.blocks.erase(victim.hash());
  auto error = error_of([&] { read(made.cid); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_THAT(error.message(), testing::HasSubstr(victim.text()));
  auto absent = make_block(Codec::raw, base::SharedBytes(base::to_bytes("?"))).cid;
  EXPECT_EQ(error_of([&] { read(absent); }).code(), Errc::not_found);
}

TEST_F(Exporting, OtherThingsAreNoFiles) {
  auto directory = put_node({.type = NodeType::directory});
  EXPECT_EQ(error_of([&] { read(directory); }).code(), Errc::invalid_argument);
  auto symlink = put_node({.type = NodeType::symlink, .data = base::as_bytes("x")});
  EXPECT_EQ(error_of([&] { read(symlink); }).code(), Errc::invalid_argument);
  EXPECT_EQ(error_of([&] { list(put_raw("x")); }).code(), Errc::invalid_argument);
  auto file_of_directory = put_node({.type = NodeType::file, .blocksizes = {1}}, {link(directory)});
  EXPECT_EQ(error_of([&] { read(file_of_directory); }).code(), Errc::invalid_argument);
  auto cbor = put(make_block(Codec::dag_cbor, base::SharedBytes(base::Bytes{0xf6})));
  EXPECT_EQ(error_of([&] { read(cbor); }).code(), Errc::invalid_argument);
}

TEST_F(Exporting, DeepChainsEnd) {
  auto at = put_raw("x");
  for (int depth = 0; depth < 300; ++depth)
    at = put_node({.type = NodeType::file, .filesize = 1, .blocksizes = {1}}, {link(at)});
  EXPECT_EQ(error_of([&] { read(at); }).code(), Errc::too_large);
}

TEST_F(Exporting, SmallFilesAsBytes) {
  auto made = import_bytes(keystream("bytes", 100), kTiny);
  EXPECT_EQ(run(env, read_bytes(env, blocks, made.cid, 100)), keystream("bytes", 100));
  EXPECT_EQ(error_of([&] { run(env, read_bytes(env, blocks, made.cid, 99)); }).code(), Errc::too_large);
}

TEST_F(Exporting, ErrorsOfTheSinkEndTheReading) {
  auto made = import_bytes(keystream("sink", 1000), kTiny);
  ipld::ByteSink broken = [](base::SharedBytes) -> base::Task<void> {
    throw base::Error(Errc::io, "the pipe broke");
    co_return;
  };
  EXPECT_EQ(error_of([&] { run(env, read_file(env, blocks, made.cid, {}, std::move(broken))); }).code(), Errc::io);
}

TEST_F(Exporting, ModeAndTimeAreRead) {
  auto file = put_node({.type = NodeType::file,
                        .data = base::as_bytes("x"),
                        .filesize = 1,
                        .mode = 0640,
                        .mtime = UnixTime{1'700'000'000, 5}});
  auto facts = run(env, stat(blocks, file));
  EXPECT_EQ(facts.mode, 0640u);
  EXPECT_EQ(facts.mtime, (UnixTime{1'700'000'000, 5}));
  EXPECT_FALSE(run(env, stat(blocks, put_raw("x"))).mode);
}

// --- trees -----------------------------------------------------------------------------------------------------------

using Tree = std::map<std::string, std::string>;  ///< path to content; "->x" is a symlink, "/" a directory

Tree tree_of(const fs::path& root) {
  Tree tree;
  for (auto& entry : fs::recursive_directory_iterator(root)) {
    auto path = entry.path().lexically_relative(root).string();
    if (entry.is_symlink()) {
      tree[path] = "->" + fs::read_symlink(entry.path()).string();
    } else if (entry.is_directory()) {
      tree[path] = "/";
    } else {
      tree[path] = slurp_text(entry.path());
    }
  }
  return tree;
}

/// Random entries below `directory`.
void grow(const fs::path& directory, int levels) {
  for (int i = *rc::gen::inRange(0, 8); i > 0; --i) {
    auto name =
        *rc::gen::element<std::string>("a", "b", "name with space", "\xc3\xa9", "x.txt", "\xf0\x9f\xa6\x91", "-", "~");
    auto path = directory / (name + std::to_string(i));
    switch (*rc::gen::inRange(0, levels > 0 ? 6 : 4)) {
      case 0:
        fs::create_symlink(*rc::gen::element<std::string>("../up", "a1", "/etc/passwd", "."), path);
        break;
      case 4:
      case 5:
        fs::create_directory(path);
        grow(path, levels - 1);
        break;
      default:
        write(path, keystream(path.string(), *rc::gen::inRange<std::size_t>(0, 300)));
    }
  }
}

TEST_F(Exporting, TreesComeBackAsTheyWent) {
  EXPECT_TRUE(rc::check("write_tree(import(tree)) == tree", [this] {
    TempDir folder;
    fs::create_directory(folder / "in");
    grow(folder / "in", 3);
    auto profile = *rc::gen::element(kTiny, kUnixfsV1_2025, kUnixfsV0_2015);
    blocks = {};
    auto made = import(folder / "in", profile);
    auto written = export_to(made.cid, folder / "out");
    auto before = tree_of(folder / "in");
    RC_ASSERT(tree_of(folder / "out") == before);
    RC_ASSERT(written.bytes == made.size);
    RC_ASSERT(written.files + written.directories - 1 + written.symlinks == before.size());
    RC_ASSERT(import(folder / "out", profile).cid == made.cid);
  }));
}

TEST_F(Exporting, LargeDirectoriesPageByPage) {
  for (int i = 0; i < 1500; ++i) write(temp / ("in/sub/" + std::to_string(i)), std::to_string(i));
  auto profile = kUnixfsV1_2025;
  for (auto threshold : {1u << 30, 1000u}) {
    profile.hamt_threshold = threshold;
    auto out = temp / ("out" + std::to_string(threshold));
    auto made = import(temp / "in", profile);
    EXPECT_EQ(export_to(made.cid, out).files, 1500u);
    EXPECT_EQ(tree_of(out), tree_of(temp / "in"));
  }
}

TEST_F(Exporting, FilesAndSymlinksByThemselves) {
  export_to(import_bytes(keystream("one", 100), kTiny).cid, temp / "file");
  EXPECT_EQ(slurp(temp / "file"), keystream("one", 100));
  export_to(put_node({.type = NodeType::symlink, .data = base::as_bytes("file")}), temp / "link");
  EXPECT_EQ(fs::read_symlink(temp / "link"), "file");
}

TEST_F(Exporting, NothingIsReplacedUnasked) {
  auto tree = put_node({.type = NodeType::directory}, {link(put_raw("new"), "file")});
  write(temp / "file", "old");
  write(temp / "tree/file", "old");
  write(temp / "tree/other", "other");
  EXPECT_EQ(error_of([&] { export_to(put_raw("new"), temp / "file"); }).code(), Errc::already_exists);
  EXPECT_EQ(error_of([&] { export_to(tree, temp / "tree"); }).code(), Errc::already_exists);
  EXPECT_EQ(slurp_text(temp / "tree/file"), "old");
  export_to(put_raw("new"), temp / "file", {.overwrite = true});
  EXPECT_EQ(slurp_text(temp / "file"), "new");
  export_to(tree, temp / "tree", {.overwrite = true});
  EXPECT_EQ(tree_of(temp / "tree"), (Tree{{"file", "new"}, {"other", "other"}}));
}

TEST_F(Exporting, SymlinksAreNeverFollowed) {
  fs::create_directory(temp / "outside");
  write(temp / "victim", "untouched");
  // A file where a symlink lies, and a directory where a symlink lies.
  fs::create_directory(temp / "target");
  fs::create_symlink("../victim", temp / "target/file");
  auto with_file = put_node({.type = NodeType::directory}, {link(put_raw("new"), "file")});
  export_to(with_file, temp / "target", {.overwrite = true});
  EXPECT_EQ(slurp_text(temp / "victim"), "untouched");
  EXPECT_EQ(slurp_text(temp / "target/file"), "new");
  EXPECT_FALSE(fs::is_symlink(temp / "target/file"));
  fs::create_symlink("../outside", temp / "target/dir");
  auto with_dir = put_node({.type = NodeType::directory}, {link(with_file, "dir")});
  EXPECT_EQ(error_of([&] { export_to(with_dir, temp / "target", {.overwrite = true}); }).code(), Errc::already_exists);
  EXPECT_TRUE(fs::is_empty(temp / "outside"));
  // A DAG that makes the symlink itself and then goes through it.
  auto symlink = put_node({.type = NodeType::symlink, .data = base::as_bytes("../outside")});
  auto both = put_node({.type = NodeType::directory}, {link(symlink, "x"), link(with_file, "x")});
  EXPECT_EQ(error_of([&] { export_to(both, temp / "new"); }).code(), Errc::already_exists);
  EXPECT_TRUE(fs::is_empty(temp / "outside"));
}

TEST_F(Exporting, NamesThatLeaveTheTargetAreRefused) {
  using namespace std::string_literals;
  for (auto& name : {""s, "."s, ".."s, "../x"s, "a/b"s, "/etc"s, "a\0b"s}) {
    auto tree = put_node({.type = NodeType::directory}, {link(put_raw("x"), name)});
    auto target = temp / "t";
    EXPECT_EQ(error_of([&] { export_to(tree, target); }).code(), Errc::corrupt) << name;
    EXPECT_TRUE(fs::is_empty(target));
    fs::remove(target);
  }
}

TEST_F(Exporting, ModesAreSetWithoutSetIdBits) {
  auto file = put_node({.type = NodeType::file, .data = base::as_bytes("x"), .filesize = 1, .mode = 06755});
  auto inner = put_node({.type = NodeType::directory, .mode = 0500}, {link(file, "file")});
  auto outer = put_node({.type = NodeType::directory, .mode = 0500}, {link(inner, "inner")});
  export_to(outer, temp / "out");
  auto mode = [](const std::string& path) {
    struct stat facts{};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0);
    return facts.st_mode & 07777;
  };
  EXPECT_EQ(mode(temp / "out/inner/file"), 0755u);
  EXPECT_EQ(mode(temp / "out/inner"), 0500u);
  EXPECT_EQ(mode(temp / "out"), 0500u);
  fs::permissions(temp / "out", fs::perms::owner_all);
  fs::permissions(temp / "out/inner", fs::perms::owner_all);
}

TEST_F(Exporting, FlatDirectoriesInPages) {
  std::vector<PbLink> links;
  for (char c = 'a'; c <= 'j'; ++c) links.push_back(link(put_raw("x"), std::string(1, c)));
  auto cid = put_node({.type = NodeType::directory}, links);
  auto page = run(env, list_page(blocks, cid, "", 4));
  EXPECT_EQ(page.entries.size(), 4u);
  EXPECT_EQ(page.next, "d");
  page = run(env, list_page(blocks, cid, "d", 100));
  EXPECT_EQ(page.entries.size(), 6u);
  EXPECT_EQ(page.entries.front().name, "e");
  EXPECT_EQ(page.next, "");
  EXPECT_EQ(run(env, list_page(blocks, cid, "dd", 1)).entries.front().name, "e");
  EXPECT_TRUE(run(env, list_page(blocks, cid, "z", 1)).entries.empty());
}

}  // namespace
}  // namespace openmcp::test
