// Every CID that IPIP-0499 publishes, for both profiles. The inputs are those of Kubo's test/cli/cid_profiles_test.go.
#include "unixfs_support.hpp"

namespace openmcp::test {
namespace {

using namespace ipld::unixfs;

constexpr std::size_t kKiB = 1024, kMiB = 1024 * kKiB;

class UnixfsProfile : public Unixfs {
protected:
  std::string file(std::string_view seed, std::size_t size, const Profile& profile) {
    return import_bytes(keystream(seed, size), profile).cid.text();
  }

  /// The same without holding it: the key stream is made while it is read.
  std::string streamed(std::string_view seed, std::uint64_t size, const Profile& profile) {
    std::uint64_t at = 0;
    ipld::ByteSource source = [&at, seed, size](base::MutableBytes into) -> base::Task<std::size_t> {
      auto length = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size - at));
      auto bytes = keystream(seed, length, at);
      std::ranges::copy(bytes, into.begin());
      at += length;
      co_return length;
    };
    NoBlocks nowhere;
    Importer importer(env, nowhere, profile, {.only_hash = true});
    return run(env, importer.import_stream(std::move(source))).cid.text();
  }

  /// Files of the one byte 'x' with names of `width` characters, the last one of `last`.
  std::string directory(std::string_view seed, std::size_t count, std::size_t width, std::size_t last,
                        const Profile& profile) {
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz01234567890-_";
    auto random = keystream(seed, (count - 1) * width + last);
    Importer importer(env, blocks, profile);
    auto file = run(env, importer.import_bytes(base::SharedBytes(base::to_bytes("x"))));
    std::vector<NamedEntry> entries;
    for (std::size_t i = 0; i < count; ++i) {
      std::string name;
      for (std::size_t k = 0; k < (i + 1 == count ? last : width); ++k) {
        name += kAlphabet[random[i * width + k] % kAlphabet.size()];
      }
      entries.push_back({std::move(name), file});
    }
    return run(env, importer.make_directory(std::move(entries))).cid.text();
  }
};

