// Inside of monitor: families as text. Ours, because the library writes only the older of the two formats, and in an
// order that changes from page to page.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace openmcp::monitor {

/// Text format 0.0.4, or OpenMetrics 1.0. Families by name, series by labels.
std::string exposition(std::vector<prometheus::MetricFamily> families, bool open_metrics);

}  // namespace openmcp::monitor
