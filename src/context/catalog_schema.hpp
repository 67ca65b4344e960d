// The catalog's tables, as steps that each bring the schema one version forward.
#pragma once

#include <span>

namespace openmcp::context {

namespace sql {
class Connection;
}

/// Step i brings version i to i + 1. Steps that were released are never changed; new ones are added at the end.
std::span<const char* const> catalog_steps() noexcept;

/// Runs the steps that the file has not seen, in one transaction. Error unsupported when it has seen more.
void bring_forward(sql::Connection& connection, std::span<const char* const> steps);

}  // namespace openmcp::context
