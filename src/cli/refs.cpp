#include "cli/refs.hpp"

#include <fmt/format.h>

#include "base/result.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

std::optional<std::string> source_below(const base::Path& root, const base::Path& path) {
  if (root == "/") return path.size() > 1 ? std::optional(path.substr(1)) : std::nullopt;
  if (root.empty() || !path.starts_with(root + "/")) return std::nullopt;
  return path.substr(root.size() + 1);
}

std::string version_suffix(std::string_view version) {
  if (version.empty()) return {};
  if (version[0] == '~' || version[0] == '@') return std::string(version);
  return fmt::format("@{}", version);
}

base::Task<context::Ref> resolve_context(Invocation& call, context::Workspace& workspace, std::string typed,
                                         std::string version) {
  if (typed.empty()) throw Error(Errc::invalid_argument, "the name of the context is empty");
  auto suffix = version_suffix(version);
  bool id = context::ContextId::parse(typed).has_value() || ipld::Cid::parse(typed).has_value();
  if (!id) {
    // What the user sees as docs/a.md may have another name below the root.
    auto source = source_below(workspace.options().root, call.absolute(typed));
    if (source && *source != typed) {
      try {
        co_return co_await workspace.resolve(*source + suffix);
      } catch (const Error& error) {
        if (error.code() != Errc::not_found && error.code() != Errc::invalid_argument) throw;
      }
    }
  }
  co_return co_await workspace.resolve(typed + suffix);
}

base::Task<ipld::Cid> resolve_version(Invocation&, context::Workspace& workspace, context::ContextId id,
                                      std::string version) {
  if (auto cid = ipld::Cid::parse(version)) co_return *cid;
  auto ref = co_await workspace.resolve(id.text() + version_suffix(version));
  if (ref.version) co_return *ref.version;
  auto view = co_await workspace.get(id);
  co_return view.current.cid;
}

ipld::Cid parse_cid(std::string_view typed) {
  auto path = parse_path(typed);
  if (!path.segments.empty()) {
    throw Error(Errc::invalid_argument, fmt::format("'{}' is a path; a CID alone is needed", typed),
                "'openmcp dag resolve PATH' finds the CID that a path ends in");
  }
  return path.root;
}

ipld::ContentPath parse_path(std::string_view typed) {
  auto path = ipld::ContentPath::parse(typed);
  if (!path) {
    auto error = std::move(path).error();
    if (!error.hint().empty()) throw error;
    throw Error(error.code(), error.message(), "a CID such as bafkqaaa, or a path such as /ipfs/CID/docs/a.md");
  }
  return *std::move(path);
}

}  // namespace openmcp::cli
