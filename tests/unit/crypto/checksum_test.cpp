// Hashes that are not cryptographic: CRC-32C and MurmurHash3.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <vector>

#include "crypto/crc32c.hpp"
#include "crypto/hash.hpp"
#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using base::as_bytes;
using test::hex;

/// The ways that this processor has.
std::vector<std::uint32_t (*)(base::BytesView, std::uint32_t)> crc_ways() {
  std::vector ways{crc::portable};
  if (crc::has_hardware()) ways.push_back(crc::hardware);
  if (crc::has_wide()) ways.push_back(crc::wide);
  return ways;
}

// RFC 3720, B.4; the RFC prints the bytes in the order of the wire, lowest first.
TEST(Crc32c, Rfc3720Examples) {
  base::Bytes up(32), down(32);
  for (std::uint8_t i = 0; i < 32; ++i) {
    up[i] = i;
    down[i] = static_cast<std::uint8_t>(31 - i);
  }
  const auto read_command = hex(
      "01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018 28000000 00000000 02000000 00000000");
  for (auto f : crc_ways()) {
    EXPECT_EQ(f(base::Bytes(32, 0x00), 0), 0x8a9136aau);
    EXPECT_EQ(f(base::Bytes(32, 0xff), 0), 0x62a8ab43u);
    EXPECT_EQ(f(up, 0), 0x46dd794eu);
    EXPECT_EQ(f(down, 0), 0x113fdb5cu);
    EXPECT_EQ(f(read_command, 0), 0xd9963a56u);
    EXPECT_EQ(f(as_bytes("123456789"), 0), 0xe3069283u);  // the catalogue's check value, CRC-32/ISCSI
    EXPECT_EQ(f({}, 0), 0u);
  }
}

RC_GTEST_PROP(Crc32c, EveryWayEqualsPortable, (std::uint32_t seed, std::uint32_t start)) {
  std::mt19937 random(seed);
  const auto length = *rc::gen::element<std::size_t>(7, 400, 2000, 6500, 40'000);
  const auto size = std::uniform_int_distribution<std::size_t>(0, length)(random);
  const auto offset = random() % 16;
  base::Bytes bytes(offset + size);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
  const auto data = base::BytesView(bytes).subspan(offset);
  for (auto f : crc_ways()) RC_ASSERT(f(data, start) == crc::portable(data, start));
}

TEST(Crc32c, EveryWayEqualsPortableAroundEveryBoundary) {
  if (crc_ways().size() == 1) GTEST_SKIP() << "this processor has no CRC instructions";
  base::Bytes bytes(3 * 2048 + 3 * 128 + 32);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 131 + (i >> 8));
  for (std::size_t end : {0, 8, 3 * 128, 512, 6 * 128, 1024, 3 * 2048, 3 * 2048 + 3 * 128}) {
    for (std::size_t n = end < 16 ? 0 : end - 16; n <= end + 16; ++n) {
      const auto data = base::BytesView(bytes).first(n);
      for (auto f : crc_ways()) EXPECT_EQ(f(data, 0x12345678), crc::portable(data, 0x12345678)) << n;
    }
  }
}

RC_GTEST_PROP(Crc32c, Continues, (const base::Bytes& data)) {
  const auto cut = *rc::gen::inRange<std::size_t>(0, data.size() + 1);
  const base::BytesView view = data;
  RC_ASSERT(crc32c(view.subspan(cut), crc32c(view.first(cut))) == crc32c(view));
}

// SMHasher's verification of a hash: of the keys 00, 00 01, ... with seeds 256 downwards, then of all those hashes;
// the value is in its table of hashes.
TEST(Murmur3, SmhasherVerification) {
  base::Bytes key, hashes;
  auto put = [&hashes](std::uint64_t v) {
    for (int i = 0; i < 8; ++i) hashes.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  };
  for (std::uint32_t i = 0; i < 256; ++i) {
    const auto [h1, h2] = murmur3_x64_128(key, 256 - i);
    put(h1);
    put(h2);
    key.push_back(static_cast<std::uint8_t>(i));
  }
  EXPECT_EQ(static_cast<std::uint32_t>(murmur3_x64_128(hashes).h1), 0x6384ba69u);
}

// IPFS, UnixFS specification, HAMT: the names whose hashes begin so collide in the first levels.
TEST(Murmur3, UnixFsNames) {
  EXPECT_EQ(murmur3_x64_128(as_bytes("470.txt")).h1 >> 40, 0x006e88u);
  EXPECT_EQ(murmur3_x64_128(as_bytes("742.txt")).h1 >> 40, 0x00ff87u);
  EXPECT_EQ(murmur3_x64_128({}), (Murmur128{0, 0}));
}

}  // namespace
}  // namespace openmcp::crypto
