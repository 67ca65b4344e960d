// Walks over DAGs, depth first, parents before children, as the trustless gateway orders its CARs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/env.hpp"
#include "ipld/block_io.hpp"
#include "ipld/path.hpp"

namespace openmcp::ipld {

/// Trustless gateway, `dag-scope`.
enum class DagScope : std::uint8_t {
  block,   ///< the one block
  entity,  ///< all blocks of a UnixFS file, all shards of a directory (not what it lists); else the one block
  all,     ///< everything reachable
};
base::Result<DagScope> dag_scope_from_name(std::string_view name);

/// Trustless gateway, `entity-bytes=from:to`: both ends included, negative counts from the end, '*' is the end.
struct EntityBytes {
  std::int64_t from = 0;
  std::optional<std::int64_t> to;  ///< nullopt: '*'
};
base::Result<EntityBytes> parse_entity_bytes(std::string_view text);

struct TraversalOptions {
  DagScope scope = DagScope::all;
  std::optional<EntityBytes> bytes = {};  ///< of a UnixFS file with scope entity; otherwise ignored
  bool duplicates = false;                ///< give a block again each time it is met (and walk below it again)
  /// Error too_large beyond these.
  std::size_t max_depth = 4096;
  std::uint64_t max_blocks = ~std::uint64_t{0};
  std::uint64_t max_bytes = ~std::uint64_t{0};
  /// Called for a block that is not there, which is then passed over; without it Error not_found.
  std::function<void(const Cid&)> missing = {};
};

struct Traversed {
  std::uint64_t blocks = 0, bytes = 0;  ///< given to the callback
  std::uint64_t missing = 0;
  bool stopped = false;  ///< the callback said so
};

/// Takes a block; false stops the walk. Identity CIDs are walked through but not given.
using BlockVisitor = std::function<base::Task<bool>(Block)>;

base::Task<Traversed> traverse(base::Env& env, BlockSource& source, Cid root, TraversalOptions options,
                               BlockVisitor visit);
/// First the blocks that `path` passes, then its end by scope: what a trustless CAR response holds.
base::Task<Traversed> traverse_path(base::Env& env, BlockSource& source, ContentPath path, TraversalOptions options,
                                    BlockVisitor visit);

}  // namespace openmcp::ipld