TEST_F(UnixfsProfile, FilesOfV1) {
  auto hello = import_bytes(base::to_bytes("hello world"));
  EXPECT_EQ(hello.cid.text(), "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
  EXPECT_EQ(file("chunk-v1-seed", kMiB, kUnixfsV1_2025), "bafkreiacndfy443ter6qr2tmbbdhadvxxheowwf75s6zehscklu6ezxmta");
  EXPECT_EQ(file("chunk-v1-seed", kMiB + 1, kUnixfsV1_2025),
            "bafybeigmix7t42i6jacydtquhet7srwvgpizfg7gjbq7627d35mjomtu64");
}

TEST_F(UnixfsProfile, ZerosAsTheJavascriptImporterMakesThem) {
  EXPECT_EQ(import_bytes(base::Bytes(kMiB)).cid.text(), "bafkreibq4fevl27rgurgnxbp7adh42aqiyd6ouflxhj3gzmcxcxzbh6lla");
  EXPECT_EQ(import_bytes(base::Bytes(kMiB + 1)).cid.text(),
            "bafybeihd4yzq7n5umhjngdum4r6k2to7egxfkf2jz6thvwzf6djus22cmq");
}

TEST_F(UnixfsProfile, FilesOfV0) {
  auto hello = import_bytes(base::to_bytes("hello world"), kUnixfsV0_2015);
  EXPECT_EQ(hello.cid.text(), "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD");
  EXPECT_EQ(file("chunk-v0-seed", 256 * kKiB, kUnixfsV0_2015), "QmWmRj3dFDZdb6ABvbmKhEL6TmPbAfBZ1t5BxsEyJrcZhE");
  EXPECT_EQ(file("chunk-v0-seed", 256 * kKiB + 1, kUnixfsV0_2015), "QmYyLxtzZyW22zpoVAtKANLRHpDjZtNeDjQdJrcQNWoRkJ");
}

TEST_F(UnixfsProfile, WidthOfV0) {
  EXPECT_EQ(streamed("v0-seed", 174 * 256 * kKiB, kUnixfsV0_2015), "QmUbBALi174SnogsUzLpYbD4xPiBSFANF4iztWCsHbMKh2");
  EXPECT_EQ(streamed("v0-seed", 174 * 256 * kKiB + 1, kUnixfsV0_2015),
            "QmV81WL765sC8DXsRhE5fJv2rwhS4icHRaf3J9Zk5FdRnW");
}

TEST_F(UnixfsProfile, WidthOfV1) {
  if (!std::getenv("OPENMCP_LONG")) GTEST_SKIP() << "2 GiB of hashing (set OPENMCP_LONG)";
  EXPECT_EQ(streamed("v1-2025-seed", 1024 * kMiB, kUnixfsV1_2025),
            "bafybeihmf37wcuvtx4hpu7he5zl5qaf2ineo2lqlfrapokkm5zzw7zyhvm");
  EXPECT_EQ(streamed("v1-2025-seed", 1024 * kMiB + 1, kUnixfsV1_2025),
            "bafybeibdsi225ugbkmpbdohnxioyab6jsqrmkts3twhpvfnzp77xtzpyhe");
}

TEST_F(UnixfsProfile, DirectoryAtTheThresholdOfV1) {
  EXPECT_EQ(directory("hamt-unixfs-v1-2025", 4766, 11, 21, kUnixfsV1_2025),
            "bafybeic3h7rwruealwxkacabdy45jivq2crwz6bufb5ljwupn36gicplx4");
}

TEST_F(UnixfsProfile, DirectoryOverTheThresholdOfV1) {
  EXPECT_EQ(directory("hamt-unixfs-v1-2025", 4766, 11, 22, kUnixfsV1_2025),
            "bafybeiegvuterwurhdtkikfhbxcldohmxp566vpjdofhzmnhv6o4freidu");
}

TEST_F(UnixfsProfile, DirectoryAtTheThresholdOfV0) {
  EXPECT_EQ(directory("hamt-unixfs-v0-2015", 4096, 30, 30, kUnixfsV0_2015),
            "QmX5GtRk3TSSEHtdrykgqm4eqMEn3n2XhfkFAis5fjyZmN");
}

TEST_F(UnixfsProfile, DirectoryOverTheThresholdOfV0) {
  EXPECT_EQ(directory("hamt-unixfs-v0-2015", 4033, 31, 31, kUnixfsV0_2015),
            "QmeMiJzmhpJAUgynAcxTQYek5PPKgdv3qEvFsdV3XpVnvP");
}

TEST(UnixfsProfiles, AreKnownByName) {
  EXPECT_EQ(profile_from_name("unixfs-v0-2015")->width, 174u);
  EXPECT_EQ(profile_from_name("unixfs-v1-2025")->width, 1024u);
  EXPECT_EQ(profile_from_name("unixfs-v2").error().code(), base::Errc::invalid_argument);
}

TEST(UnixfsProfiles, ThatCannotWorkAreRefused) {
  auto with = [](auto change) {
    auto profile = kUnixfsV1_2025;
    change(profile);
    return check_profile(profile).has_value();
  };
  EXPECT_TRUE(with([](Profile&) {}));
  EXPECT_TRUE(with([](Profile& p) { p.chunk_bytes = (2u << 20) - 256; }));
  EXPECT_FALSE(with([](Profile& p) { p.chunk_bytes = (2u << 20) - 255; }));
  EXPECT_FALSE(with([](Profile& p) { p.chunk_bytes = 0; }));
  EXPECT_FALSE(with([](Profile& p) { p.width = 1; }));
  EXPECT_FALSE(with([](Profile& p) { p.hamt_fanout = 2048; }));
  EXPECT_FALSE(with([](Profile& p) { p.hamt_fanout = 24; }));
  EXPECT_FALSE(with([](Profile& p) { p.cid_version = 2; }));
}

}  // namespace
}  // namespace openmcp::test
