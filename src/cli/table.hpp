// Columns of text fitted to the terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/stdio.hpp"

namespace openmcp::cli {

struct Column {
  std::string title{};  ///< "" in all columns: no line of titles
  bool right = false;
  bool shrinks = false;  ///< gives way first when the terminal is too narrow
  Style style = Style::plain;
};

/// Cells are escaped when they are added: one row is one line whatever a title holds. On a terminal long cells are
/// cut; in a pipe nothing is.
class Table {
public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// Precondition: as many cells as columns.
  void row(std::vector<std::string> cells);
  bool empty() const noexcept { return rows_.empty(); }
  void print(Output& out) const;

private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "name:  value" lines with the values aligned.
class Facts {
public:
  void add(std::string name, std::string value) { facts_.emplace_back(std::move(name), std::move(value)); }
  void print(Output& out) const;

private:
  std::vector<std::pair<std::string, std::string>> facts_;
};

}  // namespace openmcp::cli
