// What the system says of this process, under the names that every exporter uses (process_*).
//
// Read from /proc through Env's disk, not by getrusage: so it goes through the seam (a simulated world has no /proc,
// and then there are no such series), and /proc has all of it, getrusage only the processor time.
#pragma once

#include <optional>

#include "base/env.hpp"
#include "monitor/metrics.hpp"

namespace openmcp::monitor {

struct ProcessFigures {
  double cpu_seconds = 0;  ///< user and system
  double resident_bytes = 0, virtual_bytes = 0;
  double start_seconds = 0;  ///< since 1970
  double threads = 0, open_files = 0;
  std::optional<double> max_files;  ///< nullopt: no limit, or not known
};

/// nullopt where there is no /proc.
base::Task<std::optional<ProcessFigures>> read_process(base::Env& env);

/// From /proc/self/stat, /proc/uptime and /proc/self/limits. `now`: seconds since 1970. Exported for tests.
std::optional<ProcessFigures> parse_process(std::string_view stat, std::string_view uptime, std::string_view limits,
                                            double now);

/// The series; made at once, so that they are there from the first page on.
class ProcessMetrics {
public:
  explicit ProcessMetrics(Metrics& metrics);
  void set(const ProcessFigures& figures);

private:
  Counter cpu_;
  Gauge resident_, virtual_, start_, threads_, open_files_, max_files_;
  double counted_ = 0;  ///< of cpu_
};

}  // namespace openmcp::monitor
