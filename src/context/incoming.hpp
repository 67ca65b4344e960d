// Deciding what an import does to one context. Pure, so that every case can be tested.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "context/versions.hpp"

namespace openmcp::context {

/// A head of the context as it is here, with what the decision needs.
struct LocalHead {
  VersionRow row;
  std::optional<std::array<std::uint8_t, 32>> key;  ///< who attested it
  std::optional<ipld::Cid> squash;
};

/// The context here; nullopt in decide(): it is unknown.
struct LocalContext {
  bool forgotten = false;
  std::vector<LocalHead> heads;
  std::set<ipld::Cid> versions;  ///< of those named by the import (heads, parents, squashes), the ones that are here
};

struct IncomingHead {
  ipld::Cid manifest, attestation;
  std::array<std::uint8_t, 32> key{};
};

enum class ImportKind : std::uint8_t { created, forwarded, diverged, unchanged, forgotten, refused };

struct ImportDecision {
  ImportKind kind = ImportKind::unchanged;
  std::vector<std::size_t> add;      ///< incoming heads that become heads here
  std::vector<std::size_t> replace;  ///< local heads that are no longer heads
  bool anew = false;                 ///< nothing of what was here stays reachable
};

/// - A version that is here already, or descends to one that another incoming head descends from, adds nothing.
/// - A local head that an incoming version has as a parent is replaced.
/// - A squashed copy of a version that is here adds nothing; when all that is here is a squashed copy, a later one by
/// the
///   same key takes its place.
/// - A tombstone is obeyed when the context is unknown here or one of its heads was attested by the tombstone's key;
///   otherwise the import of this context is refused.
/// - A context that was forgotten here stays so (refused) unless `resurrect`.
ImportDecision decide(const std::optional<LocalContext>& local, const History& history,
                      const std::vector<IncomingHead>& incoming, bool resurrect);

}  // namespace openmcp::context
