#include "monitor/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace openmcp::monitor {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

constexpr std::string_view kTotal = "_total";

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Counts without an exponent or a fraction; both formats take either.
  if (value == std::trunc(value) && std::abs(value) < 1e15) return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && quotes)) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
}

class Page {
public:
  explicit Page(bool open_metrics) : open_metrics_(open_metrics) {}

  void family(const MetricFamily& family) {
    const bool counter = family.type == MetricType::Counter;
    std::string_view name = family.name;
    // OpenMetrics names the family of a counter without the ending that its samples have.
    if (open_metrics_ && counter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
    out_.append("# HELP ").append(name).append(" ");
    append_escaped(out_, family.help, open_metrics_);
    out_.append("\n# TYPE ").append(name).append(" ").append(type(family.type)).append("\n");
    for (const auto& metric : family.metric) {
      switch (family.type) {
        case MetricType::Counter:
          sample(family.name, {}, metric, {}, number(metric.counter.value));
          break;
        case MetricType::Gauge:
          sample(family.name, {}, metric, {}, number(metric.gauge.value));
          break;
        case MetricType::Histogram:
          histogram(family.name, metric);
          break;
        default:
          break;  // we make no others
      }
    }
  }

  std::string take() {
    if (open_metrics_) out_ += "# EOF\n";
    return std::move(out_);
  }

private:
  static std::string_view type(MetricType type) {
    switch (type) {
      case MetricType::Counter:
        return "counter";
      case MetricType::Gauge:
        return "gauge";
      case MetricType::Histogram:
        return "histogram";
      default:
        return "untyped";
    }
  }

  /// `le`: of a bucket; "" none.
  void sample(std::string_view name, std::string_view ending, const ClientMetric& metric, std::string_view le,
              std::string_view value) {
    out_.append(name).append(ending);
    bool first = true;
    auto label = [&](std::string_view key, std::string_view text) {
      out_ += std::exchange(first, false) ? '{' : ',';
      out_.append(key).append("=\"");
      append_escaped(out_, text, true);
      out_ += '"';
    };
    for (const auto& each : metric.label) label(each.name, each.value);
    if (!le.empty()) label("le", le);
    if (!first) out_ += '}';
    out_.append(" ").append(value).append("\n");
  }

  void histogram(std::string_view name, const ClientMetric& metric) {
    const auto& histogram = metric.histogram;
    for (const auto& bucket : histogram.bucket)
      sample(name, "_bucket", metric, bound(bucket.upper_bound), fmt::format("{}", bucket.cumulative_count));
    sample(name, "_sum", metric, {}, number(histogram.sample_sum));
    sample(name, "_count", metric, {}, fmt::format("{}", histogram.sample_count));
  }

  /// OpenMetrics wants bounds as floating point ("1.0"); the older format takes them too.
  static std::string bound(double value) {
    auto text = number(value);
    const bool whole = text.find_first_not_of("0123456789-") == std::string::npos;
    return whole ? text + ".0" : text;
  }

  bool open_metrics_;
  std::string out_;
};

}  // namespace

std::string exposition(std::vector<MetricFamily> families, bool open_metrics) {
  std::ranges::sort(families, {}, &MetricFamily::name);
  Page page(open_metrics);
  for (auto& family : families) {
    if (family.metric.empty()) continue;
    std::ranges::sort(family.metric, [](const auto& a, const auto& b) { return a.label < b.label; });
    page.family(family);
  }
  return page.take();
}

}  // namespace openmcp::monitor
