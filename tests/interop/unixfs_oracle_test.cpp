// Our importer beside ipfs-unixfs-importer and Kubo, on random files and folders.
#include "unit/ipld/codec_support.hpp"
#include "unit/ipld/unixfs_support.hpp"
//
#include "interop/node_oracle.hpp"

namespace openmcp::test {
namespace {

using namespace ipld::unixfs;
using boost::json::object;
namespace fs = std::filesystem;

constexpr int kCases = 60;

/// The n-th of a repeatable series.
template <class T>
T nth(const rc::Gen<T>& generator, int n) {
  return generator(rc::Random(static_cast<std::uint64_t>(n)), 10 + n % 90).value();
}

struct Case {
  Profile profile;
  object request;
};

Case tiny_case(int n) {
  Profile profile = kTiny;
  auto number = [n](int salt, std::uint32_t from, std::uint32_t to) {
    return nth(rc::gen::inRange<std::uint32_t>(from, to), n * 100 + salt);
  };
  auto bits = number(1, 3, 11);
  profile.chunk_bytes = number(2, 1, 100);
  profile.width = number(3, 2, 10);
  profile.hamt_fanout = 1u << bits;
  profile.hamt_threshold = number(4, 0, 600);
  profile.hamt_measure = number(5, 0, 2) == 0 ? HamtMeasure::block_bytes : HamtMeasure::links_bytes;
  profile.leaves = number(6, 0, 2) == 0 ? LeafKind::raw : LeafKind::dag_pb;
  profile.cid_version = number(7, 0, 2);
  object request{{"chunk", profile.chunk_bytes},
                 {"width", profile.width},
                 {"fanoutBits", bits},
                 {"threshold", profile.hamt_threshold},
                 {"measure", profile.hamt_measure == HamtMeasure::block_bytes ? "block-bytes" : "links-bytes"},
                 {"rawLeaves", profile.leaves == LeafKind::raw},
                 {"cidVersion", profile.cid_version}};
  return {profile, std::move(request)};
}

/// Random files in random folders, at least one in each.
void grow(const fs::path& folder, int seed, int levels) {
  fs::create_directories(folder);
  auto random = rc::Random(static_cast<std::uint64_t>(seed));
  auto below = [&random](std::uint64_t end) { return random.next() % end; };
  static const std::vector<std::string> kNames{"a",     "file name", "\xc3\xa9", "\xf0\x9f\xa6\x91",
                                               "x.txt", "-",         "~",        "Z"};
  for (auto i = 1 + below(30); i > 0; --i) {
    auto path = folder / (kNames[below(kNames.size())] + std::to_string(i));
    if (levels > 0 && i > 1 && below(6) == 0) {
      grow(path, static_cast<int>(below(1u << 30)), levels - 1);
    } else {
      write(path, keystream(path.filename().string(), below(400)));
    }
  }
}

class UnixfsOracle : public Unixfs {
protected:
  /// Every request's root, imported here and there.
  void compare(std::vector<Case> cases) {
    std::vector<object> requests;
    for (auto& each : cases) requests.push_back(each.request);
    auto answers = ask_node("unixfs_oracle.mjs", requests);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      ASSERT_TRUE(answers[i].contains("cid")) << boost::json::serialize(answers[i]);
      std::string root(requests[i].at("root").as_string());
      EXPECT_EQ(import(root, cases[i].profile).cid.text(), std::string(answers[i].at("cid").as_string()))
          << boost::json::serialize(requests[i]);
    }
  }
};

TEST_F(UnixfsOracle, Files) {
  OPENMCP_NEED_NODE();
  std::vector<Case> cases;
  for (int n = 0; n < kCases; ++n) {
    auto each = tiny_case(n);
    auto path = temp / std::to_string(n);
    write(path, keystream(path, nth(rc::gen::inRange<std::size_t>(0, 3000), n)));
    each.request["root"] = path;
    cases.push_back(std::move(each));
  }
  compare(std::move(cases));
}

TEST_F(UnixfsOracle, Folders) {
  OPENMCP_NEED_NODE();
  std::vector<Case> cases;
  for (int n = 0; n < kCases; ++n) {
    auto each = tiny_case(n);
    auto path = temp / std::to_string(n);
    // It counts a sub-folder as nothing when it decides between flat and HAMT (dir-flat.js: children without a CID),
    // so folders of folders are compared where that cannot matter: all flat, or all HAMT.
    auto levels = n % 3;
    if (levels > 0) {
      each.profile.hamt_measure = HamtMeasure::block_bytes;
      each.profile.hamt_threshold = levels == 1 ? 0 : 1u << 30;
      each.request["measure"] = "block-bytes";
      each.request["threshold"] = each.profile.hamt_threshold;
    }
    grow(path, n, levels);
    each.request["root"] = path;
    cases.push_back(std::move(each));
  }
  compare(std::move(cases));
}

/// Sizes around every border of both profiles, and a folder large enough to be a HAMT in either.
void make_profile_inputs(const fs::path& folder) {
  for (std::size_t chunk : {256u << 10, 1u << 20}) {
    for (std::size_t size : {chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 17}) {
      write(folder / std::to_string(size), keystream("size", size));
    }
  }
  for (int i = 0; i < 6000; ++i) {
    write(folder / "many" / ("a name of a length that is usual " + std::to_string(i * 7919)), std::to_string(i));
  }
  fs::create_directories(folder / "empty");
  write(folder / "empty file", "");
}

TEST_F(UnixfsOracle, Profiles) {
  OPENMCP_NEED_NODE();
  make_profile_inputs(temp.path());
  std::vector<Case> cases;
  for (auto& profile : profiles()) {
    cases.push_back({profile, {{"profile", profile.name}, {"root", temp.path().string()}}});
    cases.push_back({profile, {{"profile", profile.name}, {"root", temp / "empty file"}}});
  }
  compare(std::move(cases));
}

TEST_F(UnixfsOracle, TrickleFilesAreRead) {
  OPENMCP_NEED_NODE();
  std::vector<object> requests;
  for (int n = 0; n < kCases; ++n) {
    auto request = tiny_case(n).request;
    auto path = temp / std::to_string(n);
    write(path, keystream(path, nth(rc::gen::inRange<std::size_t>(0, 3000), n)));
    request["root"] = path;
    request["layout"] = "trickle";
    request["blocks"] = true;
    requests.push_back(std::move(request));
  }
  auto answers = ask_node("unixfs_oracle.mjs", requests);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_TRUE(answers[i].contains("cid")) << boost::json::serialize(answers[i]);
    blocks = {};
    for (auto& pair : answers[i].at("blocks").as_array()) {
      // The store keys blocks by multihash and lists them as raw.
      auto cid = must(ipld::Cid::parse(pair.at(0).as_string()));
      blocks.put({cid, base::SharedBytes(from_hex(pair.at(1).as_string()))});
    }
    auto root = must(ipld::Cid::parse(answers[i].at("cid").as_string()));
    auto expected = slurp(std::string(requests[i].at("root").as_string()));
    EXPECT_EQ(read(root), expected) << i;
    if (expected.size() < 3) continue;
    auto third = expected.size() / 3;
    base::Bytes middle(expected.begin() + static_cast<std::ptrdiff_t>(third),
                       expected.begin() + static_cast<std::ptrdiff_t>(2 * third));
    EXPECT_EQ(read(root, {third, third}), middle) << i;
  }
}

