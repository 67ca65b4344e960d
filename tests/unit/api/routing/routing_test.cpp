// Delegated routing: what this node says about blocks, itself and names.
#include <gmock/gmock.h>

#include "api/gateway/name_store.hpp"
#include "api/routing/peer.hpp"
#include "api/routing/routing.hpp"
#include "support/blocks.hpp"
#include "support/service_fixture.hpp"
#include "unit/api/gateway/ipns_support.hpp"

namespace openmcp::test {
namespace {

using api::Role;
using api::gateway::IpnsName;
using api::routing::Peer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kRecordType = "application/vnd.ipfs.ipns-record";

class RoutingTest : public testing::Test {
protected:
  void open_gateway() {
    base::unwrap(at.config.read_toml("[serve]\ngateway_open = true\n", "test"));
    at.service->gateway_origin = "http://127.0.0.1:7780";
  }
  void add() { api::routing::add_routing(*at.router, *at.service, &names); }
  std::string peer_id() { return IpnsName::of_ed25519(run(at.env, at.workspace->status()).key).peer_id(); }
  std::unique_ptr<FakeExchange> put(const IpnsName& name, const base::Bytes& record, Role role = Role::writer,
                                    const std::string& type = kRecordType) {
    auto headers = at.bearer(role);
    headers.add("Content-Type", type);
    return at.ask("PUT", "/routing/v1/ipns/" + name.text(), std::move(headers), std::string(base::as_text(record)));
  }
  std::unique_ptr<FakeExchange> record_of(const std::string& name, const std::string& accept = kRecordType) {
    auto headers = at.bearer(Role::reader);
    headers.add("Accept", accept);
    return at.ask("GET", "/routing/v1/ipns/" + name, std::move(headers));
  }

