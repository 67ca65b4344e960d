// What ranking must know of every row and context, kept as packed columns: in the file as chunks of some KiB that are
// rewritten when an entry changes, in memory as flat arrays that follow the file by its generation. Loading all columns
// of 100,000 contexts takes milliseconds, where a walk over their rows would take a hundred.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "context/search/database.hpp"

namespace openmcp::context::search {

enum class Column : std::uint8_t {
  rows = 1,      ///< RowEntry by row number
  contexts = 2,  ///< ContextEntry by context number
  times = 3,     ///< Micros by row number; kNoTime where the passage has none of its own. Absent chunks: none has
  vectors = 4,   ///< int8 components by row number; all zero: none
};

enum class RowKind : std::uint8_t { dead = 0, head = 1, passage = 2 };

/// Lies in the file as in memory: little-endian, as every machine this builds for.
struct RowEntry {
  std::uint32_t context = 0;
  std::uint8_t length = 0;  ///< see encode_length
  RowKind kind = RowKind::dead;
  std::uint16_t reserved = 0;
};
static_assert(sizeof(RowEntry) == 8);

struct ContextEntry {
  Micros time = 0;
  std::uint32_t type = 0;  ///< in `names`; 0: dead
  std::uint32_t author = 0;
};
static_assert(sizeof(ContextEntry) == 16);

inline constexpr Micros kNoTime = INT64_MIN;

/// Words of a passage and its window in one byte, about 4 % apart.
std::uint8_t encode_length(std::size_t words);
double decode_length(std::uint8_t code);

/// Changes entries within a transaction; flush() writes the chunks touched.
class ColumnWriter {
public:
  ColumnWriter(sql::Connection& connection, std::uint64_t generation, std::uint32_t dims)
      : connection_(connection), generation_(generation), dims_(dims) {}

  RowEntry& row(std::uint32_t number) { return *reinterpret_cast<RowEntry*>(entry(Column::rows, number)); }
  ContextEntry& context(std::uint32_t number) {
    return *reinterpret_cast<ContextEntry*>(entry(Column::contexts, number));
  }
  void set_time(std::uint32_t row, Micros time);
  /// dims components. Precondition: dims > 0.
  std::int8_t* vector(std::uint32_t row) { return reinterpret_cast<std::int8_t*>(entry(Column::vectors, row)); }
  void flush();
  std::size_t touched() const noexcept { return chunks_.size(); }  ///< chunks held until the next flush
  void erase(Column column);                                       ///< the whole column

private:
  std::uint8_t* entry(Column column, std::uint32_t index);
  std::size_t entry_size(Column column) const;
  sql::Connection& connection_;
  std::uint64_t generation_;
  std::uint32_t dims_;
  std::map<std::int64_t, base::Bytes> chunks_;
};

/// The columns in memory.
class Columns {
public:
  /// Brings rows and contexts to the state that `connection` sees.
  void refresh(sql::Connection& connection, const StateRow& state);
  void refresh_times(sql::Connection& connection);
  /// `dims` of the table that the state names.
  void refresh_vectors(sql::Connection& connection, std::uint32_t dims);

  std::uint32_t row_end() const noexcept { return static_cast<std::uint32_t>(rows_.size()); }
  const RowEntry& row(std::uint32_t number) const noexcept { return rows_[number]; }
  std::uint32_t context_end() const noexcept { return static_cast<std::uint32_t>(contexts_.size()); }
  const ContextEntry& context(std::uint32_t number) const noexcept { return contexts_[number]; }
  Micros time(std::uint32_t row) const noexcept {
    return row < times_.size() && times_[row] != kNoTime ? times_[row] : contexts_[rows_[row].context].time;
  }

  /// The vectors of rows [chunk * rows_per_vector_chunk, ...): components with stride vector_stride(), and 1 / their
  /// length (0: no vector). nullptr: no row of this chunk has a vector.
  struct VectorChunk {
    std::vector<std::int8_t> components;
    std::vector<float> inverse;
    /// Of Mean, as of that generation of the index; kept by who uses it.
    std::vector<float> spread = {};
    std::uint64_t spread_generation = 0;
  };
  VectorChunk* vectors(std::uint32_t chunk) const noexcept {
    return chunk < vectors_.size() ? vectors_[chunk].get() : nullptr;
  }
  std::uint32_t vector_stride() const noexcept { return stride_; }

private:
  template <class Put>
  void load(sql::Connection& connection, Column column, std::uint64_t& seen, Put put);

  std::uint64_t epoch_ = 0, generation_ = 0;
  std::uint64_t rows_seen_ = 0, contexts_seen_ = 0, times_seen_ = 0, vectors_seen_ = 0;
  std::vector<RowEntry> rows_;
  std::vector<ContextEntry> contexts_;
  std::vector<Micros> times_;
  std::vector<std::unique_ptr<VectorChunk>> vectors_;
  std::uint32_t dims_ = 0, stride_ = 0;
};

inline constexpr std::uint32_t kRowsPerVectorChunk = 64;

}  // namespace openmcp::context::search
