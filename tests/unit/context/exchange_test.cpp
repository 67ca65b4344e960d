// Export and import: one workspace's contexts in another, offline.
#include "context/attestation.hpp"
#include "context/car_index.hpp"
#include "context/identity.hpp"
#include "context/incoming.hpp"
#include "fixture.hpp"
#include "ipld/car/writer.hpp"
#include "ipld/dag_cbor.hpp"

namespace openmcp::context::test {
namespace {

using base::Errc;

class Exchange : public ::testing::Test {
protected:
  WorkspaceFixture a, b{Kind::local};

  CommitResult next(WorkspaceFixture& f, const ContextId& id, const std::string& text, const std::string& tag = "") {
    auto request = text_request(text);
    request.id = id;
    if (!tag.empty()) request.tags = {tag};
    return f.commit(std::move(request));
  }
};

TEST_F(Exchange, EverythingArrives) {
  auto one = a.commit(text_request("one"));
  auto two = next(a, one.id, "two");
  auto big = a.commit(text_request(std::string(3u << 20, 'x')));
  a.write("tree/x/y.txt", "deep");
  CommitRequest tree;
  tree.content = DirectoryContent{.path = a.file("tree"), .hidden = false};
  a.commit(std::move(tree));
  auto car = a.export_all();
  EXPECT_EQ(a.export_all(), car) << "the same contexts give the same bytes";

  auto report = b.import_all(car);
  EXPECT_EQ(report.created, 3u);
  EXPECT_FALSE(report.plain);
  EXPECT_GT(report.blocks, 8u);
  auto history = b.wait(b.ws().history(one.id));
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].cid, two.version);
  EXPECT_EQ(history[1].cid, one.version);
  EXPECT_EQ(history[1].proof, Proof::valid);
  EXPECT_EQ(b.text_of(one.version), "one");
  EXPECT_EQ(b.text_of(big.version).size(), 3u << 20);
  auto verified = b.wait(b.ws().verify({}));
  EXPECT_TRUE(verified.ok()) << verified.findings[0].where << " " << verified.findings[0].problem;
  EXPECT_EQ(verified.versions, 4u);
  EXPECT_EQ(b.export_all(), car) << "and it leaves as it came";

  auto again = b.import_all(car);
  EXPECT_EQ(again.unchanged, 3u);
  EXPECT_EQ(again.created + again.forwarded + again.diverged, 0u);
}

TEST_F(Exchange, VersionsGoForward) {
  auto one = a.commit(text_request("one"));
  b.import_all(a.export_all());
  auto two = next(a, one.id, "two");
  auto three = next(a, one.id, "three");
  auto report = b.import_all(a.export_all());
  EXPECT_EQ(report.forwarded, 1u);
  auto view = b.get(one.id);
  EXPECT_EQ(view.heads, std::vector<ipld::Cid>{three.version});
  EXPECT_EQ(view.versions, 3u);
  // An older export changes nothing.
  auto old = b.export_all();
  next(b, one.id, "four");
  EXPECT_EQ(b.import_all(old).unchanged, 1u);
  EXPECT_EQ(b.get(one.id).versions, 4u);
  EXPECT_TRUE(b.wait(b.ws().verify({})).ok());
}

