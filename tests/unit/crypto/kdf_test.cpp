#include "crypto/kdf.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using base::as_bytes;
using base::Bytes;
using test::hex;

Bytes range(std::uint8_t first, std::size_t count) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), first);
  return bytes;
}

// RFC 4231, test cases 1, 2, 3 and 6.
TEST(Hmac, Rfc4231Examples) {
  EXPECT_EQ(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There")),
            hex<32>("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
  EXPECT_EQ(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")),
            hex<32>("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  EXPECT_EQ(hmac_sha256(Bytes(20, 0xaa), Bytes(50, 0xdd)),
            hex<32>("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"));
  EXPECT_EQ(hmac_sha256(Bytes(131, 0xaa), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
            hex<32>("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

TEST(Hmac, EmptyKeyIsNotTheKeyOfBefore) {
  const auto empty = hmac_sha256({}, as_bytes("data"));
  hmac_sha256(as_bytes("Jefe"), as_bytes("data"));
  EXPECT_EQ(hmac_sha256({}, as_bytes("data")), empty);
  EXPECT_EQ(hmac_sha256(Bytes(64), as_bytes("data")), empty);  // a short key is filled up with zeros
}

Bytes hkdf(const Bytes& material, const Bytes& salt, const Bytes& info, std::size_t size) {
  Bytes out(size);
  base::unwrap(hkdf_sha256(material, salt, info, out));
  return out;
}

// RFC 5869, appendix A.1 to A.3.
TEST(Hkdf, Rfc5869Examples) {
  EXPECT_EQ(hkdf_extract(range(0, 13), Bytes(22, 0x0b)),
            hex<32>("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
  EXPECT_EQ(hkdf(Bytes(22, 0x0b), range(0, 13), range(0xf0, 10), 42),
            hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
  EXPECT_EQ(
      hkdf(range(0, 80), range(0x60, 80), range(0xb0, 80), 82),
      hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f"
          "09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"));
  EXPECT_EQ(hkdf(Bytes(22, 0x0b), {}, {}, 42),
            hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
}

TEST(Hkdf, GivesAtMost255Blocks) {
  Bytes out(255 * 32);
  EXPECT_TRUE(hkdf_sha256(as_bytes("key"), {}, {}, out));
  out.push_back(0);
  const auto result = hkdf_sha256(as_bytes("key"), {}, {}, out);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::Errc::invalid_argument);
}

constexpr std::uint64_t kMemory = 64 << 20;

Bytes scrypt_64(std::string_view password, std::string_view salt, ScryptCost cost) {
  Bytes out(64);
  base::unwrap(scrypt(as_bytes(password), as_bytes(salt), cost, kMemory, out));
  return out;
}

// RFC 7914, section 12 (all but the last, which takes a gibibyte).
TEST(Scrypt, Rfc7914Examples) {
  EXPECT_EQ(
      scrypt_64("", "", {16, 1, 1}),
      hex("77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d"
          "3628cf35e20c38d18906"));
  EXPECT_EQ(
      scrypt_64("password", "NaCl", {1024, 8, 16}),
      hex("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83"
          "ee6d8360cbdfa2cc0640"));
  EXPECT_EQ(
      scrypt_64("pleaseletmein", "SodiumChloride", {16384, 8, 1}),
      hex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d65"
          "1e40dfcf017b45575887"));
}

base::Errc scrypt_error(ScryptCost cost, std::uint64_t memory) {
  Bytes out(32);
  const auto result = scrypt(as_bytes("password"), as_bytes("salt"), cost, memory, out);
  return result ? base::Errc::internal : result.error().code();
}

TEST(Scrypt, RefusesCostsThatCannotBe) {
  constexpr auto kMost = ~std::uint64_t{0};
  EXPECT_EQ(scrypt_error({0, 8, 1}, kMost), base::Errc::invalid_argument);
  EXPECT_EQ(scrypt_error({1, 8, 1}, kMost), base::Errc::invalid_argument);
  EXPECT_EQ(scrypt_error({1000, 8, 1}, kMost), base::Errc::invalid_argument);
  EXPECT_EQ(scrypt_error({1024, 0, 1}, kMost), base::Errc::invalid_argument);
  EXPECT_EQ(scrypt_error({1024, 8, 0}, kMost), base::Errc::invalid_argument);
  EXPECT_EQ(scrypt_error({std::uint64_t{1} << 32, 1, 1}, kMost), base::Errc::invalid_argument);
  EXPECT_EQ(scrypt_error({1024, 1 << 15, 1 << 15}, kMost), base::Errc::invalid_argument);
}

TEST(Scrypt, KeepsToTheMemoryAllowed) {
  const std::uint64_t needed = 128 * 8 * (1024 + 1 + 2);
  Bytes out(32);
  EXPECT_TRUE(scrypt(as_bytes("password"), as_bytes("salt"), {1024, 8, 1}, needed, out));
  EXPECT_EQ(scrypt_error({1024, 8, 1}, needed - 1), base::Errc::too_large);
  EXPECT_EQ(scrypt_error({std::uint64_t{1} << 31, 8, 1}, kMemory), base::Errc::too_large);
  EXPECT_EQ(scrypt_error({2, (1u << 30) - 1, 1}, kMemory), base::Errc::too_large);
}

// RFC 7914, section 11.
TEST(Pbkdf2, Rfc7914Examples) {
  Bytes out(64);
  base::unwrap(pbkdf2_sha256(as_bytes("passwd"), as_bytes("salt"), 1, out));
  EXPECT_EQ(
      out,
      hex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e3"
          "0bd509112041d3a19783"));
  base::unwrap(pbkdf2_sha256(as_bytes("Password"), as_bytes("NaCl"), 80000, out));
  EXPECT_EQ(
      out,
      hex("4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1"
          "d078478f62b397f33c8d"));
}

TEST(Pbkdf2, TakesEmptyWordsButNoEmptyWork) {
  Bytes out(32), none;
  EXPECT_TRUE(pbkdf2_sha256({}, {}, 1, out));
  EXPECT_FALSE(pbkdf2_sha256(as_bytes("a"), as_bytes("b"), 0, out));
  EXPECT_FALSE(pbkdf2_sha256(as_bytes("a"), as_bytes("b"), 1, none));
}

}  // namespace
}  // namespace openmcp::crypto
