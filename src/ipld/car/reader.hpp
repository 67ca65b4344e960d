// Reads CAR files, versions 1 and 2, as a stream; every block is verified against its CID.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/env.hpp"
#include "ipld/block_io.hpp"
#include "ipld/byte_io.hpp"
#include "ipld/car/format.hpp"
#include "ipld/car/index.hpp"

namespace openmcp::ipld::car {

struct ReadOptions {
  std::size_t max_header = kMaxHeaderBytes;
  std::size_t max_section = kMaxSectionBytes;
  /// A section of length 0 ends the data (go-car's ZeroLengthSectionAsEOF, for padded files). Else Error corrupt.
  bool zero_length_is_end = false;
  bool verify = true;  ///< false only for blocks that the caller verifies
};

/// Reads `file` from `offset` on, in large pieces away from the executor.
ByteSource file_source(base::Env& env, std::shared_ptr<base::File> file, std::uint64_t offset = 0);
ByteSource bytes_source(base::SharedBytes bytes);

struct Section {
  Block block;
  std::uint64_t offset = 0;  ///< of the section, from the start of the CARv1 data
};

/// Errors are corrupt (bad header, truncated section, digest differs: named with the offset) or too_large.
class Reader {
public:
  explicit Reader(ByteSource source, ReadOptions options = {});

  /// Reads the headers; called by next() when it was not.
  base::Task<void> open();
  unsigned version() const noexcept { return version_; }
  const std::vector<Cid>& roots() const noexcept { return roots_; }
  const std::optional<HeaderV2>& header_v2() const noexcept { return header_v2_; }

  /// nullopt: the end of the data. Identity blocks that others put into the file are returned like all.
  base::Task<std::optional<Section>> next();
  /// After the end of the data: the index of a version 2 file that has one, of at most `limit` bytes.
  base::Task<std::optional<Index>> index(std::uint64_t limit = 256u << 20);

private:
  /// Makes at least `bytes` contiguous ones available; false when the file ends before.
  base::Task<bool> fill(std::size_t bytes);
  base::BytesView available() const noexcept { return {buffer_.data() + begin_, end_ - begin_}; }
  void advance(std::size_t bytes) noexcept;
  base::Task<base::SharedBytes> take_bytes(std::size_t bytes);
  /// nullopt: the file or the data ends here.
  base::Task<std::optional<std::uint64_t>> take_length();
  base::Task<HeaderV1> take_header();
  base::Task<void> skip_to(std::uint64_t position);
  /// Bytes up to the end of the data; unlimited for version 1.
  std::uint64_t left() const noexcept { return data_end_ - position_; }
  base::Error damaged(std::string_view what) const;

  ByteSource source_;
  ReadOptions options_;
  base::Bytes buffer_;
  std::size_t begin_ = 0, end_ = 0;  ///< what of the buffer is read and not used
  std::uint64_t position_ = 0;       ///< in the file, of begin_
  std::uint64_t data_begin_ = 0, data_end_ = ~std::uint64_t{0};
  bool opened_ = false, ended_ = false;
  unsigned version_ = 0;
  std::vector<Cid> roots_;
  std::optional<HeaderV2> header_v2_;
};

struct ImportedCar {
  unsigned version = 0;
  std::vector<Cid> roots;
  std::uint64_t blocks = 0, bytes = 0;  ///< given to the sink; identity blocks are left out
};
/// Everything into `sink`, verified on all cores, in batches, in order. `progress` gets blocks and bytes so far.
base::Task<ImportedCar> import_car(base::Env& env, ByteSource source, BlockSink& sink, ReadOptions options = {},
                                   std::function<void(std::uint64_t, std::uint64_t)> progress = {});

}  // namespace openmcp::ipld::car
