// Writes CAR files: version 1 to any sink, version 2 with an index to a file.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/env.hpp"
#include "ipld/block_io.hpp"
#include "ipld/byte_io.hpp"
#include "ipld/car/format.hpp"
#include "ipld/car/index.hpp"

namespace openmcp::ipld::car {

/// CARv1, streaming. Identity CIDs are never written (their bytes are in the CID); all else as given, in order.
class Writer {
public:
  /// Throws Error too_large for too many roots.
  Writer(ByteSink sink, std::vector<Cid> roots);

  base::Task<void> write(Block block);
  /// Sends what is still buffered. Nothing may be written after it.
  base::Task<void> finish();

  std::uint64_t bytes() const noexcept { return bytes_; }  ///< of the CARv1 so far, buffered ones included
  std::uint64_t blocks() const noexcept { return blocks_; }

private:
  base::Task<void> flush();
  ByteSink sink_;
  base::Bytes buffer_;
  std::uint64_t bytes_ = 0, blocks_ = 0;
};

/// CARv2 with the data first and its index behind; the header is completed at the end.
class WriterV2 {
public:
  WriterV2(base::Env& env, std::shared_ptr<base::File> file, std::vector<Cid> roots,
           IndexCodec codec = IndexCodec::multihash_sorted);

  base::Task<void> write(Block block);
  base::Task<void> finish();  ///< writes index and header; the caller syncs the file

private:
  base::Env& env_;
  std::shared_ptr<base::File> file_;
  Index index_;
  Writer data_;
};

/// Appends to `file` from `offset` on, away from the executor.
ByteSink file_sink(base::Env& env, std::shared_ptr<base::File> file, std::uint64_t offset = 0);
ByteSink bytes_sink(base::Bytes& into);

}  // namespace openmcp::ipld::car