// --- Kubo ------------------------------------------------------------------------------------------------------------

/// Runs a shell command; its standard output without the last line break.
std::string shell(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot start: " + command);
  std::string text;
  for (char buffer[4096]; std::size_t size = fread(buffer, 1, sizeof buffer, pipe);) text.append(buffer, size);
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

TEST_F(UnixfsOracle, KuboMakesTheSameCids) {
  if (!std::getenv("OPENMCP_KUBO")) GTEST_SKIP() << "no Kubo (set OPENMCP_KUBO to its program)";
  TempDir home;
  auto kubo = "IPFS_PATH='" + home.path().string() + "' \"$OPENMCP_KUBO\" ";
  shell(kubo + "init --profile=test >/dev/null 2>&1");
  grow(temp / "random", 4711, 3);
  make_profile_inputs(temp.path() / "profile");
  fs::create_symlink("../nowhere", temp / "random/link");
  write(temp / "random/.hidden", "x");
  for (auto& profile : profiles()) {
    shell(kubo + "config profile apply " + std::string(profile.name) + " >/dev/null 2>&1");
    for (auto folder : {"random", "profile"}) {
      auto theirs = shell(kubo + "add -Q -r --offline '" + (temp / folder) + "' 2>/dev/null");
      EXPECT_EQ(import(temp / folder, profile).cid.text(), theirs) << folder << " " << profile.name;
      auto hidden = shell(kubo + "add -Q -r -H --offline '" + (temp / folder) + "' 2>/dev/null");
      EXPECT_EQ(import(temp / folder, profile, {.include_hidden = true}).cid.text(), hidden) << folder;
    }
  }
}

}  // namespace
}  // namespace openmcp::test
