#include "cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "cli/text.hpp"

namespace openmcp::cli {

namespace {

constexpr std::size_t kGap = 2, kLeast = 8;

/// Takes columns from the ones that shrink until the row fits.
void shrink(std::vector<std::size_t>& widths, const std::vector<Column>& columns, std::size_t limit) {
  auto total = std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + kGap * (widths.size() - 1);
  while (total > limit) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (columns[i].shrinks && widths[i] > kLeast && (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    }
    if (widest == widths.size()) return;
    --widths[widest];
    --total;
  }
}

}  // namespace

void Table::row(std::vector<std::string> cells) {
  for (auto& cell : cells) cell = escape(cell);
  rows_.push_back(std::move(cells));
}

void Table::print(Output& out) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  bool titled = std::ranges::any_of(columns_, [](auto& column) { return !column.title.empty(); });
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (titled && !rows_.empty()) widths[i] = width(columns_[i].title);
    for (auto& cells : rows_) widths[i] = std::max(widths[i], width(cells[i]));
  }
  if (out.columns() > 0) shrink(widths, columns_, out.columns());
  auto print_row = [&](const std::vector<std::string>& cells, bool title) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      auto text = out.columns() > 0 ? fit(cells[i], widths[i]) : cells[i];
      std::string pad(widths[i] - std::min(widths[i], width(text)), ' ');
      bool last = i + 1 == cells.size();
      if (columns_[i].right) line += pad;
      line += out.styled(title ? Style::bold : columns_[i].style, text);
      if (!columns_[i].right && !last) line += pad;
      if (!last) line.append(kGap, ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    out.line(line);
  };
  if (titled && !rows_.empty()) {
    std::vector<std::string> titles;
    titles.reserve(columns_.size());
    for (auto& column : columns_) titles.push_back(column.title);
    print_row(titles, true);
  }
  for (auto& cells : rows_) print_row(cells, false);
}

void Facts::print(Output& out) const {
  std::size_t widest = 0;
  for (auto& [name, value] : facts_) widest = std::max(widest, width(name));
  for (auto& [name, value] : facts_) {
    auto line = out.styled(Style::dim, name);
    line.append(widest - width(name) + 2, ' ').append(value);
    out.line(line);
  }
}

}  // namespace openmcp::cli
