// What the user types to name contexts, versions and blocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/invocation.hpp"
#include "context/view.hpp"
#include "ipld/cid.hpp"
#include "ipld/path.hpp"

namespace openmcp::context {
class Workspace;
}

namespace openmcp::cli {

/// `path` as a source below `root` ("docs/a.md"); nullopt when it lies outside.
std::optional<std::string> source_below(const base::Path& root, const base::Path& path);

/// A context by file (seen from the working directory), id, beginning of an id, CID, title; `version` as in "v3", "3",
/// "~1", a CID, or "" for the one that `typed` says. The errors are those of Workspace::resolve.
base::Task<context::Ref> resolve_context(Invocation& call, context::Workspace& workspace, std::string typed,
                                         std::string version = {});
/// The manifest's CID of that version.
base::Task<ipld::Cid> resolve_version(Invocation& call, context::Workspace& workspace, context::ContextId id,
                                      std::string version);

/// "v3", "3" or "~1" behind a context's name: what Workspace::resolve takes.
std::string version_suffix(std::string_view version);

/// A CID, also with /ipfs/ or ipfs:// in front. Throws Error invalid_argument.
ipld::Cid parse_cid(std::string_view typed);
/// CID/a/b, /ipfs/CID/a/b. Throws Error invalid_argument.
ipld::ContentPath parse_path(std::string_view typed);

}  // namespace openmcp::cli
