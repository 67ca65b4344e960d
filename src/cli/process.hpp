// Facts about this process that only its caller decides: working directory, user, environment.
#pragma once

#include <string>

#include "base/disk.hpp"

namespace openmcp::cli {

/// Throws Error io when it is gone.
base::Path working_directory();
/// Directory of this program's file; "" when unknown.
base::Path program_directory();
/// The directory is ours or the system's: its settings may be used.
bool owned_by_us(const base::Path& path) noexcept;
/// Standard descriptors that the caller closed become /dev/null: no file of ours may take their number.
void keep_standard_descriptors() noexcept;

}  // namespace openmcp::cli
