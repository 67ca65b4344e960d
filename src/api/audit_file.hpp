// Inside of api: the audit log as a file. All of it blocks: called on a worker.
#pragma once

#include <cstdint>
#include <string>

#include "api/audit.hpp"
#include "base/disk.hpp"

namespace openmcp::api {

/// Where a log stands, and what had to be done so that one can go on.
struct AuditTail {
  std::uint64_t end = 0;  ///< offset behind the last whole line
  std::uint64_t seq = 0;  ///< of that line
  std::string head;       ///< its hash
  std::uint64_t cut = 0;  ///< bytes behind it that are no lines: what a loss of power leaves
  std::string broken;     ///< a line that is whole but does not follow: "" none. Stays where it is
};

/// Looks at the end of the log, from where everything was synced long ago.
AuditTail find_tail(base::File& file);

/// Bytes [0, size) from the first line on; stops at the first that is wrong.
AuditCheck check_lines(base::File& file, std::uint64_t size);

/// Lines before number `before` (0: from the newest) among bytes [0, end), newest first.
AuditPage read_lines(base::File& file, std::uint64_t end, std::uint64_t before, std::size_t limit);

}  // namespace openmcp::api