TEST_F(Exchange, DivergedVersionsBecomeHeadsAndMerge) {
  auto start = text_request("start");
  start.tags = {"common"};
  start.metadata = R"({"k":1})";
  auto one = a.commit(start);
  b.import_all(a.export_all());
  auto ours = text_request("start");
  ours.id = one.id;
  ours.tags = {"common", "b"};
  auto in_b = b.commit(ours);
  auto theirs = text_request("changed in a");
  theirs.id = one.id;
  theirs.tags = {"a"};
  auto in_a = a.commit(theirs);

  EXPECT_EQ(b.import_all(a.export_all()).diverged, 1u);
  auto view = b.get(one.id);
  EXPECT_EQ(view.heads.size(), 2u);
  EXPECT_EQ(view.versions, 3u);
  ListRequest diverged;
  diverged.diverged = true;
  EXPECT_EQ(b.wait(b.ws().list(diverged)).contexts.size(), 1u);
  EXPECT_EQ(b.wait(b.ws().status()).diverged, 1u);

  auto plain = text_request("again");
  plain.id = one.id;
  auto refused = error_of([&] { b.commit(plain); });
  EXPECT_EQ(refused.code(), Errc::conflict);
  EXPECT_NE(refused.message().find(in_a.version.text()), std::string::npos);
  EXPECT_NE(refused.message().find(in_b.version.text()), std::string::npos);

  auto merged = b.wait(b.ws().merge({.id = one.id, .content = {}, .prefer = {}, .author = {}, .message = {}}));
  EXPECT_TRUE(merged.merge_conflicts.empty());
  auto after = b.get(one.id);
  EXPECT_EQ(after.heads, std::vector<ipld::Cid>{merged.version});
  EXPECT_EQ(after.current.number, 4u);
  EXPECT_EQ(after.current.manifest.parents.size(), 2u);
  EXPECT_EQ(after.current.manifest.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(b.text_of(merged.version), "changed in a");
  EXPECT_EQ(a.import_all(b.export_all()).forwarded, 1u);
  EXPECT_EQ(a.get(one.id).heads, std::vector<ipld::Cid>{merged.version});
  EXPECT_TRUE(a.wait(a.ws().verify({})).ok());
}

TEST_F(Exchange, ContentsThatDifferNeedAChoice) {
  auto one = a.commit(text_request("start"));
  b.import_all(a.export_all());
  auto in_a = next(a, one.id, "a's");
  auto in_b = next(b, one.id, "b's");
  b.import_all(a.export_all());
  auto error =
      error_of([&] { b.wait(b.ws().merge({.id = one.id, .content = {}, .prefer = {}, .author = {}, .message = {}})); });
  EXPECT_EQ(error.code(), Errc::conflict);
  auto copy = b.export_all();
  WorkspaceFixture c;
  c.import_all(copy);
  auto merged =
      c.wait(c.ws().merge({.id = one.id, .content = {}, .prefer = in_a.version, .author = {}, .message = {}}));
  EXPECT_EQ(c.text_of(merged.version), "a's");
  EXPECT_EQ(merged.merge_conflicts, std::vector<std::string>{"content"});
  auto given = text_request("both");
  given.id = one.id;
  given.merge = true;
  auto joined = b.commit(given);
  EXPECT_EQ(b.text_of(joined.version), "both");
  EXPECT_TRUE(joined.merge_conflicts.empty());
  EXPECT_EQ(b.get(one.id).current.manifest.parents.size(), 2u);
}

TEST_F(Exchange, LatestOnlyLeavesTheHistoryBehind) {
  auto first = text_request("old secret");
  first.title = "a title";
  auto one = a.commit(first);
  auto two = next(a, one.id, "two");
  ExportRequest latest;
  latest.latest = true;
  auto car = a.export_all(latest);
  EXPECT_EQ(a.export_all(latest), car);
  auto text = std::string(car.begin(), car.end());
  EXPECT_EQ(text.find("old secret"), std::string::npos);
  EXPECT_EQ(b.import_all(car).created, 1u);
  auto view = b.get(one.id);
  EXPECT_EQ(view.versions, 1u);
  EXPECT_EQ(view.current.manifest.squash, two.version);
  EXPECT_EQ(b.text_of(view.current.cid), "two");
  // Where the history is, its squashed copy is nothing new.
  EXPECT_EQ(a.import_all(b.export_all()).unchanged, 1u);
  // A later copy takes the earlier one's place.
  next(a, one.id, "three");
  EXPECT_EQ(b.import_all(a.export_all(latest)).forwarded, 1u);
  EXPECT_EQ(b.get(one.id).versions, 1u);
  EXPECT_EQ(b.text_of(b.get(one.id).current.cid), "three");
  // But not what was built on it.
  next(b, one.id, "mine");
  next(a, one.id, "four");
  EXPECT_EQ(b.import_all(a.export_all(latest)).diverged, 1u);
  EXPECT_TRUE(b.wait(b.ws().verify({})).ok());
}

TEST_F(Exchange, SomeContextsOnly) {
  auto one = a.commit(text_request("one"));
  a.commit(text_request("two"));
  ExportRequest request;
  request.ids = {one.id};
  EXPECT_EQ(b.import_all(a.export_all(request)).created, 1u);
  EXPECT_EQ(b.wait(b.ws().status()).contexts, 1u);
  request.ids = {*ContextId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")};
  EXPECT_EQ(error_of([&] { a.export_all(request); }).code(), Errc::not_found);
}

TEST_F(Exchange, NoContextsAtAll) {
  auto car = a.export_all();
  auto report = b.import_all(car);
  EXPECT_FALSE(report.plain);
  EXPECT_EQ(report.created, 0u);
}

TEST_F(Exchange, AFlippedBitIsFoundOrDoesNoHarm) {
  auto one = a.commit(text_request("some text that matters"));
  auto car = a.export_all();
  std::size_t harmless = 0, bits = 0;
  for (std::size_t bit = 0; bit < car.size() * 8; bit += 13, ++bits) {
    auto damaged = car;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    WorkspaceFixture c(Kind::memory, false);
    try {
      c.import_all(damaged);
    } catch (const base::Error& error) {
      EXPECT_FALSE(error.message().empty());
    }
    if (c.wait(c.ws().status()).contexts == 0) continue;
    // The codec before a block is not what others find it by.
    ++harmless;
    EXPECT_EQ(c.text_of(one.version), "some text that matters") << "bit " << bit;
    EXPECT_TRUE(c.wait(c.ws().verify({})).ok()) << "bit " << bit;
  }
  EXPECT_LT(harmless * 20, bits);
}

TEST_F(Exchange, NothingOfAShortenedCarIsApplied) {
  a.commit(text_request("one"));
  a.commit(text_request("two"));
  auto car = a.export_all();
  for (std::size_t size = 0; size < car.size(); size += 7) {
    WorkspaceFixture c(Kind::memory, false);
    auto cut = car;
    cut.resize(size);
    EXPECT_THROW(c.import_all(cut), base::Error) << size;
    EXPECT_EQ(c.wait(c.ws().status()).contexts, 0u) << size;
    auto pins = c.wait(c.store().pins("", "", 10));
    EXPECT_TRUE(pins.pins.empty());
  }
}

/// A CAR around one head, made by hand.
base::Bytes handmade(WorkspaceFixture& f, const std::vector<CarContext>& contexts, std::vector<ipld::Block> blocks) {
  base::Bytes car;
  auto index = base::unwrap(encode_car_index(contexts));
  auto task = [](base::Bytes& out, std::vector<ipld::Block> first, std::vector<ipld::Block> rest) -> base::Task<void> {
    ipld::car::Writer writer(ipld::car::bytes_sink(out), {first.front().cid});
    for (auto& block : first) co_await writer.write(std::move(block));
    for (auto& block : rest) co_await writer.write(std::move(block));
    co_await writer.finish();
  };
  f.wait(task(car, std::move(index), std::move(blocks)));
  return car;
}

Manifest manifest_of(const ContextId& id, const ipld::Block& content) {
  Manifest m;
  m.id = id;
  m.type = "other";
  m.content = content.cid;
  m.size = content.data.size();
  m.content_hash = crypto::sha256(content.data);
  m.author.name = "mallory";
  m.time = 1;
  return m;
}

TEST_F(Exchange, LiesAreRefused) {
  auto identity = Identity::from_seed(base::Bytes(32, 9));
  auto id = *ContextId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  auto other = *ContextId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c073990");
  auto content = ipld::make_block(ipld::Codec::raw, base::SharedBytes(base::to_bytes("text")));
  auto refused = [&](const CarContext& context, std::vector<ipld::Block> blocks) {
    WorkspaceFixture c;  // what an earlier try left in a store would count
    auto error = error_of([&] { c.import_all(handmade(c, {context}, std::move(blocks))); });
    EXPECT_EQ(c.wait(c.ws().status()).contexts, 0u);
    EXPECT_TRUE(c.wait(c.store().pins("", "", 10)).pins.empty());
    return error.code();
  };
  auto manifest = base::unwrap(encode(manifest_of(id, content)));
  auto honest = attest(identity, manifest.cid, {});
  auto honest_block = encode(honest);

  auto forged = honest;
  forged.signature[0] ^= 1;
  auto forged_block = encode(forged);
  EXPECT_EQ(refused({id, {forged_block.cid}}, {forged_block, manifest, content}), Errc::corrupt);
  EXPECT_EQ(refused({other, {honest_block.cid}}, {honest_block, manifest, content}), Errc::corrupt);
  EXPECT_EQ(refused({id, {honest_block.cid}}, {honest_block, manifest}), Errc::not_found);
  EXPECT_EQ(refused({id, {honest_block.cid}}, {honest_block, content}), Errc::not_found);
  auto wrong_size = manifest_of(id, content);
  wrong_size.size = 5;
  auto wrong = base::unwrap(encode(wrong_size));
  auto wrong_block = encode(attest(identity, wrong.cid, {}));
  EXPECT_EQ(refused({id, {wrong_block.cid}}, {wrong_block, wrong, content}), Errc::corrupt);
  // A parent that is not there.
  auto orphan_manifest = manifest_of(id, content);
  orphan_manifest.parents = {wrong.cid};
  auto orphan = base::unwrap(encode(orphan_manifest));
  auto orphan_block = encode(attest(identity, orphan.cid, {}));
  EXPECT_EQ(refused({id, {orphan_block.cid}}, {orphan_block, orphan, content}), Errc::not_found);
  // A previous attestation of something that is no parent.
  auto stray_block = encode(attest(identity, orphan.cid, {honest_block.cid}));
  EXPECT_EQ(refused({id, {stray_block.cid}}, {stray_block, orphan, wrong, honest_block, manifest, content}),
            Errc::corrupt);
  // And the truth is taken.
  EXPECT_EQ(b.import_all(handmade(b, {{id, {honest_block.cid}}}, {honest_block, manifest, content})).created, 1u);
}

TEST_F(Exchange, PlainCarsAreStoredAndPinned) {
  auto leaf = ipld::make_block(ipld::Codec::raw, base::SharedBytes(base::to_bytes("leaf")));
  auto root = base::unwrap(ipld::encode_dag_cbor(ipld::Map{{"leaf", leaf.cid}}));
  auto block = ipld::make_block(ipld::Codec::dag_cbor, base::SharedBytes(root));
  auto car_of = [&](std::vector<ipld::Block> blocks) {
    base::Bytes car;
    auto task = [](base::Bytes& out, ipld::Cid first, std::vector<ipld::Block> all) -> base::Task<void> {
      ipld::car::Writer writer(ipld::car::bytes_sink(out), {first});
      for (auto& each : all) co_await writer.write(std::move(each));
      co_await writer.finish();
    };
    b.wait(task(car, block.cid, std::move(blocks)));
    return car;
  };
  EXPECT_EQ(error_of([&] { b.import_all(car_of({block})); }).code(), Errc::not_found);
  auto report = b.import_all(car_of({block, leaf}));
  EXPECT_TRUE(report.plain);
  EXPECT_EQ(report.roots, std::vector<ipld::Cid>{block.cid});
  EXPECT_TRUE(b.wait(b.store().kept(leaf.cid)));
}

TEST_F(Exchange, ForgottenStaysForgottenUnlessAskedFor) {
  auto one = b.commit(text_request("one"));
  auto car = b.export_all();
  b.wait(b.ws().forget({.ids = {one.id}, .reason = "asked", .collect = true}));
  auto report = b.import_all(car);
  EXPECT_EQ(report.refused, std::vector<ContextId>{one.id});
  EXPECT_EQ(b.wait(b.ws().status()).contexts, 0u);
  ImportRequest back;
  back.resurrect = true;
  EXPECT_EQ(b.import_all(car, back).created, 1u);
  EXPECT_EQ(b.text_of(b.get(one.id).current.cid), "one");
  EXPECT_TRUE(b.wait(b.ws().verify({})).ok());
}

TEST_F(Exchange, ATombstoneIsObeyedWhenItsKeyIsKnown) {
  auto one = a.commit(text_request("one"));
  b.import_all(a.export_all());
  // b's own tombstone says nothing to a, who never saw b's key on this context.
  WorkspaceFixture c;
  c.import_all(a.export_all());
  c.wait(c.ws().forget({.ids = {one.id}, .reason = "", .collect = false}));
  EXPECT_EQ(a.import_all(c.export_all()).refused, std::vector<ContextId>{one.id});
  EXPECT_EQ(a.get(one.id).versions, 1u);
  // a's does to b.
  a.wait(a.ws().forget({.ids = {one.id}, .reason = "asked", .collect = false}));
  EXPECT_EQ(b.import_all(a.export_all()).forgotten, 1u);
  auto error = error_of([&] { b.get(one.id); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_NE(error.message().find("asked"), std::string::npos);
  EXPECT_EQ(b.import_all(a.export_all()).unchanged, 1u);
  // Where it was never known, it is remembered.
  WorkspaceFixture d;
  EXPECT_EQ(d.import_all(a.export_all()).forgotten, 1u);
  EXPECT_EQ(d.wait(d.ws().status()).forgotten, 1u);
}

TEST_F(Exchange, ALongHistoryAndManyContexts) {
  auto one = a.commit(text_request("0"));
  for (int i = 1; i < 300; ++i) next(a, one.id, std::to_string(i));
  for (int i = 0; i < 200; ++i) a.commit(text_request("context " + std::to_string(i)));
  std::uint64_t last = 0;
  ImportRequest request;
  request.progress = [&last](const Progress& p) { last = p.done; };
  EXPECT_EQ(b.import_all(a.export_all(), request).created, 201u);
  EXPECT_EQ(last, 201u);
  EXPECT_EQ(b.wait(b.ws().history(one.id)).size(), 300u);
  EXPECT_EQ(b.wait(b.ws().history(one.id, 5)).size(), 5u);
  EXPECT_TRUE(b.wait(b.ws().verify({})).ok());
}

TEST(CarIndex, Pages) {
  std::vector<CarContext> contexts;
  auto head = ipld::make_block(ipld::Codec::dag_cbor, base::SharedBytes(base::Bytes{0xa0})).cid;
  for (std::uint32_t i = 1; i <= 2 * kCarPageContexts + 1; ++i) {
    std::array<std::uint8_t, 16> id{};
    for (int byte = 0; byte < 4; ++byte) id[12 + byte] = static_cast<std::uint8_t>(i >> (24 - 8 * byte));
    contexts.push_back({.id = ContextId(id), .heads = {head}});
  }
  auto blocks = base::unwrap(encode_car_index(contexts));
  EXPECT_EQ(blocks.size(), 4u);
  auto root = base::unwrap(decode_car_root(blocks[0].data));
  ASSERT_TRUE(root);
  EXPECT_EQ(root->count, contexts.size());
  std::vector<CarContext> read;
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    auto page = base::unwrap(decode_car_page(blocks[i].data));
    read.insert(read.end(), page.begin(), page.end());
  }
  EXPECT_EQ(read, contexts);
  EXPECT_FALSE(decode_car_page(blocks[0].data));
  EXPECT_EQ(base::unwrap(decode_car_root(blocks[1].data)).has_value(), false);
}

}  // namespace
}  // namespace openmcp::context::test
