// TAR archives of UnixFS trees: read back by a small reader here, and by the system's tar where there is one.
#include <fstream>

#include "api/gateway/tar_format.hpp"
#include "gateway_support.hpp"
#include "ipld/dag_pb.hpp"
#include "ipld/unixfs/data.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Path to content; symlinks as "-> target", directories as "/". pax paths are understood.
std::map<std::string, std::string> untar(const std::string& tar) {
  std::map<std::string, std::string> entries;
  std::string pax_path, pax_link;
  for (std::size_t at = 0; at + 512 <= tar.size();) {
    auto header = tar.substr(at, 512);
    at += 512;
    if (header.find_first_not_of('\0') == std::string::npos) break;
    auto text = [&](std::size_t from, std::size_t room) {
      auto field = header.substr(from, room);
      return field.substr(0, field.find('\0'));
    };
    auto size = std::stoull(text(124, 12), nullptr, 8);
    auto content = tar.substr(at, size);
    at += (size + 511) / 512 * 512;
    if (header[156] == 'x') {
      for (std::string_view rest = content; !rest.empty();) {
        auto length = std::stoull(std::string(rest.substr(0, rest.find(' '))));
        auto record = rest.substr(0, length - 1);
        record.remove_prefix(record.find(' ') + 1);
        if (record.starts_with("path=")) pax_path = record.substr(5);
        if (record.starts_with("linkpath=")) pax_link = record.substr(9);
        rest.remove_prefix(length);
      }
      continue;
    }
    auto path = pax_path.empty() ? text(0, 100) : pax_path;
    auto link = pax_link.empty() ? text(157, 100) : pax_link;
    entries[path] = header[156] == '5' ? "/" : header[156] == '2' ? "-> " + link : content;
    pax_path.clear();
    pax_link.clear();
  }
  return entries;
}

TEST_F(GatewayTest, TreesAsArchives) {
  OPENMCP_NEED_VECTORS(fixtures, "gateway-conformance/fixtures/path_gateway_tar");
  auto root = load(fixtures / "fixtures.car");
  auto file = at(root, {"ą", "ę", "file-źł.txt"});
  const std::string text = "I am a txt file on path with utf8\n";
  for (auto& answer :
       {get("/ipfs/" + file.text() + "?format=tar"), get("/ipfs/" + file.text(), {{"Accept", "application/x-tar"}})}) {
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.header("Content-Type"), "application/x-tar");
    EXPECT_THAT(answer.header("Content-Disposition"), StartsWith("attachment;"));
    EXPECT_THAT(answer.header("ETag"), StartsWith("W/\"" + file.text() + ".x-tar"));
    EXPECT_EQ(untar(answer.body).at(file.text()), text);
  }
  auto whole = get("/ipfs/" + root.text() + "?format=tar&filename=test%D1%82%D0%B5%D1%81%D1%82.tar");
  EXPECT_THAT(whole.header("Content-Disposition"),
              HasSubstr("attachment; filename=\"test____.tar\"; filename*=UTF-8''test%D1%82%D0%B5%D1%81%D1%82.tar"));
  auto entries = untar(whole.body);
  EXPECT_EQ(entries.at(root.text() + "/ą/ę/file-źł.txt"), text);
  EXPECT_EQ(entries.at(root.text() + "/ą/"), "/");
  EXPECT_EQ(untar(get("/ipfs/" + root.text() + "/ą?format=tar").body).at("ą/ę/file-źł.txt"), text);

  auto outside = get("/ipfs/" + load(fixtures / "outside-root.car").text() + "?format=tar");
  EXPECT_EQ(outside.status, 400u);
  auto inside = load(fixtures / "inside-root.car");
  EXPECT_EQ(untar(get("/ipfs/" + inside.text() + "?format=tar").body).at(inside.text() + "/foobar/file"),
            "Hello, world!\n");
}

