#include "ipld/path.hpp"

#include "codec_support.hpp"
#include "ipld/codec.hpp"
#include "unixfs_support.hpp"

namespace openmcp::test {
namespace {

using base::Errc;
using ipld::Cid;
using ipld::ContentPath;
using ipld::List;
using ipld::Map;
using ipld::Node;
using ipld::Pathing;
using ipld::Resolved;
using namespace ipld::unixfs;
namespace fs = std::filesystem;

constexpr auto kRoot = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

TEST(ContentPaths, AreRead) {
  auto segments = [](const std::string& text) { return must(ContentPath::parse(text)).segments; };
  using Segments = std::vector<std::string>;
  std::string root = kRoot;
  for (auto& text : {root, "/ipfs/" + root, "ipfs://" + root, root + "/", "/ipfs/" + root + "//"}) {
    EXPECT_EQ(must(ContentPath::parse(text)).root.text(), root);
    EXPECT_EQ(segments(text), Segments{});
  }
  EXPECT_EQ(segments("/ipfs/" + root + "/a/b c//d/"), (Segments{"a", "b c", "d"}));
  EXPECT_EQ(segments("ipfs://" + root + "/.././%20"), (Segments{"..", ".", "%20"}));
  EXPECT_EQ(must(ContentPath::parse(root + "/a/b")).text(), "/ipfs/" + root + "/a/b");
  for (std::string text : {std::string(), std::string("/"), std::string("/ipfs/"), "/ipns/" + root, "ipns://" + root,
                           "/" + root, std::string("/ipfs/zzz/a"), std::string("a/b"), "//" + root}) {
    EXPECT_FALSE(ContentPath::parse(text)) << text;
  }
  std::string deep = root;
  for (int i = 0; i < 1025; ++i) deep += "/a";
  EXPECT_EQ(ContentPath::parse(deep).error().code(), Errc::too_large);
}

class Paths : public Unixfs {
protected:
  Resolved at(const Cid& root, const std::string& path, Pathing pathing = Pathing::unixfs) {
    return run(env, resolve(blocks, must(ContentPath::parse(root.text() + "/" + path)), pathing));
  }
  Cid put_cbor(const Node& node) { return put(must(encode_block(ipld::Codec::dag_cbor, node))); }
};

TEST_F(Paths, ThroughDirectories) {
  write(temp / "a/b/file", "content");
  auto root = import(temp.path().string());
  auto found = at(root.cid, "a/b/file");
  EXPECT_EQ(base::as_text(read(found.cid)), "content");
  ASSERT_EQ(found.passed.size(), 3u);
  EXPECT_EQ(found.passed[0], root.cid);
  EXPECT_TRUE(found.remainder.empty());
  EXPECT_EQ(at(root.cid, "").cid, root.cid);
  EXPECT_TRUE(at(root.cid, "").passed.empty());
  auto absent = error_of([&] { at(root.cid, "a/c/file"); });
  EXPECT_EQ(absent.code(), Errc::not_found);
  EXPECT_THAT(absent.message(), testing::HasSubstr("'c'"));
  EXPECT_THAT(absent.message(), testing::HasSubstr(root.cid.text() + "/a"));
  EXPECT_EQ(error_of([&] { at(root.cid, "a/b/file/x"); }).code(), Errc::invalid_argument);
  EXPECT_EQ(error_of([&] { at(root.cid, ".."); }).code(), Errc::not_found);
}

TEST_F(Paths, ThroughHamts) {
  Importer importer(env, blocks, kTiny);
  std::vector<NamedEntry> entries;
  for (int i = 0; i < 300; ++i) {
    auto file = run(env, importer.import_bytes(base::SharedBytes(base::to_bytes(std::to_string(i)))));
    entries.push_back({"f" + std::to_string(i), file});
  }
  auto root = run(env, importer.make_directory(entries));
  auto outer = run(env, importer.make_directory({{"sub", root}}));
  for (auto& [name, file] : entries) {
    auto found = at(outer.cid, "sub/" + name);
    EXPECT_EQ(found.cid, file.cid);
    EXPECT_GE(found.passed.size(), 3u);
    EXPECT_EQ(found.passed[1], root.cid);
  }
  EXPECT_EQ(error_of([&] { at(outer.cid, "sub/f300"); }).code(), Errc::not_found);
}

TEST_F(Paths, ThroughTheDataModel) {
  auto inner = put_cbor(Map{{"list", List{Node(1), Node(Map{{"deep", true}})}}});
  write(temp / "file", "content");
  auto directory = import(temp.path().string());
  auto root = put_cbor(Map{{"name", "x"}, {"to", Node(inner)}, {"files", Node(Map{{"dir", Node(directory.cid)}})}});
  auto inside = at(root, "to/list/1/deep");
  EXPECT_EQ(inside.cid, inner);
  EXPECT_EQ(inside.remainder, (std::vector<std::string>{"list", "1", "deep"}));
  EXPECT_EQ(inside.passed, std::vector<Cid>{root});
  EXPECT_EQ(at(root, "name").remainder, std::vector<std::string>{"name"});
  EXPECT_EQ(at(root, "to").cid, inner);
  EXPECT_TRUE(at(root, "to").remainder.empty());
  auto file = at(root, "files/dir/file");
  EXPECT_EQ(base::as_text(read(file.cid)), "content");
  EXPECT_EQ(file.passed, (std::vector<Cid>{root, directory.cid}));
  for (auto path : {"nothing", "to/list/2", "to/list/01", "to/list/-1", "to/list/x", "name/x", "to/list/1/deep/er"}) {
    EXPECT_EQ(error_of([&] { at(root, path); }).code(), Errc::not_found) << path;
  }
}

TEST_F(Paths, DagPbAsDataModel) {
  write(temp / "file", "content");
  auto root = import(temp.path().string());
  auto file = at(root.cid, "Links/0/Hash", Pathing::data_model);
  EXPECT_EQ(base::as_text(read(file.cid)), "content");
  EXPECT_EQ(at(root.cid, "Links/0/Name", Pathing::data_model).remainder.size(), 3u);
  // dag-pb that is not UnixFS is entered by the names of its links.
  std::vector<ipld::PbLink> links{{.hash = root.cid, .name = "x", .tsize = 1}};
  auto plain = put(make_block(ipld::Codec::dag_pb, base::SharedBytes(must(ipld::encode_dag_pb(links, std::nullopt)))));
  EXPECT_EQ(at(plain, "x").cid, root.cid);
}

TEST_F(Paths, MissingBlocksAreNamed) {
  auto absent = make_block(ipld::Codec::dag_cbor, base::SharedBytes(base::Bytes{0xf6})).cid;
  auto root = put_cbor(Map{{"to", Node(absent)}});
  EXPECT_EQ(at(root, "to").cid, absent);  // not read: nobody asked what is in it
  auto error = error_of([&] { at(root, "to/x"); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_THAT(error.message(), testing::HasSubstr(absent.text()));
}

}  // namespace
}  // namespace openmcp::test
