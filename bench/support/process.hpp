// Runs a program as a user would and measures it from outside.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace openmcp::bench {

enum class Output { discard, drain_pipe, capture };

struct Run {
  double wall = 0, user = 0, system = 0;  ///< seconds
  double peak_mib = 0;                    ///< greatest resident set
  int exit_code = -1;
  std::string output;  ///< with Output::capture; otherwise empty
};

/// `environment` entries ("NAME=value") are added to ours. With drain_pipe the output goes through a pipe that this
/// process empties, as a consumer would.
Run run(const std::vector<std::string>& command, Output output = Output::discard,
        const std::vector<std::string>& environment = {});

/// The run with the median wall time. Precondition: not empty.
Run median(std::vector<Run> runs);

/// The run with the median wall time of `times` runs; `prepare` is called before each and not measured.
template <class Prepare>
Run median_run(int times, Prepare prepare, const std::vector<std::string>& command, Output output,
               const std::vector<std::string>& environment);

/// Without the ends of lines that follow.
std::string trimmed(std::string text);

}  // namespace openmcp::bench

namespace openmcp::bench {

template <class Prepare>
Run median_run(int times, Prepare prepare, const std::vector<std::string>& command, Output output,
               const std::vector<std::string>& environment) {
  std::vector<Run> runs;
  for (int i = 0; i < times; ++i) {
    prepare();
    runs.push_back(run(command, output, environment));
    if (runs.back().exit_code != 0) return runs.back();
  }
  return median(std::move(runs));
}

}  // namespace openmcp::bench
