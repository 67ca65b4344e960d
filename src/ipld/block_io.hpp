// Where DAG code gets blocks from and puts them. Storage adapters fit these; ipld itself knows no storage.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/task.hpp"
#include "ipld/cid.hpp"

namespace openmcp::ipld {

/// Gets blocks, verified. nullopt: not there. Identity CIDs are answered by the caller of this, never asked.
class BlockSource {
public:
  virtual ~BlockSource() = default;
  virtual base::Task<std::optional<base::SharedBytes>> retrieve(Cid cid) = 0;
  /// In the order of `cids`; the default asks one by one.
  virtual base::Task<std::vector<std::optional<base::SharedBytes>>> retrieve_many(std::vector<Cid> cids);
};

/// Takes blocks. May return before they are durable: whoever owns the sink calls its sync at the end.
class BlockSink {
public:
  virtual ~BlockSink() = default;
  virtual base::Task<void> accept(std::vector<Block> blocks) = 0;
};

/// The block's bytes: identity CIDs from the CID itself, others from `source`. Throws Error not_found naming the CID.
base::Task<base::SharedBytes> get_block(BlockSource& source, Cid cid);

}  // namespace openmcp::ipld