class TarTest : public GatewayTest {
protected:
  Cid directory(std::vector<std::pair<std::string, Cid>> entries) {
    std::vector<ipld::PbLink> links;
    for (auto& [name, cid] : entries) links.push_back({cid, name, 1});
    return node(std::move(links), {.type = ipld::unixfs::NodeType::directory});
  }
  Cid symlink(std::string_view target) {
    return node({}, {.type = ipld::unixfs::NodeType::symlink, .data = base::as_bytes(target)});
  }
  Cid file(std::string_view text) {
    auto block = raw_block(text);
    run(env, store.store(block));
    return block.cid;
  }
  Cid node(std::vector<ipld::PbLink> links, ipld::unixfs::Data data) {
    auto message = ipld::unixfs::encode_data(data);
    base::SharedBytes bytes(base::unwrap(ipld::encode_dag_pb(links, base::BytesView(message))));
    auto block = ipld::make_block(Codec::dag_pb, std::move(bytes));
    run(env, store.store(block));
    return block.cid;
  }
};

TEST_F(TarTest, NothingIsWrittenThroughALink) {
  // "a" is a link to /etc first and a directory then.
  auto evil = directory({{"a", symlink("/etc")}, {"a", directory({{"passwd", file("root::0:0")}})}});
  EXPECT_EQ(get("/ipfs/" + evil.text() + "?format=tar").status, 400u);
  auto sideways = directory({{"a", symlink("/etc")}, {"b", directory({{"../a/passwd", file("root::0:0")}})}});
  EXPECT_EQ(get("/ipfs/" + sideways.text() + "?format=tar").status, 400u);
  auto honest = directory({{"a", file("1")}, {"b", symlink("a")}});
  auto entries = untar(get("/ipfs/" + honest.text() + "?format=tar").body);
  EXPECT_EQ(entries.at(honest.text() + "/b"), "-> a");
}

TEST_F(TarTest, TheSystemsTarReadsIt) {
  if (std::system("tar --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no tar on this machine";
  std::string long_name(180, 'n');
  auto root = directory(
      {{"empty", directory({})}, {"leer zeichen ü", file(std::string(5000, 'z'))}, {long_name, file("long")}});
  auto tar = get("/ipfs/" + root.text() + "?format=tar");
  TempDir temp;
  std::ofstream(temp / "t.tar", std::ios::binary) << tar.body;
  ASSERT_EQ(std::system(("tar -C " + temp.path() + " -xf " + temp / "t.tar").c_str()), 0);
  EXPECT_EQ(slurp_text(temp / (root.text() + "/" + long_name)), "long");
  EXPECT_EQ(slurp_text(temp / (root.text() + "/leer zeichen ü")), std::string(5000, 'z'));
  EXPECT_TRUE(std::filesystem::is_directory(temp / (root.text() + "/empty")));
}

TEST(TarFormat, PathsStayBelowTheRoot) {
  using api::gateway::tar_path;
  EXPECT_EQ(tar_path("root", "a"), "root/a");
  EXPECT_EQ(tar_path("root/a/b", "../c"), "root/a/c");
  EXPECT_EQ(tar_path("root/a", "./b//c"), "root/a/b/c");
  for (std::string_view name : {"..", "../x", ".", "", "a/../..", "../../root/x", "/", "../root/../../x"})
    EXPECT_EQ(tar_path("root", name), "") << name;
  EXPECT_EQ(tar_path("root", std::string_view("a\0b", 3)), "");
}

TEST(TarFormat, LargeFilesHaveTheirSizeInPax) {
  api::gateway::TarEntry entry{.path = "big", .size = 9ull << 30};
  auto header = api::gateway::tar_header(entry);
  EXPECT_EQ(header.size(), 3 * api::gateway::kTarBlock);
  EXPECT_THAT(std::string(base::as_text(header)), HasSubstr("19 size=9663676416\n"));
}

}  // namespace
}  // namespace openmcp::test
