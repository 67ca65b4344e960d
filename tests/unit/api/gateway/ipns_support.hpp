// Publishes IPNS records of version 2, for tests.
#pragma once

#include "api/gateway/ipns_name.hpp"
#include "api/time.hpp"
#include "base/varint.hpp"
#include "crypto/sign.hpp"
#include "ipld/dag_cbor.hpp"

namespace openmcp::test {

class Publisher {
public:
  explicit Publisher(std::uint8_t seed) : pair_(make_pair(seed)) {}
  api::gateway::IpnsName name() const { return api::gateway::IpnsName::of_ed25519(pair_.public_key().bytes); }
  base::Bytes record(std::string_view value, std::uint64_t sequence, base::WallTime expires) const {
    ipld::Map document{{"Value", base::to_bytes(value)},
                       {"Validity", base::to_bytes(api::iso_time(expires))},
                       {"ValidityType", 0},
                       {"Sequence", sequence},
                       {"TTL", std::uint64_t{300'000'000'000}}};
    auto data = base::unwrap(ipld::encode_dag_cbor(ipld::Node(std::move(document))));
    auto message = base::to_bytes("ipns-signature:");
    message.insert(message.end(), data.begin(), data.end());
    auto signature = pair_.sign(message);
    base::Bytes out;
    put(out, 8, signature);
    put(out, 9, data);
    return out;
  }

private:
  static crypto::Ed25519KeyPair make_pair(std::uint8_t seed) {
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(seed);
    return crypto::Ed25519KeyPair::from_seed(bytes);
  }
  static void put(base::Bytes& out, std::uint64_t field, base::BytesView bytes) {
    base::put_varint64(out, field << 3 | 2);
    base::put_varint64(out, bytes.size());
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  crypto::Ed25519KeyPair pair_;
};

}  // namespace openmcp::test
