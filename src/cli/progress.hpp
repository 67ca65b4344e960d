// The progress bar: on a terminal only, to stderr, at most ten times a second.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/env.hpp"
#include "cli/stdio.hpp"

namespace openmcp::cli {

enum class Unit : std::uint8_t { bytes, things };

struct ProgressState {
  std::string_view label;
  Unit unit = Unit::bytes;
  std::uint64_t done = 0, total = 0;  ///< total 0: not known
  double rate = 0;                    ///< per second; 0: not known yet
  std::chrono::seconds elapsed{0};
};

/// One line of at most `columns`: "adding  [=====>    ]  52%  520 MiB / 1.0 GiB  410 MiB/s  ETA 1 s".
std::string progress_line(const ProgressState& state, std::size_t columns);

class Progress {
public:
  /// `out` null: shows nothing.
  Progress(base::Env& env, Output* out, std::string label, Unit unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::uint64_t done, std::uint64_t total);
  void add(std::uint64_t done) { update(done_ + done, total_); }
  void set_total(std::uint64_t total) { total_ = total; }
  /// Removes the line.
  void finish();
  /// The same as a callback for lower rooms: (done, total).
  std::function<void(std::uint64_t, std::uint64_t)> callback();

private:
  void draw(base::Instant now);
  base::Env& env_;
  Output* out_;
  std::string label_;
  Unit unit_;
  std::uint64_t done_ = 0, total_ = 0, last_done_ = 0;
  double rate_ = 0;
  bool drawn_ = false;
  base::Instant start_, last_;
};

}  // namespace openmcp::cli