  ServiceFixture at;
  api::gateway::NameStore names{at.env, at.home("ipns")};
};

TEST_F(RoutingTest, WhoeverHasABlockProvidesIt) {
  open_gateway();
  add();
  auto block = raw_block("here"), other = raw_block("not here");
  run(at.env, at.store->store(block));
  auto found = at.ask("GET", "/routing/v1/providers/" + block.cid.text());  // open as the gateway is: no token
  EXPECT_EQ(found->status(), 200u);
  EXPECT_EQ(found->header("Content-Type"), "application/json");
  EXPECT_EQ(found->body(), "{\"Providers\":[{\"Schema\":\"peer\",\"ID\":\"" + peer_id() +
                               "\",\"Addrs\":[\"/ip4/127.0.0.1/tcp/7780/http\"],"
                               "\"Protocols\":[\"transport-ipfs-gateway-http\"]}]}");
  EXPECT_THAT(found->header("Cache-Control"), StartsWith("public, max-age=300"));
  EXPECT_EQ(found->header("Vary"), "Accept");
  auto nothing = at.ask("GET", "/routing/v1/providers/" + other.cid.text());
  EXPECT_EQ(nothing->status(), 200u);
  EXPECT_EQ(nothing->body(), "{\"Providers\":[]}");
  EXPECT_THAT(nothing->header("Cache-Control"), StartsWith("public, max-age=15"));
  EXPECT_EQ(at.ask("GET", "/routing/v1/providers/bafkqaaa")->body(), "{\"Providers\":[]}");
  EXPECT_EQ(at.ask("GET", "/routing/v1/providers/nonsense")->status(), 422u);

  auto lines = at.ask("GET", "/routing/v1/providers/" + block.cid.text(), {{"Accept", "application/x-ndjson"}});
  EXPECT_EQ(lines->header("Content-Type"), "application/x-ndjson");
  EXPECT_THAT(lines->body(), testing::AllOf(StartsWith("{\"Schema\":\"peer\""), testing::EndsWith("}\n")));
  EXPECT_EQ(at.ask("GET", "/routing/v1/providers/" + other.cid.text(), {{"Accept", "application/x-ndjson"}})->body(),
            "");

  auto with = [&](const std::string& query) {
    return at.ask("GET", "/routing/v1/providers/" + block.cid.text() + "?" + query)->body() != "{\"Providers\":[]}";
  };
  EXPECT_TRUE(with("filter-protocols=transport-bitswap,TRANSPORT-ipfs-gateway-http"));
  EXPECT_FALSE(with("filter-protocols=transport-bitswap,unknown"));
  EXPECT_TRUE(with("filter-addrs=http"));
  EXPECT_FALSE(with("filter-addrs=!ip4"));
  EXPECT_FALSE(with("filter-addrs=quic-v1%2Cwebrtc"));
}

TEST_F(RoutingTest, WhereNobodyMayAskNothingIsProvided) {
  at.service->gateway_origin = "http://127.0.0.1:7780";
  add();
  auto block = raw_block("here");
  run(at.env, at.store->store(block));
  auto url = "/routing/v1/providers/" + block.cid.text();
  EXPECT_EQ(at.ask("GET", url)->status(), 401u);
  EXPECT_EQ(at.as(Role::reader, "GET", url)->body(), "{\"Providers\":[]}");
}

TEST_F(RoutingTest, PeersAndOtherPaths) {
  open_gateway();
  add();
  EXPECT_THAT(at.ask("GET", "/routing/v1/peers/" + peer_id())->body(), HasSubstr("/ip4/127.0.0.1/tcp/7780/http"));
  EXPECT_EQ(at.ask("GET", "/routing/v1/peers/12D3KooWLQzUv2FHWGVPXTXSZpdHs7oHbXub2G5WC8Tx4NQhyd2d")->body(),
            "{\"Peers\":[]}");
  EXPECT_EQ(at.ask("GET", "/routing/v1/peers/nobody")->status(), 422u);
  EXPECT_EQ(at.ask("GET", "/routing/v1/dht/closest/peers/" + peer_id())->status(), 501u);
  EXPECT_EQ(at.ask("DELETE", "/routing/v1/peers/" + peer_id())->status(), 501u);
  EXPECT_EQ(at.ask("GET", "/routing/v1/what/is/this")->status(), 400u);
}

TEST_F(RoutingTest, RecordsArePutAndFound) {
  add();
  Publisher publisher(1), other(2);
  auto soon = at.env.now() + std::chrono::hours(1);
  auto first = publisher.record("/ipfs/bafkqaaa", 1, soon), second = publisher.record("/ipfs/bafkqaaa", 2, soon);
  auto name = publisher.name();
  auto none = record_of(name.text());
  EXPECT_EQ(none->status(), 200u);
  EXPECT_THAT(none->header("Content-Type"), StartsWith("text/plain"));

  EXPECT_EQ(put(name, second)->status(), 200u);
  EXPECT_EQ(put(name, second)->status(), 200u);
  EXPECT_EQ(put(name, first)->status(), 400u);
  EXPECT_EQ(put(other.name(), second)->status(), 400u);
  EXPECT_EQ(put(name, base::Bytes(20'000))->status(), 400u);
  EXPECT_EQ(put(name, second, Role::writer, "application/json")->status(), 406u);
  EXPECT_EQ(put(name, second, Role::reader)->status(), 403u);

  auto found = record_of(name.text());
  EXPECT_EQ(found->header("Content-Type"), kRecordType);
  EXPECT_EQ(found->body(), std::string(base::as_text(second)));
  EXPECT_THAT(found->header("Cache-Control"), StartsWith("public, max-age=300, stale-while-revalidate=3"));
  EXPECT_THAT(found->header("Expires"), testing::EndsWith(" GMT"));
  EXPECT_EQ(record_of(name.peer_id())->body(), found->body());
  EXPECT_EQ(record_of(name.text(), "application/json")->status(), 406u);
  EXPECT_EQ(record_of("example.com")->status(), 422u);
}

TEST(RoutingPeer, Multiaddrs) {
  using api::routing::multiaddr_of;
  EXPECT_EQ(multiaddr_of("http://127.0.0.1:7780"), "/ip4/127.0.0.1/tcp/7780/http");
  EXPECT_EQ(multiaddr_of("https://gw.example.org"), "/dns/gw.example.org/tcp/443/tls/http");
  EXPECT_EQ(multiaddr_of("http://[2001:db8::1]:80"), "/ip6/2001:db8::1/tcp/80/http");
  EXPECT_EQ(multiaddr_of("http://0.0.0.0:7780"), "");
  EXPECT_EQ(multiaddr_of(""), "");
}

TEST(RoutingPeer, AddressesAreFilteredOneByOne) {
  auto filtered = [](std::vector<std::string> addresses,
                     std::string filter) -> std::optional<std::vector<std::string>> {
    Peer peer{.id = "p", .addresses = std::move(addresses), .protocols = {}};
    if (!api::routing::filter_peer(peer, {{"filter-addrs", std::move(filter)}})) return std::nullopt;
    return peer.addresses;
  };
  std::vector<std::string> both{"/ip4/1.2.3.4/tcp/443/tls/http", "/ip6/2001:db8::1/udp/4001/quic-v1"};
  EXPECT_THAT(*filtered(both, "tls"), ElementsAre(both[0]));
  EXPECT_THAT(*filtered(both, "!ip6"), ElementsAre(both[0]));
  EXPECT_THAT(*filtered(both, "QUIC-V1,tls"), ElementsAre(both[0], both[1]));
  EXPECT_EQ(filtered(both, "tls,!ip4"), std::nullopt);
  EXPECT_EQ(filtered({}, "tls"), std::nullopt);
  EXPECT_TRUE(filtered({}, "tls,unknown"));
  EXPECT_THAT(*filtered(both, ""), ElementsAre(both[0], both[1]));
}

}  // namespace
}  // namespace openmcp::test
