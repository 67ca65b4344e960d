// IPNS names: the hash of a public key, or the key itself where it is small (ipfs/specs ipns-record.md, "IPNS Name").
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "ipld/cid.hpp"

namespace openmcp::api::gateway {

struct IpnsName {
  ipld::Multihash hash;

  /// The canonical text: a CIDv1 of codec libp2p-key in base36 ("k51...").
  std::string text() const;
  /// The peer id of the same key, in base58btc ("12D3KooW...", "Qm...").
  std::string peer_id() const;
  /// Of a key as libp2p writes it (protobuf of type and bytes).
  static IpnsName of_key(base::BytesView public_key);
  static IpnsName of_ed25519(const std::array<std::uint8_t, 32>& key);
  /// The canonical text, a CID of codec libp2p-key (or dag-pb, as old software wrote them) in any base, or a peer id.
  /// Error invalid_argument.
  static base::Result<IpnsName> parse(std::string_view text);

  bool operator==(const IpnsName&) const noexcept = default;
};

}  // namespace openmcp::api::gateway
