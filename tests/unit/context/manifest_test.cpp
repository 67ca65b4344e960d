#include "context/manifest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "context/attestation.hpp"
#include "context/identity.hpp"
#include "ipld/dag_cbor.hpp"

namespace openmcp::context {
namespace {

using base::Errc;

ContextId some_id() { return *ContextId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"); }
ContextId other_id() { return *ContextId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c073990"); }

Manifest some_manifest() {
  Manifest m;
  m.id = some_id();
  m.type = "documentation";
  m.title = "On \xf0\x9f\xa6\x8a foxes";
  auto content = ipld::make_block(ipld::Codec::raw, base::SharedBytes(base::to_bytes("text")));
  m.content = content.cid;
  m.size = 4;
  m.content_hash = crypto::sha256(content.data);
  m.media_type = "text/markdown";
  m.parents = {ipld::make_block(ipld::Codec::dag_cbor, base::SharedBytes(base::Bytes{0xa0})).cid};
  m.tags = {"a", "b"};
  m.metadata = R"({"n":1,"x":1.5,"list":[null,true,"\u0000\n"],"map":{"/":"bafy"}})";
  m.relations = {{"answers", other_id()}};
  m.author = {.name = "ada", .key = std::array<std::uint8_t, 32>{1, 2, 3}};
  m.time = 1'700'000'000'123'456;
  m.message = "why";
  m.source = "docs/foxes.md";
  return m;
}

base::Bytes encoded(const Manifest& m) { return base::to_bytes(base::unwrap(encode(m)).data.view()); }

/// The block of `m` after a change of its map.
template <class Change>
base::Bytes changed(const Manifest& m, Change change) {
  auto node = base::unwrap(ipld::decode_dag_cbor(encoded(m)));
  change(*node.if_map());
  return base::unwrap(ipld::encode_dag_cbor(node));
}

TEST(Manifest, ComesBackAsItWas) {
  auto m = some_manifest();
  ASSERT_TRUE(normalise(m));
  auto block = encode(m);
  ASSERT_TRUE(block) << block.error().message();
  EXPECT_EQ(block->cid.codec(), ipld::Codec::dag_cbor);
  auto again = decode_manifest(block->data);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, m);
}

TEST(Manifest, LeavesEmptyFieldsOut) {
  auto m = some_manifest();
  m.title = m.message = m.source = m.media_type = "";
  m.parents.clear();
  m.tags.clear();
  m.relations.clear();
  m.metadata = "{}";
  m.author.key.reset();
  auto node = base::unwrap(ipld::decode_dag_cbor(encoded(m)));
  EXPECT_EQ(node.if_map()->size(), 8u);  // v id hash size time type author content
  EXPECT_EQ(decode_manifest(encoded(m)), m);
}

TEST(Manifest, NormaliseSortsAndDropsRepetitions) {
  auto m = some_manifest();
  m.tags = {"b", "a", "b"};
  m.relations = {{"z", some_id()}, {"a", other_id()}, {"z", some_id()}};
  m.metadata = " { \"long key\" : 1, \"k\" : [ 1.0, 1e2, -0.0 ] } ";
  ASSERT_TRUE(normalise(m));
  EXPECT_EQ(m.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(m.relations.size(), 2u);
  EXPECT_EQ(m.metadata, R"({"k":[1.0,100.0,0.0],"long key":1})");
}

TEST(Manifest, KeepsBounds) {
  auto refused = [](auto change) {
    auto m = some_manifest();
    change(m);
    return !normalise(m);
  };
  EXPECT_TRUE(refused([](Manifest& m) { m.title.assign(kMaxTitle + 1, 'x'); }));
  EXPECT_FALSE(refused([](Manifest& m) { m.title.assign(kMaxTitle, 'x'); }));
  EXPECT_TRUE(refused([](Manifest& m) { m.title = "\xff"; }));
  EXPECT_TRUE(refused([](Manifest& m) { m.type.clear(); }));
  EXPECT_TRUE(refused([](Manifest& m) { m.type.assign(kMaxType + 1, 'x'); }));
  EXPECT_TRUE(refused([](Manifest& m) { m.tags = {""}; }));
  EXPECT_TRUE(refused([](Manifest& m) { m.tags = {std::string(kMaxTag + 1, 'x')}; }));
  EXPECT_TRUE(refused([](Manifest& m) {
    m.tags.clear();
    for (std::size_t i = 0; i <= kMaxTags; ++i) m.tags.push_back(std::to_string(i));
  }));
  EXPECT_TRUE(refused([](Manifest& m) { m.parents.assign(kMaxParents + 1, *m.content); }));
  EXPECT_TRUE(refused([](Manifest& m) { m.metadata = "[]"; }));
  EXPECT_TRUE(refused([](Manifest& m) { m.metadata = R"({"a":1,"a":2})"; }));
  EXPECT_TRUE(refused([](Manifest& m) { m.metadata = R"({"a":")" + std::string(kMaxMetadata, 'x') + "\"}"; }));
  EXPECT_TRUE(refused([](Manifest& m) { m.content.reset(); }));
  EXPECT_TRUE(refused([](Manifest& m) { m.content_hash[0] ^= 1; }));
  EXPECT_TRUE(refused([](Manifest& m) { m.id = {}; }));
  EXPECT_TRUE(refused([](Manifest& m) { m.relations = {{"", other_id()}}; }));
  EXPECT_TRUE(refused([](Manifest& m) { m.source.assign(kMaxSource + 1, 'x'); }));
  EXPECT_FALSE(refused([](Manifest& m) { m.source = "\xff\xfe"; }));
}

TEST(Manifest, AllBoundsAtOnceFitABlock) {
  auto m = some_manifest();
  m.title.assign(kMaxTitle, 'x');
  m.message.assign(kMaxMessage, 'x');
  m.source.assign(kMaxSource, '\xff');
  m.tags.clear();
  for (std::size_t i = 0; i < kMaxTags; ++i) m.tags.push_back(std::to_string(i) + std::string(kMaxTag - 4, 'x'));
  m.parents.assign(kMaxParents, *m.content);
  m.relations.clear();
  for (std::size_t i = 0; i < kMaxRelations; ++i)
    m.relations.push_back({std::to_string(i) + std::string(kMaxKind - 4, 'x'), other_id()});
  m.metadata = R"({"a":")" + std::string(kMaxMetadata - 8, 'x') + "\"}";
  ASSERT_TRUE(normalise(m));
  auto block = encode(m);
  ASSERT_TRUE(block) << block.error().message();
  EXPECT_EQ(decode_manifest(block->data), m);
}

TEST(Manifest, DecodesNothingElse) {
  auto m = some_manifest();
  ASSERT_TRUE(normalise(m));
  auto corrupt = [](const base::Bytes& bytes) {
    auto result = decode_manifest(bytes);
    return !result && result.error().code() == Errc::corrupt;
  };
  EXPECT_TRUE(corrupt({}));
  EXPECT_TRUE(corrupt({0xa0}));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("extra", 1); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("message", ""); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("tags", ipld::List{}); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("tags", ipld::List{"b", "a"}); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("tags", ipld::List{"a", "a"}); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("size", -1); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("id", base::Bytes(15, 1)); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("hash", base::Bytes(32, 1)); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("tombstone", true); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("tombstone", false); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.erase("content"); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.erase("author"); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("source", ipld::Node(base::to_bytes("utf8"))); })));
  EXPECT_TRUE(corrupt(changed(m, [](ipld::Map& map) { map.set("metadata", ipld::Map{}); })));
  EXPECT_TRUE(corrupt(changed(m, [&](ipld::Map& map) { map.set("metadata", ipld::Map{{"a", *m.content}}); })));
  auto later = decode_manifest(changed(m, [](ipld::Map& map) { map.set("v", 2); }));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code(), Errc::unsupported);
  EXPECT_FALSE(later.error().hint().empty());
}

