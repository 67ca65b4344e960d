#include "crypto/keystore.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "hex.hpp"
#include "support/vectors.hpp"

namespace openmcp::crypto {
namespace {

using base::as_bytes;
using test::hex;

const KeystoreFresh kFresh{sha256(as_bytes("salt")), hex<16>("000102030405060708090a0b0c0d0e0f"),
                           hex<16>("ffffffffffffffffffffffffffffffff")};
const ScryptCost kCheap{1024, 8, 1};

// ethereum/tests, KeyStoreTests/basic_tests.json.
TEST(Keystore, EthereumFiles) {
  OPENMCP_NEED_VECTORS(folder, "ethereum-tests/KeyStoreTests");
  const auto cases = boost::json::parse(test::slurp_text(folder / "basic_tests.json")).as_object();
  int opened = 0;
  for (const auto& [name, value] : cases) {
    const auto& c = value.as_object();
    const auto file = base::unwrap(KeystoreFile::from_json(boost::json::serialize(c.at("json"))));
    const std::string password(c.at("password").as_string());
    const auto secret = file.unlock(as_bytes(password));
    ASSERT_TRUE(secret) << name;
    EXPECT_EQ(base::to_hex(secret->view()), std::string(c.at("priv").as_string())) << name;
    EXPECT_EQ(base::unwrap(KeystoreFile::from_json(file.to_json())), file) << name;
    if (file.address) {
      const auto pair = base::unwrap(Secp256k1KeyPair::from_secret(secret->fixed<32>()));
      EXPECT_EQ(ethereum_address(pair.public_key()), *file.address) << name;
    }
    ++opened;
  }
  EXPECT_EQ(opened, 5);
}

TEST(Keystore, LocksAndUnlocks) {
  for (const KeystoreCost& cost : {KeystoreCost(kCheap), KeystoreCost(Pbkdf2Cost{1000})}) {
    const auto file = base::unwrap(KeystoreFile::lock(as_bytes("a secret"), as_bytes("password"), kFresh, cost));
    EXPECT_EQ(file.id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    EXPECT_NE(file.ciphertext, base::to_bytes("a secret"));
    const auto read = base::unwrap(KeystoreFile::from_json(file.to_json()));
    EXPECT_EQ(read, file);
    EXPECT_EQ(base::as_text(base::unwrap(read.unlock(as_bytes("password"))).view()), "a secret");
    const auto wrong = read.unlock(as_bytes("passwort"));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), base::Errc::permission);
  }
}

TEST(Keystore, AlteredCiphertextIsNoticed) {
  auto file = base::unwrap(KeystoreFile::lock(as_bytes("a secret"), as_bytes("password"), kFresh, kCheap));
  file.ciphertext[3] ^= 1;
  EXPECT_FALSE(file.unlock(as_bytes("password")));
}

TEST(Keystore, HasBoundsOnSecretAndWork) {
  EXPECT_FALSE(KeystoreFile::lock({}, as_bytes("password"), kFresh, kCheap));
  EXPECT_FALSE(KeystoreFile::lock(base::Bytes(1025), as_bytes("password"), kFresh, kCheap));
  auto file = base::unwrap(KeystoreFile::lock(as_bytes("a"), as_bytes("password"), kFresh, kCheap));
  for (const KeystoreCost& cost : {KeystoreCost(ScryptCost{1 << 20, 8, 1024}), KeystoreCost(ScryptCost{1 << 23, 8, 1}),
                                   KeystoreCost(Pbkdf2Cost{4'000'000'000})}) {
    file.cost = cost;
    const auto result = file.unlock(as_bytes("password"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), base::Errc::too_large);
  }
  for (const KeystoreCost& cost :
       {KeystoreCost(ScryptCost{1000, 8, 1}), KeystoreCost(ScryptCost{1024, 0, 1}), KeystoreCost(Pbkdf2Cost{0})}) {
    file.cost = cost;
    EXPECT_FALSE(file.unlock(as_bytes("password")));
  }
}

base::Errc refused(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  const auto result = KeystoreFile::from_json(text.replace(at, from.size(), to));
  EXPECT_FALSE(result) << to;
  return result ? base::Errc::internal : result.error().code();
}

TEST(Keystore, RefusesOtherFiles) {
  const auto text = base::unwrap(KeystoreFile::lock(as_bytes("a"), as_bytes("b"), kFresh, kCheap)).to_json();
  ASSERT_TRUE(KeystoreFile::from_json(text));
  EXPECT_EQ(refused(text, "\"version\":3", "\"version\":1"), base::Errc::unsupported);
  EXPECT_EQ(refused(text, "\"version\":3", "\"version\":3.5"), base::Errc::corrupt);
  EXPECT_EQ(refused(text, "aes-128-ctr", "aes-256-gcm"), base::Errc::unsupported);
  EXPECT_EQ(refused(text, "\"scrypt\"", "\"argon2\""), base::Errc::unsupported);
  EXPECT_EQ(refused(text, "\"dklen\":32", "\"dklen\":64"), base::Errc::unsupported);
  EXPECT_EQ(refused(text, "\"mac\":\"", "\"mac\":\"00"), base::Errc::corrupt);
  EXPECT_EQ(refused(text, "\"iv\":\"00", "\"iv\":\"0g"), base::Errc::corrupt);
  EXPECT_EQ(refused(text, "\"salt\"", "\"sugar\""), base::Errc::corrupt);
  EXPECT_EQ(refused(text, "\"n\":1024", "\"n\":-1"), base::Errc::corrupt);
  EXPECT_EQ(refused(text, "\"r\":8", "\"r\":4294967296"), base::Errc::corrupt);
  EXPECT_EQ(refused(text, "}", ""), base::Errc::corrupt);
  EXPECT_EQ(refused(text, text, "[]"), base::Errc::corrupt);
  EXPECT_EQ(refused(text, text, std::string(65 * 1024, ' ')), base::Errc::too_large);
}

}  // namespace
}  // namespace openmcp::crypto
