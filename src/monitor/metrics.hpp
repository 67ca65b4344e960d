// Metrics: counters, gauges and histograms under one prefix "openmcp_", on prometheus-cpp-core. A family is declared
// once with its label names; every series that an alert relies on is made at start, because increase() misses a
// counter's first appearance. No unbounded label: no CID, id, address or Host.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace openmcp::monitor {

using Labels = std::map<std::string, std::string>;

/// Handles stay valid as long as the registry; copying is cheap. All are thread-safe. One that came from no registry
/// counts nothing.
class Counter {
public:
  void add(double amount = 1) const noexcept;

private:
  friend class Metrics;
  void* impl_ = nullptr;
};
class Gauge {
public:
  void set(double value) const noexcept;
  void add(double amount) const noexcept;

private:
  friend class Metrics;
  void* impl_ = nullptr;
};
class Histogram {
public:
  void observe(double value) const noexcept;

private:
  friend class Metrics;
  void* impl_ = nullptr;
};

/// Bucket bounds (seconds, bytes).
std::vector<double> http_buckets();   ///< 1 ms to 10 s
std::vector<double> fetch_buckets();  ///< 5 ms to 60 s
std::vector<double> size_buckets();   ///< 256 B to 256 MiB

class Metrics {
public:
  Metrics();
  ~Metrics();

  /// The series of that name and labels, made when it is new. `name` without the prefix (names that begin with
  /// "process_" have none: they are the same for every program); the first `help` and `buckets` given for a family are
  /// kept. Throws Error invalid_argument for a name or label that cannot be, or a name that is of another kind.
  Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram histogram(std::string_view name, std::string_view help, std::vector<double> buckets,
                      const Labels& labels = {});
  /// Called before each page is made: sets gauges whose value is asked for, not followed.
  void on_collect(std::function<void()> collect);

  /// openmcp_build_info{version,commit} 1.
  void set_build(std::string version, std::string commit = {});

  /// Text format 0.0.4, or OpenMetrics 1.0 (ends with "# EOF").
  std::string page(bool open_metrics);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openmcp::monitor
