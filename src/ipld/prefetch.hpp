// Fetches the blocks of a depth-first walk ahead of it.
//
// What is still to be visited is one line of items. A visited block's children go to its front; the first items of the
// line, bounded in number and in expected bytes, are being fetched while the walker works on the block before them.
#pragma once

#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "base/sync.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::ipld {

struct WalkItem {
  Cid cid;
  std::uint64_t offset = 0;  ///< of a part of a file: its place in the file
  std::uint64_t size = 0;    ///< of a part of a file: the logical bytes that its parent promised
  unsigned depth = 0;
  bool follow = true;                           ///< for the walker's own use
  std::uint64_t expected = kMaxBlockBytes / 4;  ///< bytes of the block, for the window
};

struct WalkBlock {
  WalkItem item;
  std::optional<base::SharedBytes> data;  ///< nullopt: the source does not have it
};

/// Declare it before the TaskGroup that it works in (with_group).
class Prefetch {
public:
  struct Window {
    std::size_t blocks = 64;
    std::uint64_t bytes = 8u << 20;
  };
  Prefetch(base::Executor executor, BlockSource& source, Window window)
      : source_(source), window_(window), arrived_(std::move(executor)) {}

  /// `items` come next, before all that is still in line.
  void descend(std::vector<WalkItem> items);
  /// The next block of the walk; nullopt: nothing is left. Identity CIDs are answered from themselves.
  base::Task<std::optional<WalkBlock>> next(base::TaskGroup& group);

private:
  struct Batch {
    std::vector<std::optional<base::SharedBytes>> blocks;
    std::exception_ptr error;
    bool done = false;
  };
  struct Place {
    WalkItem item;
    std::shared_ptr<Batch> batch;  ///< null: not asked yet
    std::size_t index = 0;
  };
  void ask_ahead(base::TaskGroup& group);
  static base::Task<void> fetch(Prefetch* self, std::shared_ptr<Batch> batch, std::vector<Cid> cids);

  BlockSource& source_;
  Window window_;
  base::Signal arrived_;
  std::deque<Place> line_;
  std::size_t asked_ = 0;  ///< asked and not taken
  std::uint64_t asked_bytes_ = 0;
};

}  // namespace openmcp::ipld
