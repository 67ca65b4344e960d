// Attestation: a dag-cbor block in which a key vouches for a manifest. Heads are pinned by their attestation, so that
// one pin keeps the signature, the manifest, the content and the whole history.
//
//   {v 1, alg "ed25519", manifest link, key bytes(32), sig bytes(64), previous [link]}
//
// The signature is over "openmcp attestation v1" NUL and the manifest's CID in bytes. `previous` links the
// attestations of the manifest's parents; it only keeps them, each proves itself.
#pragma once

#include <array>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "context/manifest.hpp"
#include "ipld/cid.hpp"

namespace openmcp::context {

class Identity;

struct Attestation {
  ipld::Cid manifest;
  std::array<std::uint8_t, 32> key{};
  std::array<std::uint8_t, 64> signature{};
  std::vector<ipld::Cid> previous;  ///< at most kMaxParents
  bool operator==(const Attestation&) const = default;
};

Attestation attest(const Identity& identity, const ipld::Cid& manifest, std::vector<ipld::Cid> previous);
bool signature_valid(const Attestation& attestation);

ipld::Block encode(const Attestation& attestation);
/// Strict. Errors: corrupt, unsupported (another schema or algorithm). Does not check the signature.
base::Result<Attestation> decode_attestation(base::BytesView block);

}  // namespace openmcp::context
