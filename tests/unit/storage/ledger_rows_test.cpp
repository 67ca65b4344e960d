// Rows and keys of the ledger: round trips, order, and refusal of everything else.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "storage/ledger.hpp"

namespace openmcp::storage {
namespace {

ipld::Multihash hash_of(const std::string& text) {
  return base::unwrap(ipld::hash(ipld::HashCode::sha2_256, base::as_bytes(text)));
}

RC_GTEST_PROP(LedgerRows, BlockEntryRoundTrip, ()) {
  BlockEntry entry;
  entry.at = {*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::inRange<std::uint64_t>(0, 1ull << 62),
              *rc::gen::arbitrary<std::uint32_t>()};
  entry.codec = static_cast<ipld::Codec>(*rc::gen::inRange<std::uint64_t>(0, 1ull << 62));
  entry.oldest = *rc::gen::arbitrary<std::uint32_t>();
  auto count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    entry.references.push_back({static_cast<ipld::Codec>(*rc::gen::inRange<std::uint64_t>(0, 1000)),
                                *rc::gen::inRange<std::uint64_t>(1, 1ull << 40)});
  }
  auto row = encode(entry);
  RC_ASSERT(decode_block(row).value() == entry);
  for (std::size_t size = 0; size < row.size(); ++size) {
    auto shorter = decode_block(row.substr(0, size));
    if (shorter) RC_ASSERT(encode(*shorter) == row.substr(0, size));
  }
}

RC_GTEST_PROP(LedgerRows, AcceptedRowsReadBackTheSame, (const std::string& row)) {
  if (auto entry = decode_block(row)) RC_ASSERT(encode(*entry) == row);
  if (auto entry = decode_pin_entry(row)) RC_ASSERT(encode(*entry) == row);
  if (auto grave = decode_grave(row)) RC_ASSERT(encode(*grave) == row);
  if (auto totals = decode_totals(row)) RC_ASSERT(encode(*totals) == row);
  if (auto pin = decode_pin_key(row)) RC_ASSERT(pin_key(*pin) == row);
  if (auto hash = decode_block_key(row)) RC_ASSERT(block_key(*hash) == row);
  if (auto number = decode_segment_key(row)) RC_ASSERT(segment_key(*number) == row);
}

RC_GTEST_PROP(LedgerRows, PinKeysKeepTheOrder, (const std::string& a, const std::string& b, bool same)) {
  Pin first, second;
  first.name = a;
  second.name = same ? a : b;
  first.cid = Cid::v1(ipld::Codec::raw, hash_of("1"));
  second.cid = base::unwrap(Cid::v0(hash_of("2")));
  auto order = std::pair(first.name, first.cid.bytes()) <=> std::pair(second.name, second.cid.bytes());
  RC_ASSERT((pin_key(first) <=> pin_key(second)) == order);
  RC_ASSERT(base::unwrap(decode_pin_key(pin_key(first))) == first);
  RC_ASSERT(pin_key(first).starts_with(pin_prefix(a.substr(0, a.size() / 2))));
}

TEST(LedgerRows, OtherRowsRoundTrip) {
  PinEntry pin{PinMode::direct, {3, 1000, 7}, 2};
  EXPECT_EQ(decode_pin_entry(encode(pin)).value(), pin);
  Grave grave{1, 2, {3, 4, 0}, 64, 1, ipld::Codec::dag_cbor};
  EXPECT_EQ(decode_grave(encode(grave)).value(), grave);
  Totals totals{{1, 2, 3}, 9, 1ull << 40, 0xdeadbeef, 1, 2, 3, 1ull << 45};
  EXPECT_EQ(decode_totals(encode(totals)).value(), totals);
  EXPECT_EQ(decode_segment_key(segment_key(0x01020304)).value(), 0x01020304u);
  EXPECT_LT(segment_key(255), segment_key(256));
}

}  // namespace
}  // namespace openmcp::storage
