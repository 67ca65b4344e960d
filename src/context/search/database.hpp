// search.db: its tables and its state row. Included by sources of this folder only.
//
//   state     one row: position, counters, sums; changes with every batch
//   contexts  number -> what a hit shows; a new version is a new number, numbers are never used again
//   passages  row -> text; rows of one context are consecutive, its head (title, tags, date) first, without text
//   words     FTS5 without content: body, title, tags (of a passage: its speaker), date
//   names     types and authors as small numbers
//   tags      tag -> contexts
//   columns   what ranking needs of every row, packed in chunks (columns.hpp)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "context/search/index.hpp"
#include "context/sql.hpp"

namespace openmcp::context::search {

struct StateRow {
  std::uint64_t position = 0;
  std::uint64_t generation = 0;  ///< counts batches
  std::uint64_t epoch = 0;       ///< counts the times when everything known before became void
  std::uint32_t next_row = 1, next_context = 1;
  std::uint64_t contexts = 0, passages = 0;  ///< alive
  std::uint64_t length_sum = 0;              ///< of effective lengths of living passages, as decoded
  std::uint64_t removed_rows = 0;
  std::string embedder;            ///< id of the table the vectors are of
  bool embedding_complete = true;  ///< every passage made its vector with it
  std::uint64_t vectors = 0;       ///< living passages with a vector
  std::vector<double> vector_sum;  ///< of their unit vectors
};

/// Opens `path` with tokenizer and tables; makes them, or empties the file, when they are of another version or store.
std::unique_ptr<sql::Connection> open_database(const std::string& path, const std::string& store);

StateRow read_state(sql::Connection& connection);
void write_state(sql::Connection& connection, const StateRow& state);

/// What is indexed as date: "2024 05 03 may friday" of the day in UTC.
std::string date_words(Micros time);

/// Tags of a context as one text and back.
std::string join_tags(const std::vector<std::string>& tags);
std::vector<std::string> split_tags(std::string_view joined);

}  // namespace openmcp::context::search
