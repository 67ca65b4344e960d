// Reads versions from the blocks: manifests, attestations, and how versions descend from each other.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "context/attestation.hpp"
#include "context/catalog.hpp"
#include "context/manifest.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::context {

/// The name of the pins of a context's heads.
std::string pin_name(const ContextId& id);
inline constexpr std::string_view kPinPrefix = "context/";
/// nullopt: not a pin of ours.
std::optional<ContextId> id_of_pin(std::string_view name);

/// Throws Error not_found or corrupt naming the CID.
base::Task<std::shared_ptr<const Manifest>> load_manifest(ipld::BlockSource& source, ipld::Cid cid);
base::Task<Attestation> load_attestation(ipld::BlockSource& source, ipld::Cid cid);

/// One version found while walking down from heads.
struct Walked {
  VersionRow row;
  std::shared_ptr<const Manifest> manifest;
  std::vector<ipld::Cid> parents;  ///< of the manifest; kept when the manifest is not
  bool known = false;              ///< a head that the caller knew before
};

/// A whole history, or the part of it that `known` did not have.
struct History {
  ContextId id;
  std::map<ipld::Cid, Walked> versions;  ///< by manifest
  std::vector<ipld::Cid> heads;          ///< manifests of the attestations asked for, in their order
};

/// Walks down from the attestations of one context's heads. Checks that each attestation's signature holds, that every
/// manifest is of `id`, and that previous attestations are of parents. A parent whose attestation is not linked is
/// taken without. Versions in `known` (manifest → generation) are not entered. Keeps the manifests of heads only.
/// Throws not_found (a block that is missing), corrupt.
base::Task<History> walk_history(ipld::BlockSource& source, ContextId id, std::vector<ipld::Cid> attestations,
                                 std::map<ipld::Cid, std::uint64_t> known);

/// The state of the context after the walk. `before`: what the catalog says of it, when the walk left known versions
/// out. Precondition: heads is not empty.
ContextRecord record_of(const History& history, const std::optional<ContextHeads>& before);

/// The order of heads: the latest first, by time, then CID.
bool later(const VersionRow& a, const VersionRow& b);

/// The nearest version that all heads descend from (or are), by its greatest distance from the beginning, then CID.
/// nullopt: there is none.
base::Task<std::optional<ipld::Cid>> common_ancestor(ipld::BlockSource& source, std::vector<ipld::Cid> heads);

/// True when `ancestor` is `version` or one of its ancestors. Reads manifests until it is found.
base::Task<bool> descends(ipld::BlockSource& source, ipld::Cid version, ipld::Cid ancestor);

}  // namespace openmcp::context
