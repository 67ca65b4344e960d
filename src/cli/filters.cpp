#include "cli/filters.hpp"

#include "cli/human.hpp"

namespace openmcp::cli {

Period period_from(Invocation& call) {
  Period period;
  auto now = call.env().now();
  if (auto since = call.args().text("since"))
    period.since = base::unwrap(parse_time(*since, now)).time_since_epoch().count();
  if (auto until = call.args().text("until"))
    period.until = base::unwrap(parse_time(*until, now)).time_since_epoch().count();
  return period;
}

void write_next(JsonWriter& json, std::string_view cursor) {
  json.key("next");
  if (cursor.empty()) {
    json.null();
  } else {
    json.value(cursor);
  }
}

}  // namespace openmcp::cli
