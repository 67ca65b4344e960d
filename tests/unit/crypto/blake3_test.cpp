#include "crypto/blake3.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using test::hex;

/// The input of the official vectors: bytes 0 to 250, again and again.
base::Bytes counting(std::size_t length) {
  base::Bytes bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}

struct Case {
  std::size_t length;
  std::string_view hash;
};

// BLAKE3-team/BLAKE3, test_vectors/test_vectors.json, first 32 bytes of "hash".
constexpr Case kOfficial[] = {
    {0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
    {1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
    {2, "7b7015bb92cf0b318037702a6cdd81dee41224f734684c2c122cd6359cb1ee63"},
    {8, "2351207d04fc16ade43ccab08600939c7c1fa70a5c0aaca76063d04c3228eaeb"},
    {63, "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b"},
    {64, "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"},
    {65, "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"},
    {127, "d81293fda863f008c09e92fc382a81f5a0b4a1251cba1634016a0f86a6bd640d"},
    {128, "f17e570564b26578c33bb7f44643f539624b05df1a76c81f30acd548c44b45ef"},
    {129, "683aaae9f3c5ba37eaaf072aed0f9e30bac0865137bae68b1fde4ca2aebdcb12"},
    {1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
    {1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
    {1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
    {2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
    {2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
    {3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
    {3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"},
    {4096, "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969"},
    {4097, "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995"},
    {5120, "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833"},
    {5121, "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff"},
    {6144, "3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205"},
    {7168, "61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a"},
    {7169, "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817"},
    {8192, "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63"},
    {8193, "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b"},
    {16384, "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4"},
    {31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
    {102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
};

// Trees of several groups of 64 chunks, as the official implementation (PyPI blake3) hashes them.
constexpr Case kTrees[] = {
    {65535, "de7d0f4c044c56f56e0c5f7ab247be9491c4520e8688f0f0d25406f46fdfbd03"},
    {65536, "68d647e619a930e7b1082f74f334b0c65a315725569bdc123f0ee11881717bfe"},
    {65537, "7c99f9840a73dfcb6e5bfe4ff6d1558acab7e015640790c26411818bdbe17eca"},
    {131072, "306baba93b1a393cbd35172837c98b0f59a41f64e1b2682ae102d8b2534b9e1c"},
    {196608, "88939057eab3697bc0f667ad559433aad6e7a1bf5172aa28cc5420785b1e368c"},
    {196609, "24af087e4d878227c008c68e1813d2c10d621f9ffcca0160cf11b9bc5f19a532"},
    {330680, "c5d7c3fca696d5cd48f9675c9a6fe81c3d4fc192f4ccc83ddc9d099c74308264"},
    {1048576, "74cb441fd087764ca9c3694da742ebe30cbeb3060a17009ca81825c7a8d10343"},
    {1048581, "e7d3a085aae37615eb1535109c71eae66a4d65d741e7d6b3268608c5a509ec4e"},
};

class Blake3 : public testing::TestWithParam<blake::Lanes> {
protected:
  void SetUp() override {
    if (!blake::supported(GetParam())) GTEST_SKIP() << "this processor has no instructions for so many lanes";
  }
};
INSTANTIATE_TEST_SUITE_P(Lanes, Blake3, testing::Values(blake::Lanes::four, blake::Lanes::eight, blake::Lanes::sixteen),
                         [](const auto& info) { return std::to_string(static_cast<int>(info.param)); });

TEST_P(Blake3, MatchesOfficialVectors) {
  for (const auto& c : kOfficial) EXPECT_EQ(blake::hash(counting(c.length), GetParam()), hex<32>(c.hash)) << c.length;
}

TEST_P(Blake3, HashesTreesOfManyGroups) {
  for (const auto& c : kTrees) EXPECT_EQ(blake::hash(counting(c.length), GetParam()), hex<32>(c.hash)) << c.length;
}

TEST(Blake3, DefaultMatchesOfficialVectors) {
  for (const auto& c : kOfficial) EXPECT_EQ(blake3(counting(c.length)), hex<32>(c.hash)) << c.length;
}

RC_GTEST_PROP(Blake3, AnyNumberOfLanesGivesTheSameHash, ()) {
  const auto length = *rc::gen::inRange<std::size_t>(0, 150'000);
  const auto offset = *rc::gen::inRange<std::size_t>(0, 64);
  const auto bytes = counting(offset + length);
  const auto data = base::BytesView(bytes).subspan(offset);
  const auto expected = blake::hash(data, blake::Lanes::four);
  for (auto lanes : {blake::Lanes::eight, blake::Lanes::sixteen}) {
    if (blake::supported(lanes)) RC_ASSERT(blake::hash(data, lanes) == expected);
  }
}

}  // namespace
}  // namespace openmcp::crypto
