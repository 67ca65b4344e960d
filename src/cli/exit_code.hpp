// Exit codes: the one table, for the program and for docs/cli.md.
#pragma once

#include <span>
#include <string_view>

#include "base/result.hpp"

namespace openmcp::cli {

enum Exit : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kConflict = 4,
  kCorrupt = 5,
  kBusy = 6,
  kNoSpace = 7,
  kPermission = 8,
  kInterrupted = 130,
  kPipeClosed = 141,
  kTerminated = 143,
};

struct ExitCodeInfo {
  int code;
  std::string_view name;
  std::string_view meaning;
};

std::span<const ExitCodeInfo> exit_codes() noexcept;
int exit_code_for(base::Errc code) noexcept;

}  // namespace openmcp::cli
