// Blocks on their way to a sink: collected into batches, one of which is being accepted while the next one fills.
#pragma once

#include <vector>

#include "base/env.hpp"
#include "ipld/block_io.hpp"
#include "ipld/pending.hpp"

namespace openmcp::ipld {

class BlockBatches {
public:
  /// Without a sink blocks are dropped.
  BlockBatches(base::Env& env, BlockSink* sink) : env_(env), sink_(sink) {}

  void put(Block block) {
    if (!sink_) return;
    bytes_ += block.data.size();
    blocks_.push_back(std::move(block));
  }
  void put(std::vector<Block>& blocks) {
    for (auto& block : blocks) put(std::move(block));
    blocks.clear();
  }
  bool full() const noexcept { return bytes_ >= kBatchBytes || blocks_.size() >= kBatchBlocks; }
  /// Hands over what is collected, as soon as the sink has accepted what it got before.
  base::Task<void> send(base::TaskGroup& group);
  /// Everything is accepted when it returns.
  base::Task<void> finish(base::TaskGroup& group);

private:
  static constexpr std::size_t kBatchBytes = 8u << 20;
  static constexpr std::size_t kBatchBlocks = 512;

  base::Env& env_;
  BlockSink* sink_;
  std::vector<Block> blocks_;
  std::size_t bytes_ = 0;
  Pending<bool> accepting_;
};

}  // namespace openmcp::ipld
