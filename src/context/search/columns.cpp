#include "context/search/columns.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace openmcp::context::search {

static_assert(std::endian::native == std::endian::little);

namespace {

constexpr int kColumnShift = 40;  // key = column << 40 | chunk

std::uint32_t entries_per_chunk(Column column) {
  switch (column) {
    case Column::rows:
    case Column::times:
      return 512;
    case Column::contexts:
      return 256;
    case Column::vectors:
      return kRowsPerVectorChunk;
  }
  return 1;
}

std::int64_t key_of(Column column, std::uint32_t chunk) {
  return static_cast<std::int64_t>(column) << kColumnShift | chunk;
}

}  // namespace

std::uint8_t encode_length(std::size_t words) {
  return static_cast<std::uint8_t>(std::min(255.0, std::round(16 * std::log2(1 + static_cast<double>(words) / 8))));
}

double decode_length(std::uint8_t code) { return 8 * (std::exp2(code / 16.0) - 1); }

std::size_t ColumnWriter::entry_size(Column column) const {
  switch (column) {
    case Column::rows:
      return sizeof(RowEntry);
    case Column::contexts:
      return sizeof(ContextEntry);
    case Column::times:
      return sizeof(Micros);
    case Column::vectors:
      return dims_;
  }
  return 1;
}

std::uint8_t* ColumnWriter::entry(Column column, std::uint32_t index) {
  auto per_chunk = entries_per_chunk(column);
  auto key = key_of(column, index / per_chunk);
  auto [found, fresh] = chunks_.try_emplace(key);
  auto& chunk = found->second;
  if (fresh) {
    auto size = per_chunk * entry_size(column);
    auto query = connection_.prepare("SELECT data FROM columns WHERE key=?");
    if (query.bind(key).step()) chunk = base::to_bytes(query.blob(0));
    if (!chunk.empty() && chunk.size() != size)
      throw base::Error(base::Errc::corrupt, "search index: a column chunk has the wrong size", "rebuild it");
    if (chunk.empty()) {
      chunk.resize(size);
      if (column == Column::times)
        for (std::size_t i = 0; i < per_chunk; ++i)
          std::memcpy(chunk.data() + i * sizeof kNoTime, &kNoTime, sizeof kNoTime);
    }
  }
  return chunk.data() + (index % per_chunk) * entry_size(column);
}

void ColumnWriter::set_time(std::uint32_t row, Micros time) {
  std::memcpy(entry(Column::times, row), &time, sizeof time);
}

void ColumnWriter::flush() {
  for (const auto& [key, data] : chunks_) {
    // Vectors are the bulk of the columns: where all rows are dead they are not kept.
    if (key >> kColumnShift == static_cast<int>(Column::vectors) &&
        std::all_of(data.begin(), data.end(), [](std::uint8_t byte) { return byte == 0; })) {
      connection_.prepare("DELETE FROM columns WHERE key=?").bind(key).run();
      continue;
    }
    connection_
        .prepare(
            "INSERT INTO columns(key, generation, data) VALUES(?, ?, ?) ON CONFLICT(key) DO UPDATE SET "
            "generation=excluded.generation, data=excluded.data")
        .bind(key)
        .bind(generation_)
        .bind(base::BytesView(data))
        .run();
  }
  chunks_.clear();
}

void ColumnWriter::erase(Column column) {
  std::erase_if(chunks_, [&](const auto& chunk) { return chunk.first >> kColumnShift == static_cast<int>(column); });
  connection_.prepare("DELETE FROM columns WHERE key BETWEEN ? AND ?")
      .bind(key_of(column, 0))
      .bind(key_of(column, UINT32_MAX))
      .run();
}

template <class Put>
void Columns::load(sql::Connection& connection, Column column, std::uint64_t& seen, Put put) {
  if (seen == generation_) return;
  auto first = key_of(column, 0), last = key_of(column, UINT32_MAX);
  auto take = [&](sql::Query& query) {
    while (query.step()) put(static_cast<std::uint32_t>(query.integer(0)), query.blob(1));
  };
  if (seen == 0) {
    auto query = connection.prepare("SELECT key, data FROM columns WHERE key BETWEEN ? AND ?");
    take(query.bind(first).bind(last));
  } else {
    auto query = connection.prepare(
        "SELECT key, data FROM columns INDEXED BY columns_generation WHERE generation > ?3 AND key BETWEEN ?1 AND ?2");
    take(query.bind(first).bind(last).bind(seen));
  }
  seen = generation_;
}

namespace {

/// Copies a chunk of plain entries into a flat array, growing it.
template <class T>
void place(std::vector<T>& into, std::uint32_t chunk, std::uint32_t per_chunk, base::BytesView data, const T& empty) {
  if (data.size() != per_chunk * sizeof(T))
    throw base::Error(base::Errc::corrupt, "search index: a column chunk has the wrong size", "rebuild it");
  std::size_t begin = std::size_t{chunk} * per_chunk;
  if (into.size() < begin + per_chunk) into.resize(begin + per_chunk, empty);
  std::memcpy(into.data() + begin, data.data(), data.size());
}

}  // namespace

void Columns::refresh(sql::Connection& connection, const StateRow& state) {
  if (state.epoch != epoch_) {
    *this = Columns();
    epoch_ = state.epoch;
  }
  generation_ = state.generation;
  load(connection, Column::rows, rows_seen_, [&](std::uint32_t chunk, base::BytesView data) {
    place(rows_, chunk, entries_per_chunk(Column::rows), data, RowEntry{});
  });
  load(connection, Column::contexts, contexts_seen_, [&](std::uint32_t chunk, base::BytesView data) {
    place(contexts_, chunk, entries_per_chunk(Column::contexts), data, ContextEntry{});
  });
}

void Columns::refresh_times(sql::Connection& connection) {
  load(connection, Column::times, times_seen_, [&](std::uint32_t chunk, base::BytesView data) {
    place(times_, chunk, entries_per_chunk(Column::times), data, kNoTime);
  });
}

void Columns::refresh_vectors(sql::Connection& connection, std::uint32_t dims) {
  if (dims != dims_) {
    vectors_.clear();
    vectors_seen_ = 0;
    dims_ = dims;
    stride_ = (dims + 15) / 16 * 16;
  }
  load(connection, Column::vectors, vectors_seen_, [&](std::uint32_t chunk, base::BytesView data) {
    if (data.size() != std::size_t{kRowsPerVectorChunk} * dims_)
      throw base::Error(base::Errc::corrupt, "search index: a chunk of vectors has the wrong size", "rebuild it");
    if (vectors_.size() <= chunk) vectors_.resize(chunk + 1);
    auto& into = vectors_[chunk];
    bool any = false;
    into = std::make_unique<VectorChunk>();
    into->components.assign(std::size_t{kRowsPerVectorChunk} * stride_, 0);
    into->inverse.assign(kRowsPerVectorChunk, 0);
    for (std::size_t i = 0; i < kRowsPerVectorChunk; ++i) {
      auto from = reinterpret_cast<const std::int8_t*>(data.data()) + i * dims_;
      std::memcpy(into->components.data() + i * stride_, from, dims_);
      std::int32_t square = 0;
      for (std::size_t d = 0; d < dims_; ++d) square += from[d] * from[d];
      if (square > 0) into->inverse[i] = 1 / std::sqrt(static_cast<float>(square));
      any |= square > 0;
    }
    if (!any) into.reset();
  });
}

}  // namespace openmcp::context::search