TEST(Manifest, TombstoneKeepsNothing) {
  Manifest m;
  m.id = some_id();
  m.author.name = "ada";
  m.message = "asked for by its subject";
  m.time = 5;
  m.tombstone = true;
  ASSERT_TRUE(normalise(m));
  EXPECT_EQ(decode_manifest(encoded(m)), m);
  m.title = "a name";
  EXPECT_FALSE(normalise(m));
}

RC_GTEST_PROP(Manifest, RoundTrips, ()) {
  auto m = some_manifest();
  m.title = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
  m.size = *rc::gen::inRange<std::uint64_t>(0, INT64_MAX);
  m.time = *rc::gen::arbitrary<std::int64_t>();
  m.source = *rc::gen::arbitrary<std::string>();
  m.tags = *rc::gen::container<std::vector<std::string>>(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z'))));
  auto number = *rc::gen::arbitrary<double>();
  auto integer = *rc::gen::arbitrary<std::int64_t>();
  m.metadata = fmt::format(R"({{"d":{},"i":{}}})", number, integer);
  RC_ASSERT(normalise(m).has_value());
  auto bytes = encoded(m);
  auto again = decode_manifest(bytes);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == m);
  RC_ASSERT(encoded(*again) == bytes);
}

TEST(CanonicalJson, ReadsNumbersExactly) {
  EXPECT_EQ(canonical_json(R"({"a":18446744073709551615})"), R"({"a":18446744073709551615})");
  EXPECT_EQ(canonical_json(R"({"a":-9223372036854775808})"), R"({"a":-9223372036854775808})");
  EXPECT_EQ(canonical_json(R"({"a":0.1})"), R"({"a":0.1})");
  EXPECT_EQ(canonical_json(R"({"a":1.7976931348623157e308})"), R"({"a":1.7976931348623157e+308})");
  EXPECT_EQ(canonical_json(R"({"a":1e-400})"), R"({"a":0.0})");
  EXPECT_EQ(canonical_json(R"({"a":-0})"), R"({"a":0})");
  EXPECT_FALSE(canonical_json(R"({"a":1e400})"));
  EXPECT_FALSE(canonical_json(R"({"a":01})"));
  EXPECT_FALSE(canonical_json(R"({"a":1} x)"));
  EXPECT_FALSE(canonical_json("{\"a\":\"\xff\"}"));
  EXPECT_FALSE(canonical_json("{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"));
}

