// Blocks in memory: a source and a sink for tests of code that walks DAGs.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "ipld/block_io.hpp"

namespace openmcp::test {

/// Keyed by multihash, as real stores are. Counts what is asked for.
class MemoryBlocks final : public ipld::BlockSource, public ipld::BlockSink {
public:
  base::Task<std::optional<base::SharedBytes>> retrieve(ipld::Cid cid) override {
    ++retrieved;
    auto found = blocks.find(cid.hash());
    if (found == blocks.end()) co_return std::nullopt;
    co_return found->second;
  }
  base::Task<void> accept(std::vector<ipld::Block> given) override {
    ++batches;
    for (auto& block : given) put(std::move(block));
    co_return;
  }
  void put(ipld::Block block) {
    ++accepted;
    order.push_back(block.cid);
    blocks.insert_or_assign(block.cid.hash(), std::move(block.data));
  }

  std::map<ipld::Multihash, base::SharedBytes> blocks;
  std::vector<ipld::Cid> order;  ///< as accepted, repeated ones too
  std::size_t retrieved = 0, accepted = 0, batches = 0;
};

/// Forgets everything: for measurements.
class NoBlocks final : public ipld::BlockSink {
public:
  base::Task<void> accept(std::vector<ipld::Block> given) override {
    accepted += given.size();
    co_return;
  }
  std::size_t accepted = 0;
};

}  // namespace openmcp::test
