#include "api/gateway/ipns_name.hpp"

#include <fmt/format.h>

#include "ipld/multibase.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxText = 256;
/// Keys up to here are their own hash (libp2p peer-ids.md).
constexpr std::size_t kInlineKey = 42;

base::Result<IpnsName> from_peer_id(std::string_view text) {
  auto bytes = ipld::base_decode(ipld::Base::base58btc, text);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  base::BytesView rest(*bytes);
  auto hash = ipld::Multihash::take(rest);
  if (!hash) return std::unexpected(std::move(hash).error());
  if (!rest.empty()) return fail(Errc::invalid_argument, "bytes after the multihash");
  return IpnsName{*hash};
}

}  // namespace

std::string IpnsName::text() const { return base::unwrap(ipld::Cid::v1(ipld::Codec::libp2p_key, hash).text('k')); }

std::string IpnsName::peer_id() const { return base::unwrap(ipld::base_encode(ipld::Base::base58btc, hash.bytes())); }

IpnsName IpnsName::of_key(base::BytesView key) {
  auto code = key.size() <= kInlineKey ? ipld::HashCode::identity : ipld::HashCode::sha2_256;
  return IpnsName{base::unwrap(ipld::hash(code, key))};
}

IpnsName IpnsName::of_ed25519(const std::array<std::uint8_t, 32>& key) {
  base::Bytes message{0x08, 0x01, 0x12, 0x20};  // Type = Ed25519, Data = 32 bytes
  message.insert(message.end(), key.begin(), key.end());
  return of_key(message);
}

base::Result<IpnsName> IpnsName::parse(std::string_view text) {
  auto bad = [&](std::string_view why) {
    return fail(Errc::invalid_argument, fmt::format("'{}' is not an IPNS name: {}", text.substr(0, kMaxText), why),
                "write the name as a CID (k51...) or a peer id (12D3Koo..., Qm...)");
  };
  if (text.empty() || text.size() > kMaxText) return bad("its length");
  if (text.front() == '1' || text.starts_with("Qm")) {
    auto name = from_peer_id(text);
    if (!name) return bad(name.error().message());
    return name;
  }
  auto cid = ipld::Cid::parse(text);
  if (!cid) return bad(cid.error().message());
  if (cid->codec() != ipld::Codec::libp2p_key && cid->codec() != ipld::Codec::dag_pb) {
    return bad("its CID is of " + ipld::codec_name(cid->codec()) + ", not of libp2p-key");
  }
  return IpnsName{cid->hash()};
}

}  // namespace openmcp::api::gateway
