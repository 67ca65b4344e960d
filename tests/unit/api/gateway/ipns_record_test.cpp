// IPNS names and records: the six records of ipfs/gateway-conformance, and records made here.
#include "api/gateway/ipns_record.hpp"

#include <gmock/gmock.h>

#include "api/gateway/name_store.hpp"
#include "ipns_support.hpp"
#include "support/blocks.hpp"
#include "support/temp_dir.hpp"
#include "support/vectors.hpp"

namespace openmcp::test {
namespace {

using api::gateway::IpnsName;
using api::gateway::NameStore;
using api::gateway::open_record;
using api::gateway::verify_record;
using testing::HasSubstr;

const base::WallTime kNow = base::WallTime(std::chrono::seconds(1'790'000'000));

TEST(IpnsRecord, PublishedRecords) {
  OPENMCP_NEED_VECTORS(folder, "gateway-conformance/fixtures/ipns_records");
  std::map<std::string, std::optional<Errc>> expected{{"_v1", Errc::unsupported},
                                                      {"_v1-v2", std::nullopt},
                                                      {"_v1-v2-broken-v1-value", Errc::corrupt},
                                                      {"_v1-v2-broken-signature-v2", Errc::corrupt},
                                                      {"_v1-v2-broken-signature-v1", std::nullopt},
                                                      {"_v2", std::nullopt}};
  for (auto& file : std::filesystem::directory_iterator(folder)) {
    auto stem = file.path().stem().string();
    auto text = stem.substr(0, stem.find('_'));
    auto name = base::unwrap(IpnsName::parse(text));
    EXPECT_EQ(name.text(), text);
    auto record = verify_record(name, slurp(file.path()), kNow);
    auto wanted = expected.at(stem.substr(text.size()));
    EXPECT_EQ(record ? std::nullopt : std::optional(record.error().code()), wanted) << stem;
    if (record) EXPECT_TRUE(record->value.starts_with("/ipfs/bafkqa")) << record->value;
    if (!record) continue;
    // The same record is of no other name.
    auto other = base::unwrap(IpnsName::parse("12D3KooWLQzUv2FHWGVPXTXSZpdHs7oHbXub2G5WC8Tx4NQhyd2d"));
    EXPECT_FALSE(verify_record(other, slurp(file.path()), kNow));
  }
}

TEST(IpnsRecord, RsaKeys) {
  OPENMCP_NEED_VECTORS(folder, "gateway-conformance/fixtures/subdomain_gateway");
  auto name = base::unwrap(IpnsName::parse("QmVujd5Vb7moysJj8itnGufN7MEtPRCNHkKpNuA4onsRa3"));
  auto bytes = slurp(folder / "QmVujd5Vb7moysJj8itnGufN7MEtPRCNHkKpNuA4onsRa3.ipns-record");
  EXPECT_TRUE(open_record(name, bytes));
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto changed = bytes;
    changed[at] ^= 0x10;
    accepted += open_record(name, changed).has_value();
  }
  // Only the signature of version 1, which does not count, may change (256 bytes of it).
  EXPECT_LT(accepted, 90u);
}

TEST(IpnsRecord, EveryChangeIsSeen) {
  Publisher publisher(7);
  auto bytes = publisher.record("/ipfs/bafkqaaa", 3, kNow + std::chrono::hours(1));
  auto record = base::unwrap(verify_record(publisher.name(), bytes, kNow));
  EXPECT_EQ(record.value, "/ipfs/bafkqaaa");
  EXPECT_EQ(record.sequence, 3u);
  EXPECT_EQ(record.ttl, std::chrono::seconds(300));
  EXPECT_EQ(record.expires, kNow + std::chrono::hours(1));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto changed = bytes;
    changed[at] ^= 1;
    EXPECT_FALSE(open_record(publisher.name(), changed)) << at;
    EXPECT_FALSE(open_record(publisher.name(), base::BytesView(bytes).first(at)));
  }
  EXPECT_EQ(verify_record(publisher.name(), bytes, kNow + std::chrono::hours(1)).error().code(), Errc::unavailable);
  EXPECT_EQ(open_record(publisher.name(), base::Bytes(api::gateway::kMaxRecordBytes + 1)).error().code(),
            Errc::too_large);
  EXPECT_FALSE(open_record(publisher.name(), publisher.record("no path", 3, kNow)));
}

TEST(IpnsName, Texts) {
  // The pair is from the gateway-conformance tests (path_gateway_ipns_test.go).
  auto name = base::unwrap(IpnsName::parse("12D3KooWRBy97UB99e3J6hiPesre1MZeuNQvfan4gBziswrRJsNK"));
  EXPECT_EQ(name.text(), "k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8");
  EXPECT_EQ(base::unwrap(IpnsName::parse(name.text())), name);
  EXPECT_EQ(base::unwrap(IpnsName::parse(Cid::v1(Codec::libp2p_key, name.hash).text())), name);
  for (std::string_view bad : {"", "1", "12D3", "example.com", "bafkqaaa", "Qm0000", "k51qzi5uqu5d!"})
    EXPECT_FALSE(IpnsName::parse(bad)) << bad;
  EXPECT_FALSE(IpnsName::parse(std::string(1000, '1')));
}

// --- the store of records --------------------------------------------------------------------------------------------

class NameStoreTest : public testing::Test {
protected:
  base::Bytes make(const Publisher& publisher, std::uint64_t sequence, int hours = 1) {
    return publisher.record("/ipfs/bafkqaaa", sequence, env.now() + std::chrono::hours(hours));
  }
  NameStore::Put put(NameStore& names, const Publisher& publisher, base::Bytes record) {
    return run(env, names.put(publisher.name(), std::move(record)));
  }
  base::RealEnv env;
  TempDir temp;
};

TEST_F(NameStoreTest, TheNewestRecordStays) {
  Publisher publisher(1), nobody(2);
  auto first = make(publisher, 1), second = make(publisher, 2), longer = make(publisher, 2, 5);
  {
    NameStore names(env, temp / "ipns");
    EXPECT_EQ(run(env, names.record(publisher.name().text())), std::nullopt);
    EXPECT_EQ(put(names, publisher, second), NameStore::Put::stored);
    EXPECT_EQ(put(names, publisher, first), NameStore::Put::older);
    EXPECT_EQ(put(names, publisher, second), NameStore::Put::same);
    EXPECT_EQ(run(env, names.record(publisher.name().text())), second);
    EXPECT_EQ(put(names, publisher, longer), NameStore::Put::stored);
    EXPECT_EQ(run(env, names.record(publisher.name().peer_id())), longer);
  }
  NameStore again(env, temp / "ipns");
  EXPECT_EQ(run(env, again.record(publisher.name().text())), longer);
  EXPECT_EQ(run(env, again.record(nobody.name().text())), std::nullopt);
  EXPECT_EQ(run(env, again.record("../../etc/passwd")), std::nullopt);
}

TEST_F(NameStoreTest, OnlyValidRecordsAndSoMany) {
  Publisher publisher(1), other(2), third(3);
  NameStore names(env, temp / "ipns", 2);
  EXPECT_EQ(error_of(env, names.put(other.name(), make(publisher, 1))), Errc::corrupt);
  EXPECT_EQ(error_of(env, names.put(publisher.name(), make(publisher, 1, -1))), Errc::unavailable);
  put(names, publisher, make(publisher, 1));
  put(names, other, make(other, 1));
  EXPECT_EQ(error_of(env, names.put(third.name(), make(third, 1))), Errc::too_large);
  EXPECT_EQ(put(names, publisher, make(publisher, 2)), NameStore::Put::stored);
}

TEST_F(NameStoreTest, FilesThatSomebodyDamagedAreNotUsed) {
  Publisher publisher(1);
  NameStore(env, temp / "ipns");
  {
    NameStore names(env, temp / "ipns");
    put(names, publisher, make(publisher, 1));
  }
  auto file = temp / ("ipns/" + publisher.name().text() + ".ipns-record");
  std::filesystem::resize_file(file, 40);
  NameStore names(env, temp / "ipns");
  EXPECT_EQ(run(env, names.record(publisher.name().text())), std::nullopt);
  EXPECT_EQ(put(names, publisher, make(publisher, 1)), NameStore::Put::stored);
}

}  // namespace
}  // namespace openmcp::test
