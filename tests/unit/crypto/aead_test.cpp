#include "crypto/aead.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <rapidcheck/gtest.h>

#include "crypto/chacha20.hpp"
#include "crypto/hash.hpp"
#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using base::as_bytes;
using base::Bytes;
using test::hex;

constexpr std::string_view kSunscreen =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
    "it.";
const auto kKey = hex<32>("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
const auto kAssociated = hex("50515253c0c1c2c3c4c5c6c7");

// RFC 8439, section 2.8.2.
TEST(ChaCha20Poly1305, Rfc8439Section2) {
  const auto nonce = hex<12>("070000004041424344454647");
  const auto sealed = hex(
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29"
      "05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b"
      "6116"
      "1ae10b594f09e26a7e902ecbd0600691");
  EXPECT_EQ(chacha20_poly1305_seal(kKey, nonce, kAssociated, as_bytes(kSunscreen)), sealed);
  EXPECT_EQ(base::unwrap(chacha20_poly1305_open(kKey, nonce, kAssociated, sealed)), base::to_bytes(kSunscreen));
}

// RFC 8439, appendix A.5.
TEST(ChaCha20Poly1305, Rfc8439AppendixA5) {
  const auto key = hex<32>("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
  const auto sealed = hex(
      "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100"
      "d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186324e2b350638"
      "3606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa115"
      "5b0047718cbc546a0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
      "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709b"
      "eead9d67890cbb22392336fea1851f38");
  const auto plain =
      "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or "
      "obsoleted by "
      "other documents at any time. It is inappropriate to use Internet-Drafts as reference material or to cite them "
      "other "
      "than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
  EXPECT_EQ(base::unwrap(chacha20_poly1305_open(key, hex<12>("000000000102030405060708"),
                                                hex("f33388860000000000004e91"), sealed)),
            base::to_bytes(std::string_view(plain)));
}

// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
TEST(XChaCha20Poly1305, DraftExample) {
  const auto nonce = hex<24>("404142434445464748494a4b4c4d4e4f5051525354555657");
  const auto sealed = hex(
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216"
      "cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13"
      "b52e"
      "c0875924c1c7987947deafd8780acf49");
  EXPECT_EQ(xchacha20_poly1305_seal(kKey, nonce, kAssociated, as_bytes(kSunscreen)), sealed);
  EXPECT_EQ(base::unwrap(xchacha20_poly1305_open(kKey, nonce, kAssociated, sealed)), base::to_bytes(kSunscreen));
}

TEST(ChaCha20Poly1305, WorksInPlace) {
  const std::array<std::uint8_t, 12> nonce{};
  const auto plain = base::to_bytes(kSunscreen);
  Bytes buffer = plain;
  buffer.resize(plain.size() + kTagSize);
  const base::MutableBytes all = buffer, body = all.first(plain.size());
  chacha20_poly1305_seal(kKey, nonce, {}, body, all);
  EXPECT_EQ(buffer, chacha20_poly1305_seal(kKey, nonce, {}, plain));
  ASSERT_TRUE(chacha20_poly1305_open(kKey, nonce, {}, all, body));
  EXPECT_TRUE(std::ranges::equal(body, plain));
}

TEST(ChaCha20Poly1305, FailureLeavesZerosAndNoErrorBehind) {
  const std::array<std::uint8_t, 12> nonce{};
  auto sealed = chacha20_poly1305_seal(kKey, nonce, {}, as_bytes(kSunscreen));
  sealed.back() ^= 1;
  Bytes out(kSunscreen.size(), 0xff);
  const auto result = chacha20_poly1305_open(kKey, nonce, {}, sealed, base::MutableBytes(out));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::Errc::corrupt);
  EXPECT_THAT(out, testing::Each(0));
  EXPECT_EQ(ERR_peek_error(), 0u);
  sealed.back() ^= 1;  // and the next message opens as ever
  EXPECT_TRUE(chacha20_poly1305_open(kKey, nonce, {}, sealed));
}

TEST(ChaCha20Poly1305, RefusesMessagesShorterThanATag) {
  for (std::size_t n = 0; n < kTagSize; ++n) {
    EXPECT_FALSE(chacha20_poly1305_open(kKey, std::array<std::uint8_t, 12>{}, {}, Bytes(n)));
    EXPECT_FALSE(xchacha20_poly1305_open(kKey, std::array<std::uint8_t, 24>{}, {}, Bytes(n)));
  }
}

RC_GTEST_PROP(Aead, RoundTripAndAnyAlterationIsRefused,
              (const Bytes& plain, const Bytes& associated, std::uint8_t flip, bool extended)) {
  RC_PRE(flip != 0);
  std::array<std::uint8_t, 24> nonce;
  std::copy_n(sha256(plain).begin(), 24, nonce.begin());
  const auto seal = [&] {
    return extended ? xchacha20_poly1305_seal(kKey, nonce, associated, plain)
                    : chacha20_poly1305_seal(kKey, Nonce24View(nonce).first<12>(), associated, plain);
  };
  const auto open = [&](Key32View key, const std::array<std::uint8_t, 24>& n, const Bytes& a, const Bytes& sealed) {
    return extended ? xchacha20_poly1305_open(key, n, a, sealed)
                    : chacha20_poly1305_open(key, Nonce24View(n).first<12>(), a, sealed);
  };
  const auto sealed = seal();
  RC_ASSERT(sealed.size() == plain.size() + kTagSize);
  RC_ASSERT(open(kKey, nonce, associated, sealed).value() == plain);

  auto altered = sealed;
  altered[*rc::gen::inRange<std::size_t>(0, sealed.size())] ^= flip;
  RC_ASSERT(!open(kKey, nonce, associated, altered));
  altered = sealed;
  altered.pop_back();
  RC_ASSERT(!open(kKey, nonce, associated, altered));
  auto key = kKey;
  key[*rc::gen::inRange<std::size_t>(0, 32)] ^= flip;
  RC_ASSERT(!open(key, nonce, associated, sealed));
  auto other = nonce;
  other[*rc::gen::inRange<std::size_t>(0, extended ? 24 : 12)] ^= flip;
  RC_ASSERT(!open(kKey, other, associated, sealed));
  auto more = associated;
  more.push_back(flip);
  RC_ASSERT(!open(kKey, nonce, more, sealed));
}

// RFC 8439, section 2.4.2: the cipher text of the text above is text xor key stream from block 1.
TEST(ChaCha20, Rfc8439Keystream) {
  Bytes stream(kSunscreen.size());
  chacha20_keystream(hex<32>("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                     hex<12>("000000000000004a00000000"), 1, stream);
  for (std::size_t i = 0; i < stream.size(); ++i) stream[i] ^= static_cast<std::uint8_t>(kSunscreen[i]);
  EXPECT_EQ(stream,
            hex("6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b357"
                "1639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
                "5af90bbf74a35be6b40b8eedf2785e42874d"));
}

// RFC 8439, appendix A.1, test vectors 1 and 2.
TEST(ChaCha20, Rfc8439Blocks) {
  Bytes two(128);
  chacha20_keystream(Key32{}, std::array<std::uint8_t, 12>{}, 0, two);
  EXPECT_EQ(
      two,
      hex("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f4"
          "1518a11cc387b669b2ee6586"
          "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28"
          "510afb45ace10a1f4b794d6f"));
}

TEST(ChaCha20, StartsAtAnyBlockAndEndsAnywhere) {
  const auto nonce = hex<12>("0102030405060708090a0b0c");
  Bytes whole(64 * 17);
  chacha20_keystream(kKey, nonce, 7, whole);
  for (std::size_t start : {0, 1, 5, 15}) {
    for (std::size_t size : {0, 1, 63, 64, 65, 40}) {
      Bytes part(size);
      chacha20_keystream(kKey, nonce, static_cast<std::uint32_t>(7 + start), part);
      EXPECT_TRUE(std::ranges::equal(part, base::BytesView(whole).subspan(64 * start, size)));
    }
  }
}

TEST(ChaCha20, RefusesToRepeatItself) {
  Bytes out(65);
  EXPECT_THROW(chacha20_keystream(kKey, hex<12>("000000000000000000000000"), 0xffffffff, out), base::Error);
  out.resize(64);
  EXPECT_NO_THROW(chacha20_keystream(kKey, hex<12>("000000000000000000000000"), 0xffffffff, out));
}

}  // namespace
}  // namespace openmcp::crypto
