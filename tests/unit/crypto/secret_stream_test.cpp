#include "crypto/secret_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sodium.h>

#include "crypto/hash.hpp"
#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using base::as_bytes;
using base::Bytes;
using test::hex;

const auto kKey = hex<32>("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
const auto kHeader = hex<24>("000102030405060708090a0b0c0d0e0f1011121314151617");

Bytes push(SecretStreamPush& stream, base::BytesView plain, base::BytesView associated, StreamTag tag) {
  Bytes out(plain.size() + kStreamOverhead);
  stream.push(plain, associated, tag, out);
  return out;
}

struct Pulled {
  Bytes plain;
  StreamTag tag;
};
base::Result<Pulled> pull(SecretStreamPull& stream, base::BytesView sealed, base::BytesView associated) {
  Pulled out{Bytes(sealed.size() < kStreamOverhead ? 0 : sealed.size() - kStreamOverhead), {}};
  auto tag = stream.pull(sealed, associated, out.plain);
  if (!tag) return std::unexpected(tag.error());
  out.tag = *tag;
  return out;
}

// Computed by a separate program written after libsodium's description of the construction ("Encrypted streams and
// file encryption", Algorithm), with its own ChaCha20 and Poly1305.
TEST(SecretStream, ConstructionStepByStep) {
  SecretStreamPush stream(kKey, kHeader);
  EXPECT_EQ(push(stream, as_bytes("first"), {}, StreamTag::message),
            hex("30804c51bbf6ed36309c579f5033138b3a904167a1f1"));
  EXPECT_EQ(push(stream, {}, as_bytes("associated"), StreamTag::push), hex("51f3c7be1962300103544f4384875341cb"));
  EXPECT_EQ(push(stream, as_bytes("the key changes after this"), {}, StreamTag::rekey),
            hex("5ebbab7e3395f55c5355e28a1e79424dbc1af1c18bb4a2bb7dfaa6905540e44b37bbcef2dcd01d76249eea"));
  EXPECT_EQ(push(stream, as_bytes("last"), {}, StreamTag::final), hex("f0e164a3410a882d87b696c1f7f9296b50663fe1f9"));
}

TEST(SecretStream, ReadsWhatLibsodiumWrites) {
  crypto_secretstream_xchacha20poly1305_state state;
  StreamHeader header;
  ASSERT_GE(sodium_init(), 0);
  crypto_secretstream_xchacha20poly1305_init_push(&state, header.data(), kKey.data());
  SecretStreamPull ours(kKey, header);
  for (auto tag : {StreamTag::message, StreamTag::rekey, StreamTag::push, StreamTag::final}) {
    Bytes sealed(5 + kStreamOverhead);
    crypto_secretstream_xchacha20poly1305_push(&state, sealed.data(), nullptr, as_bytes("hello").data(), 5, nullptr, 0,
                                               static_cast<unsigned char>(tag));
    const auto message = pull(ours, sealed, {});
    ASSERT_TRUE(message);
    EXPECT_EQ(message->tag, tag);
    EXPECT_EQ(base::as_text(message->plain), "hello");
  }
}

RC_GTEST_PROP(SecretStream, RoundTripAndAlterationsAreRefused,
              (const std::vector<Bytes>& messages, const Bytes& associated, std::uint8_t flip)) {
  RC_PRE(flip != 0);
  SecretStreamPush writer(kKey, kHeader);
  SecretStreamPull reader(kKey, kHeader);
  for (const auto& message : messages) {
    const auto tag = *rc::gen::element(StreamTag::message, StreamTag::push, StreamTag::rekey, StreamTag::final);
    const auto sealed = push(writer, message, associated, tag);
    auto altered = sealed;
    altered[*rc::gen::inRange<std::size_t>(0, sealed.size())] ^= flip;
    RC_ASSERT(!pull(reader, altered, associated));
    auto other = associated;
    other.push_back(flip);
    RC_ASSERT(!pull(reader, sealed, other));
    const auto opened = pull(reader, sealed, associated);  // a refused message did not move the reader
    RC_ASSERT(opened.has_value());
    RC_ASSERT(opened->plain == message);
    RC_ASSERT(opened->tag == tag);
    RC_ASSERT(!pull(reader, sealed, associated));  // not twice
  }
}

TEST(SecretStream, RefusesMessagesOutOfOrder) {
  SecretStreamPush writer(kKey, kHeader);
  const auto first = push(writer, as_bytes("first"), {}, StreamTag::message);
  const auto second = push(writer, as_bytes("second"), {}, StreamTag::final);
  SecretStreamPull reader(kKey, kHeader);
  EXPECT_FALSE(pull(reader, second, {}));
  EXPECT_TRUE(pull(reader, first, {}));
  EXPECT_TRUE(pull(reader, second, {}));
}

TEST(SecretStream, RefusesOtherKeysHeadersAndShortMessages) {
  SecretStreamPush writer(kKey, kHeader);
  const auto sealed = push(writer, as_bytes("text"), {}, StreamTag::final);
  auto header = kHeader;
  header[23] ^= 1;
  SecretStreamPull wrong_header(kKey, header), wrong_key(sha256({}), kHeader), right(kKey, kHeader);
  EXPECT_FALSE(pull(wrong_header, sealed, {}));
  EXPECT_FALSE(pull(wrong_key, sealed, {}));
  for (std::size_t n = 0; n < sealed.size(); ++n) EXPECT_FALSE(pull(right, base::BytesView(sealed).first(n), {}));
  Bytes out(4, 0xff);
  auto altered = sealed;
  altered[2] ^= 1;
  const auto result = right.pull(altered, {}, out);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::Errc::corrupt);
  EXPECT_THAT(out, testing::Each(0));
}

}  // namespace
}  // namespace openmcp::crypto
