// Metadata typed on the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace openmcp::cli {

/// The JSON object with the fields of "key=value" texts set in it. Errors: invalid_argument (not an object, no '=').
base::Result<std::string> metadata_with(std::string_view object, const std::vector<std::string>& fields);

}  // namespace openmcp::cli
