#include "crypto/sealed_stream.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/chacha20.hpp"
#include "hex.hpp"

namespace openmcp::crypto {
namespace {

using base::Bytes;
using base::BytesView;
using test::hex;

const auto kKey = hex<32>("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
const auto kHeader = hex<24>("000102030405060708090a0b0c0d0e0f1011121314151617");

Bytes some_bytes(std::size_t size) {
  Bytes bytes(size);
  chacha20_keystream(kKey, std::array<std::uint8_t, 12>{}, 0, bytes);
  return bytes;
}

Bytes seal(BytesView plain, std::size_t chunk = kSealedChunk, std::size_t piece = ~std::size_t{0}) {
  StreamSealer sealer(kKey, kHeader, chunk);
  Bytes out;
  while (!plain.empty()) {
    const auto some = plain.first(std::min(piece, plain.size()));
    sealer.update(some, out);
    plain = plain.subspan(some.size());
  }
  sealer.finish(out);
  return out;
}

base::Result<Bytes> open(BytesView sealed, std::size_t chunk = kSealedChunk, std::size_t piece = ~std::size_t{0}) {
  StreamOpener opener(kKey, chunk);
  Bytes out;
  while (!sealed.empty()) {
    const auto some = sealed.first(std::min(piece, sealed.size()));
    if (auto result = opener.update(some, out); !result) return std::unexpected(result.error());
    sealed = sealed.subspan(some.size());
  }
  if (auto result = opener.finish(out); !result) return std::unexpected(result.error());
  return out;
}

// By the separate program that secret_stream_test.cpp tells of.
TEST(SealedStream, KnownBytes) {
  const auto text = base::as_bytes("The quick brown fox jumps over the lazy dog.");
  EXPECT_EQ(seal(text, 16), hex("000102030405060708090a0b0c0d0e0f1011121314151617"
                                "30b24d46e8f345a7d87619fa19ec485dd6f299d53ebefadbe877c13771d3420d23"
                                "910ba9f8476a3fc9c9d86f88ea76ca33a65b6b6a2c4409d738f157559f035f9570"
                                "7ba1dfc53bb7766a0fa5c49cd0000be1c54ceed3599b1a22c7dcb19e72"));
}

TEST(SealedStream, OpensAtEverySizeAroundTheChunk) {
  for (std::size_t chunk : {std::size_t{16}, kSealedChunk}) {
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 2 * chunk,
                             2 * chunk + 1, 3 * chunk}) {
      const auto plain = some_bytes(size);
      const auto sealed = seal(plain, chunk);
      EXPECT_EQ(sealed.size(), sealed_size(size, chunk)) << size;
      EXPECT_EQ(base::unwrap(open(sealed, chunk)), plain) << size;
    }
  }
}

RC_GTEST_PROP(SealedStream, PiecesDoNotMatter, ()) {
  const auto plain = some_bytes(*rc::gen::inRange<std::size_t>(0, 200));
  const auto chunk = *rc::gen::inRange<std::size_t>(1, 40);
  const auto sealed = seal(plain, chunk);
  RC_ASSERT(seal(plain, chunk, *rc::gen::inRange<std::size_t>(1, 60)) == sealed);
  RC_ASSERT(open(sealed, chunk, *rc::gen::inRange<std::size_t>(1, 60)).value() == plain);
}

TEST(SealedStream, EveryCutIsNoticed) {
  for (std::size_t size : {0, 5, 16, 40, 48}) {
    const auto sealed = seal(some_bytes(size), 16);
    for (std::size_t n = 0; n < sealed.size(); ++n) {
      const auto result = open(BytesView(sealed).first(n), 16);
      ASSERT_FALSE(result) << size << " cut at " << n;
      EXPECT_EQ(result.error().code(), base::Errc::corrupt);
    }
  }
}

TEST(SealedStream, EveryAlteredByteIsNoticed) {
  const auto sealed = seal(some_bytes(40), 16);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto altered = sealed;
    altered[i] ^= 0x10;
    EXPECT_FALSE(open(altered, 16)) << i;
    EXPECT_FALSE(open(altered, 16, 7)) << i;
  }
}

TEST(SealedStream, BytesBehindTheEndAreNoticed) {
  for (std::size_t size : {0, 5, 16, 32}) {
    auto sealed = seal(some_bytes(size), 16);
    sealed.push_back(0);
    EXPECT_FALSE(open(sealed, 16)) << size;
    EXPECT_FALSE(open(sealed, 16, 1)) << size;
  }
}

TEST(SealedStream, ChunksCannotBeDroppedOrSwapped) {
  const auto sealed = seal(some_bytes(48), 16);
  const std::size_t frame = 16 + kStreamOverhead;
  const auto begin = sealed.begin() + kStreamHeaderSize;
  Bytes dropped(sealed.begin(), begin);
  dropped.insert(dropped.end(), begin + frame, sealed.end());
  EXPECT_FALSE(open(dropped, 16));
  Bytes swapped = sealed;
  std::swap_ranges(swapped.begin() + kStreamHeaderSize, swapped.begin() + kStreamHeaderSize + frame,
                   swapped.begin() + kStreamHeaderSize + frame);
  EXPECT_FALSE(open(swapped, 16));
}

// What our writer never makes, sealed with the right key all the same.
TEST(SealedStream, OnlyTheOneFormIsTaken) {
  struct Message {
    std::size_t size;
    StreamTag tag;
  };
  const auto accepted = [](std::initializer_list<Message> messages) {
    SecretStreamPush stream(kKey, kHeader);
    Bytes sealed(kHeader.begin(), kHeader.end());
    for (const auto& m : messages) {
      const auto at = sealed.size();
      sealed.resize(at + m.size + kStreamOverhead);
      stream.push(some_bytes(m.size), {}, m.tag, base::MutableBytes(sealed).subspan(at));
    }
    return open(sealed, 16).has_value();
  };
  EXPECT_TRUE(accepted({{16, StreamTag::message}, {3, StreamTag::final}}));
  EXPECT_FALSE(accepted({{16, StreamTag::message}, {0, StreamTag::final}}));  // the end belongs to the chunk before
  EXPECT_FALSE(accepted({{16, StreamTag::push}, {3, StreamTag::final}}));
  EXPECT_FALSE(accepted({{16, StreamTag::rekey}, {3, StreamTag::final}}));
  EXPECT_FALSE(accepted({{16, StreamTag::message}}));
  EXPECT_FALSE(accepted({{3, StreamTag::message}}));
  EXPECT_FALSE(accepted({{16, StreamTag::final}, {3, StreamTag::final}}));
}

TEST(SealedStream, StaysRefusedAfterAnError) {
  auto sealed = seal(some_bytes(40), 16);
  auto altered = sealed;
  altered[30] ^= 1;
  StreamOpener opener(kKey, 16);
  Bytes out;
  ASSERT_FALSE(opener.update(altered, out));
  EXPECT_FALSE(opener.update(sealed, out));
  EXPECT_FALSE(opener.finish(out));
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace openmcp::crypto