TEST(Attestation, HoldsForItsManifestAndKeyOnly) {
  auto identity = Identity::from_seed(base::Bytes(32, 7));
  auto manifest = base::unwrap(encode(some_manifest())).cid;
  auto attestation = attest(identity, manifest, {});
  EXPECT_TRUE(signature_valid(attestation));
  auto other = attestation;
  other.manifest = ipld::make_block(ipld::Codec::dag_cbor, base::SharedBytes(base::Bytes{0xa0})).cid;
  EXPECT_FALSE(signature_valid(other));
  other = attestation;
  other.key = Identity::from_seed(base::Bytes(32, 8)).public_key();
  EXPECT_FALSE(signature_valid(other));
  other = attestation;
  other.signature[3] ^= 1;
  EXPECT_FALSE(signature_valid(other));
  // The domain keeps a signature of the bare CID from counting.
  other = attestation;
  other.signature = identity.sign(manifest.bytes());
  EXPECT_FALSE(signature_valid(other));
}

TEST(Attestation, ComesBackAndNothingElseDoes) {
  auto identity = Identity::from_seed(base::Bytes(32, 7));
  auto manifest = base::unwrap(encode(some_manifest())).cid;
  auto attestation = attest(identity, manifest, {manifest});
  auto block = encode(attestation);
  EXPECT_EQ(decode_attestation(block.data), attestation);
  auto node = base::unwrap(ipld::decode_dag_cbor(block.data));
  auto with = [&node](std::string key, ipld::Node value) {
    auto copy = node;
    copy.if_map()->set(std::move(key), std::move(value));
    return decode_attestation(base::unwrap(ipld::encode_dag_cbor(copy)));
  };
  EXPECT_EQ(with("x", 1).error().code(), Errc::corrupt);
  EXPECT_EQ(with("previous", ipld::List{}).error().code(), Errc::corrupt);
  EXPECT_EQ(with("sig", base::Bytes(63, 1)).error().code(), Errc::corrupt);
  EXPECT_EQ(with("alg", "eip712").error().code(), Errc::unsupported);
  EXPECT_EQ(with("v", 2).error().code(), Errc::unsupported);
}

}  // namespace
}  // namespace openmcp::context
