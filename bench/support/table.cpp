#include "support/table.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace openmcp::bench {
namespace {

std::string number(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  if (value >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.3f}", value);
}

}  // namespace

void print_header(std::string_view peer) {
  fmt::print("{:<46} {:>10} {:<10} {:>10} {:>7} {:>10} {:>7}  {}\n", "figure", "ours", "unit", "limit", "of it", peer,
             "ratio", "goal");
  fmt::print("{:-<130}\n", "");
}

void print(const Figure& f) {
  auto ratio = [&](double other) { return f.more_is_better ? f.ours / other : other / f.ours; };
  fmt::print("{:<46} {:>10} {:<10} {:>10} {:>7} {:>10} {:>7}  {}{}\n", f.what, number(f.ours), f.unit,
             f.limit ? number(*f.limit) : "-", f.limit ? fmt::format("{:.0f} %", 100 * ratio(*f.limit)) : "-",
             f.peer ? number(*f.peer) : "-", f.peer ? fmt::format("{:.1f}x", ratio(*f.peer)) : "-", f.goal,
             f.reached ? (*f.reached ? "  reached" : "  NOT reached") : "");
  std::fflush(stdout);
}

}  // namespace openmcp::bench
