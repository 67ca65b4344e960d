// What verify and repair share.
#pragma once

#include <string>
#include <vector>

#include "api/json_writer.hpp"
#include "cli/invocation.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using api::JsonWriter;

/// Repairs the store's blocks from these copies (may be none).
base::Task<storage::RepairReport> repair_store(Invocation& call, std::vector<std::string> copies);

std::string describe(Output& out, const storage::Damage& damage);
void write_fields(JsonWriter& json, const storage::VerifyReport& report);
/// For people, on standard error.
void print_repair(Invocation& call, const storage::RepairReport& report);

}  // namespace openmcp::cli
