#include "cli/metadata.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace openmcp::cli {

using base::Errc;

base::Result<std::string> metadata_with(std::string_view object, const std::vector<std::string>& fields) {
  boost::system::error_code failure;
  boost::json::parse_options options;
  options.max_depth = 64;
  auto value = boost::json::parse(object, failure, {}, options);
  if (failure || !value.is_object()) {
    return base::fail(Errc::invalid_argument,
                      fmt::format("the metadata is not a JSON object{}", failure ? ": " + failure.message() : ""),
                      R"(for example --metadata '{"priority": 2}', or --meta priority=high)");
  }
  for (auto& field : fields) {
    auto equals = field.find('=');
    if (equals == std::string::npos || equals == 0) {
      return base::fail(Errc::invalid_argument, fmt::format("--meta '{}' has no KEY=VALUE form", field),
                        "for example --meta priority=high");
    }
    value.as_object()[field.substr(0, equals)] = field.substr(equals + 1);
  }
  return boost::json::serialize(value);
}

}  // namespace openmcp::cli
